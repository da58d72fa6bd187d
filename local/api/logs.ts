import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

import { ApiError, refuseUnsupported } from "./errors";
import { allJobs, findJob, type Job, type JobKind } from "./jobs";
import type { LogsOperations } from "./operation";
import type { World } from "./world";

/** Maximum number of events in a response. Source: GetLogEvents. */
const maxEvents = 10_000;

/** The time from which FilterLogEvents can return the latest events first. Source: its startFromHead. */
const firstFromTail = Date.UTC(2024, 0, 1);

/** The log groups of jobs. Source: "CloudWatch Logs for Amazon SageMaker AI". */
const groups: ReadonlyMap<string, Exclude<JobKind, "tuning">> = new Map([
  ["/aws/sagemaker/ProcessingJobs", "processing"],
  ["/aws/sagemaker/TrainingJobs", "training"],
  ["/aws/sagemaker/TransformJobs", "transform"],
]);

/** The log of a job. */
interface Stream {
  readonly name: string;
  readonly path: string;
  readonly start: number;
}

interface Event {
  readonly timestamp: number;
  readonly message: string;
}

const missing = (what: string): ApiError =>
  new ApiError("ResourceNotFoundException", `The specified log ${what} does not exist.`);

const invalid = (message: string): ApiError => new ApiError("InvalidParameterException", message);

/** The start of the next page. @throws ApiError if the token is not valid */
function placeOf(token: string | undefined): number {
  if (token !== undefined && !/^\d+$/.test(token)) {
    throw invalid("The specified nextToken is invalid.");
  }
  return Number(token ?? 0);
}

/** A part of a list, and the token of the next one. */
function pageOf<Item>(
  items: readonly Item[],
  limit: number,
  token: string | undefined,
): { readonly page: readonly Item[]; readonly nextToken: string | undefined } {
  const start = placeOf(token);
  const end = start + limit;
  return {
    page: items.slice(start, end),
    nextToken: end < items.length ? String(end) : undefined,
  };
}

function kindOf(group: string | undefined): Exclude<JobKind, "tuning"> {
  if (group === undefined) {
    throw invalid("logGroupName is required.");
  }
  const kind = groups.get(group);
  if (kind === undefined) {
    throw missing("group");
  }
  return kind;
}

function streamOf(world: World, job: Job): Stream | undefined {
  const path = join(world.workspace.execution(job.execution), job.log);
  const start = Date.parse(job.creationTime);
  return existsSync(path)
    ? { name: `${job.name}/algo-1-${Math.floor(start / 1000)}`, path, start }
    : undefined;
}

/** The streams of a group with a prefix. */
function streams(world: World, group: string | undefined, prefix = ""): readonly Stream[] {
  const kind = kindOf(group);
  const [name = ""] = prefix.split("/");
  const job = prefix.includes("/") ? findJob(world, kind, name) : undefined;
  const jobs = job === undefined ? allJobs(world, kind) : [job];
  return jobs
    .flatMap((one) => streamOf(world, one) ?? [])
    .filter((stream) => stream.name.startsWith(prefix))
    .sort((left, right) => (left.name < right.name ? -1 : 1));
}

function streamNamed(world: World, group?: string, name?: string): Stream {
  const found = streams(world, group, name).find((stream) => stream.name === name);
  if (found === undefined) {
    throw missing("stream");
  }
  return found;
}

/** The lines of a log. Logs have no times, so each line is a millisecond after the previous, from the job's start. */
function events({ path, start }: Stream): readonly Event[] {
  const lines = readFileSync(path, "utf8").split("\n");
  if (lines.at(-1) === "") {
    lines.pop();
  }
  return lines.map((message, index) => ({ message, timestamp: start + index }));
}

/** The operations on logs. */
export const logs = {
  DescribeLogGroups(world, request) {
    refuseUnsupported(
      request,
      ["accountIdentifiers", "includeLinkedAccounts", "logGroupIdentifiers"],
      invalid,
    );
    const { limit = 50, logGroupNamePattern: pattern, logGroupNamePrefix: prefix } = request;
    if (pattern !== undefined && prefix !== undefined) {
      throw invalid(
        "LogGroupName prefix and LogGroupName pattern are mutually exclusive parameters.",
      );
    }
    const names = [...groups.keys()].filter(
      (name) =>
        name.startsWith(prefix ?? "") &&
        name.includes(pattern ?? "") &&
        (request.logGroupClass ?? "STANDARD") === "STANDARD",
    );
    const logGroups = [];
    for (const name of names) {
      if (streams(world, name).length > 0) {
        const arn = `arn:aws:logs:${world.region}:${world.accountId}:log-group:${name}`;
        logGroups.push({ logGroupName: name, arn: `${arn}:*`, logGroupArn: arn });
      }
    }
    const { nextToken, page } = pageOf(logGroups, limit, request.nextToken);
    return { logGroups: page, nextToken };
  },

  DescribeLogStreams(world, request) {
    refuseUnsupported(request, ["logGroupIdentifier"], invalid);
    const { limit = 50, logGroupName, logStreamNamePrefix, nextToken } = request;
    const found = [...streams(world, logGroupName, logStreamNamePrefix)];
    if (request.orderBy === "LastEventTime") {
      if (logStreamNamePrefix !== undefined) {
        throw invalid("Cannot order by LastEventTime with a logStreamNamePrefix.");
      }
      const times = new Map(found.map((stream) => [stream, events(stream).at(-1)?.timestamp ?? 0]));
      found.sort((left, right) => (times.get(left) ?? 0) - (times.get(right) ?? 0));
    }
    if (request.descending === true) {
      found.reverse();
    }
    const next = pageOf(found, limit, nextToken);
    return {
      nextToken: next.nextToken,
      logStreams: next.page.map((stream) => {
        const all = events(stream);
        const group = `arn:aws:logs:${world.region}:${world.accountId}:log-group:${logGroupName}`;
        return {
          logStreamName: stream.name,
          creationTime: stream.start,
          firstEventTimestamp: all[0]?.timestamp,
          lastEventTimestamp: all.at(-1)?.timestamp,
          lastIngestionTime: Math.round(statSync(stream.path).mtimeMs),
          arn: `${group}:log-stream:${stream.name}`,
          storedBytes: 0,
        };
      }),
    };
  },

  FilterLogEvents(world, request) {
    refuseUnsupported(request, ["filterPattern", "logGroupIdentifier", "unmask"], invalid);
    if (request.logStreamNames !== undefined && request.logStreamNamePrefix !== undefined) {
      throw invalid("logStreamNames and logStreamNamePrefix are mutually exclusive parameters.");
    }
    const { limit = maxEvents, logGroupName, logStreamNames, nextToken } = request;
    // The first page determines the direction.
    const isFromTail = nextToken?.startsWith("b") ?? request.startFromHead === false;
    if (isFromTail && (request.startTime ?? 0) < firstFromTail) {
      throw invalid("startFromHead can be false only from a startTime in 2024 on.");
    }
    const named =
      logStreamNames === undefined
        ? streams(world, logGroupName, request.logStreamNamePrefix)
        : logStreamNames.map((name) => streamNamed(world, logGroupName, name));
    const all = named.flatMap((stream) =>
      events(stream).map((event, index) => ({
        ...event,
        logStreamName: stream.name,
        ingestionTime: event.timestamp,
        eventId: `${stream.name}#${index}`,
      })),
    );
    const { endTime = Infinity, startTime = 0 } = request;
    const found = all
      .filter(({ timestamp }) => timestamp >= startTime && timestamp <= endTime)
      .sort((left, right) => left.timestamp - right.timestamp);
    if (isFromTail) {
      found.reverse();
    }
    const { nextToken: next, page } = pageOf(found, limit, nextToken?.replace(/^b/, ""));
    return {
      events: page,
      searchedLogStreams: [],
      nextToken: next === undefined || !isFromTail ? next : `b${next}`,
    };
  },

  GetLogEvents(world, request) {
    refuseUnsupported(request, ["logGroupIdentifier", "unmask"], invalid);
    const { limit = maxEvents, nextToken = "", startFromHead = false } = request;
    const stream = streamNamed(world, request.logGroupName, request.logStreamName);
    const { endTime = Infinity, startTime = 0 } = request;
    const all = events(stream).filter(
      ({ timestamp }) => timestamp >= startTime && timestamp < endTime,
    );
    const [, direction, place] = /^([bf])\/(\d+)$/.exec(nextToken) ?? [];
    let start = startFromHead ? 0 : Math.max(0, all.length - limit);
    let end = Math.min(all.length, start + limit);
    if (direction === "f") {
      start = Number(place);
      end = start + limit;
    } else if (direction === "b") {
      end = Number(place);
      start = Math.max(0, end - limit);
    } else if (nextToken !== "") {
      throw invalid("The specified nextToken is invalid.");
    }
    const found = all.slice(start, end);
    return {
      events: found.map((event) => ({ ...event, ingestionTime: event.timestamp })),
      // At an end, the response has the request's token. Source: GetLogEvents.
      nextForwardToken: `f/${Math.min(all.length, start + found.length)}`,
      nextBackwardToken: `b/${Math.min(start, all.length)}`,
    };
  },
} satisfies LogsOperations;
