import type { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import type { SageMakerClient } from "@aws-sdk/client-sagemaker";
import { Command } from "commander";

import { UserError } from "../../errors/userError";
import { paceOf, type PaceOption, withPace, withWorld } from "../options";
import { findExecution, latestExecutions } from "../../sageMaker/executions";
import { type Pace, poll } from "../../sageMaker/follow";
import { cloudWatchLogs, findJob, JobLog, jobStatus } from "../../sageMaker/logs";
import { missingRight } from "../../sageMaker/missingRights";
import { jobsOf, type StepJob } from "../../sageMaker/stepJobs";
import { definitionOf, type ExecutionStep, stepHasEnded, stepsOf } from "../../sageMaker/steps";
import { note, print, type Terminal } from "../terminal";
import type { World } from "../../sageMaker/world";
import { inWorld, type WorldOptions } from "../world";

/** The jobs whose logs to read, and whether they have all ended. */
interface Jobs {
  readonly jobs: readonly StepJob[];
  readonly over: boolean;
}

const ended = ["Completed", "Failed", "Stopped"];

/**
 * The jobs of a step, the failed ones first.
 * @throws UserError if the step will never have a log
 */
async function jobsToRead(client: SageMakerClient, step: ExecutionStep): Promise<Jobs> {
  const { job, name, status, type } = step;
  const over = stepHasEnded(step);
  const isSilent = over || status === "NotExecuted" || type === "Condition" || type === "Fail";
  if (job === undefined && isSilent) {
    throw new UserError(`step ${name} has no log, because it ran no job (${type}, ${status})`);
  }
  return { jobs: await jobsOf(client, step), over };
}

/** Returns a function that reads the execution's steps; without an execution there are none. */
async function stepsToRead(
  world: World,
  named: string | undefined,
): Promise<() => Promise<readonly ExecutionStep[]>> {
  if (
    named === undefined &&
    (await latestExecutions(world.client, await world.pipelines(), 1)).length === 0
  ) {
    return () => Promise.resolve([]);
  }
  const { arn } = await findExecution(world, named);
  const definition = await definitionOf(world.client, arn);
  return () => stepsOf(world.client, arn, definition);
}

/** Prints logs, each line once; if there are several, under the title of each. */
class Printer {
  private readonly logs = new Map<string, JobLog>();
  private current: string | undefined;
  /** The first permission that the logs report as missing; the others follow from it. */
  private missingRight: string | undefined;

  constructor(
    private readonly client: CloudWatchLogsClient,
    private readonly terminal: Terminal,
  ) {}

  /** @returns whether there was anything to print */
  async printNew({ jobs }: Jobs): Promise<boolean> {
    let some = false;
    for (const job of jobs) {
      const log = this.logs.get(job.name) ?? new JobLog(this.client, job);
      this.logs.set(job.name, log);
      for await (const line of log.read()) {
        if (this.current !== job.name && jobs.length > 1) {
          print(this.terminal, `==> ${job.title} <==`);
        }
        this.current = job.name;
        print(this.terminal, line.replace(/\n$/, ""));
        this.missingRight ??= missingRight(line);
        some = true;
      }
    }
    return some;
  }

  /** Prints, on standard error, which permission is missing. */
  close(): void {
    if (this.missingRight !== undefined) {
      note(this.terminal, this.missingRight);
    }
  }
}

/**
 * Prints the log of a step's job, or of all trials of a tuning step, the failed ones first.
 *
 * @param word the name of a step or a job
 * @param named the execution of the step; by default the latest
 * @param pace how often to poll until the step or job has ended; undefined: print what there is and return
 * @throws UserError if there is no such step or job, or it has no log
 */
async function printLogs(
  world: World,
  word: string,
  named: string | undefined,
  pace: Pace | undefined,
  terminal: Terminal,
): Promise<void> {
  const { client } = world;
  const logsClient = cloudWatchLogs(world.config);
  const steps = await stepsToRead(world, named);
  const known = (await steps()).map(({ name }) => name);
  const job = known.includes(word) ? undefined : await findJob(logsClient, word);
  if (job === undefined && !known.includes(word)) {
    throw new UserError(
      `${word} is neither a step nor a job with a log; ` +
        (known.length === 0 ? "no step has run" : `the steps are ${known.join(", ")}`),
    );
  }
  const read = async (): Promise<Jobs> => {
    if (job !== undefined) {
      const over = pace === undefined || ended.includes(await jobStatus(client, job));
      return { jobs: [{ ...job, title: job.name }], over };
    }
    const step = (await steps()).find(({ name }) => name === word);
    return step === undefined ? { jobs: [], over: true } : jobsToRead(client, step);
  };
  const printer = new Printer(logsClient, terminal);
  if (pace === undefined) {
    if (!(await printer.printNew(await read()))) {
      throw new UserError(`${word} has no log yet`);
    }
  } else {
    const look = async (): Promise<{ readonly changed: boolean; readonly over: boolean }> => {
      const jobs = await read();
      const changed = await printer.printNew(jobs);
      // The last lines may arrive after the job's end, so poll until nothing new comes.
      return { changed, over: jobs.over && !changed };
    };
    await poll(pace, look, terminal.pause);
  }
  printer.close();
}

/** `logs <step> [execution]`. */
export function logs(terminal: Terminal): Command {
  return withPace(withWorld(new Command("logs")))
    .argument("<step>", "a step, or the name of a job")
    .argument("[execution]", "its id or ARN (default: the latest)")
    .option("--follow", "keep printing new lines until the step or job ends")
    .action(
      async (
        word: string,
        named: string | undefined,
        options: WorldOptions & PaceOption & { readonly follow?: boolean },
      ) => {
        await inWorld(options, async (world) => {
          const pace =
            options.follow === true ? paceOf(options, world.machine !== undefined) : undefined;
          await printLogs(world, word, named, pace, terminal);
        });
      },
    );
}
