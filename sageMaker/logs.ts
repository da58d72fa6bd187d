import {
  CloudWatchLogsClient,
  type CloudWatchLogsClientConfig,
  paginateDescribeLogStreams,
  type FilteredLogEvent,
  GetLogEventsCommand,
  paginateFilterLogEvents,
} from "@aws-sdk/client-cloudwatch-logs";
import {
  DescribeProcessingJobCommand,
  DescribeTrainingJobCommand,
  DescribeTransformJobCommand,
  type SageMakerClient,
} from "@aws-sdk/client-sagemaker";

import type { ClientConfig } from "./clients";
import { AwsError, explaining } from "./awsErrors";
import type { JobKind } from "./steps";

/** The kinds of jobs that write logs. */
type LogKind = Exclude<JobKind, "tuning">;

/** A job that writes a log. */
export interface LogJob {
  readonly kind: LogKind;
  readonly name: string;
}

/** The log groups of SageMaker's jobs. */
const groups: Readonly<Record<LogKind, string>> = {
  processing: "/aws/sagemaker/ProcessingJobs",
  training: "/aws/sagemaker/TrainingJobs",
  transform: "/aws/sagemaker/TransformJobs",
};

/** Max milliseconds by which an event may be late: the events of several hosts arrive out of order. */
const maxDelay = 60_000;

/** The log of a job, which may have several streams. Each read continues after the last. */
export class JobLog {
  private latest = 0;
  private readonly seen = new Set<string>();

  constructor(
    private readonly client: CloudWatchLogsClient,
    readonly job: LogJob,
  ) {}

  /** The new lines, oldest first; none if there is no log (yet). */
  async *read(): AsyncGenerator<string> {
    const streams = await this.streams();
    const from = this.latest - maxDelay;
    // FilterLogEvents takes at most 100 streams by name.
    for (let first = 0; first < streams.length; first += 100) {
      const pages = paginateFilterLogEvents(
        { client: this.client },
        {
          logGroupName: groups[this.job.kind],
          logStreamNames: streams.slice(first, first + 100),
          startTime: Math.max(0, from),
        },
      );
      for await (const { events = [] } of pages) {
        yield* events.filter((event) => this.isNew(event)).map(({ message = "" }) => message);
      }
    }
  }

  /** The last lines of the most recently written stream. */
  async end(max: number): Promise<readonly string[]> {
    const last = (await this.streams()).at(-1);
    if (last === undefined) {
      return [];
    }
    const { events = [] } = await this.client.send(
      new GetLogEventsCommand({
        logGroupName: groups[this.job.kind],
        logStreamName: last,
        limit: max,
      }),
    );
    return events.map(({ message = "" }) => message.replace(/\n$/, ""));
  }

  private isNew({ eventId = "", timestamp = 0 }: FilteredLogEvent): boolean {
    const isNew = !this.seen.has(eventId);
    this.seen.add(eventId);
    this.latest = Math.max(this.latest, timestamp);
    return isNew;
  }

  private async streams(): Promise<readonly string[]> {
    const names: string[] = [];
    const pages = paginateDescribeLogStreams(
      { client: this.client },
      {
        logGroupName: groups[this.job.kind],
        logStreamNamePrefix: `${this.job.name}/`,
      },
    );
    try {
      for await (const { logStreams = [] } of pages) {
        names.push(...logStreams.flatMap(({ logStreamName: name }) => name ?? []));
      }
    } catch (error) {
      // SageMaker creates a group when the first of its jobs in the account writes to it.
      if (!(error instanceof AwsError && error.code === "ResourceNotFoundException")) {
        throw error;
      }
    }
    return names;
  }

  /** Whether there is a log, empty or not. */
  async exists(): Promise<boolean> {
    return (await this.streams()).length > 0;
  }
}

/** A CloudWatch Logs client whose failures are reported in one line. */
export function cloudWatchLogs(config: ClientConfig): CloudWatchLogsClient {
  return explaining(new CloudWatchLogsClient(config as CloudWatchLogsClientConfig), "logs");
}

/** Finds a job of any kind that writes a log by its name. */
export async function findJob(
  client: CloudWatchLogsClient,
  name: string,
): Promise<LogJob | undefined> {
  for (const kind of Object.keys(groups) as LogKind[]) {
    const job = { kind, name };
    if (await new JobLog(client, job).exists()) {
      return job;
    }
  }
  return undefined;
}

/** The state of a job, in SageMaker's words. */
export async function jobStatus(client: SageMakerClient, { kind, name }: LogJob): Promise<string> {
  switch (kind) {
    case "processing": {
      const command = new DescribeProcessingJobCommand({ ProcessingJobName: name });
      return (await client.send(command)).ProcessingJobStatus ?? "";
    }
    case "training": {
      const command = new DescribeTrainingJobCommand({ TrainingJobName: name });
      return (await client.send(command)).TrainingJobStatus ?? "";
    }
    case "transform": {
      const command = new DescribeTransformJobCommand({ TransformJobName: name });
      return (await client.send(command)).TransformJobStatus ?? "";
    }
  }
}
