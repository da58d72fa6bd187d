import type { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import type { SageMakerClient } from "@aws-sdk/client-sagemaker";

import { UserError } from "../../terminal/errors";
import { describeExecution, executionArn, latestExecutions, type Pipeline } from "../executions";
import { type Pace, poll } from "../follow";
import { jobStatus } from "../jobs";
import { cloudWatchLogs, findJob, JobLog, type LogJob } from "../logs";
import { missingRight } from "../missingRights";
import { sageMaker } from "../sageMaker";
import { definitionOf, type DeployedStep, stepHasEnded, stepsOf } from "../steps";
import { trialsOf, tuningOf } from "../trials";

/** What is to be read: jobs, and whether they have all ended. */
interface Jobs {
  readonly jobs: readonly (LogJob & { readonly title: string })[];
  readonly over: boolean;
}

const ended = ["Completed", "Failed", "Stopped"];

/** The jobs of a step, the failed ones first. */
async function jobsOf(client: SageMakerClient, step: DeployedStep): Promise<Jobs> {
  const { job, name, status, type } = step;
  const over = stepHasEnded(step);
  if (job === undefined) {
    if (over || status === "NotExecuted" || type === "Condition" || type === "Fail") {
      throw new UserError(`step ${name} has no log: it has run no job (${type}, ${status})`);
    }
    return { jobs: [], over };
  }
  if (job.kind !== "tuning") {
    const { kind } = job;
    return { jobs: [{ kind, name: job.name, title: `${job.name} (${status})` }], over };
  }
  const tuning = await tuningOf(client, step);
  const trials = tuning === undefined ? [] : await trialsOf(client, tuning);
  const failedFirst = [
    ...trials.filter((trial) => trial.status === "Failed"),
    ...trials.filter((trial) => trial.status !== "Failed"),
  ];
  return {
    jobs: failedFirst.map((trial) => ({
      kind: "training",
      name: trial.trainingJobName,
      title: `${trial.trainingJobName} (trial ${trial.number + 1}, ${trial.status})`,
    })),
    over,
  };
}

/** Looks for the steps of the execution that is meant; there are none where the pipeline has no execution. */
async function stepsToLookIn(
  client: SageMakerClient,
  pipeline: Pipeline,
  named: string | undefined,
): Promise<() => Promise<readonly DeployedStep[]>> {
  if (named === undefined && (await latestExecutions(client, pipeline, 1)).length === 0) {
    return () => Promise.resolve([]);
  }
  const arn = await executionArn(client, pipeline, named);
  await describeExecution(client, pipeline, arn);
  const definition = await definitionOf(client, arn);
  return () => stepsOf(client, arn, definition);
}

/** Prints logs, each line once; where there are several, with a line that says whose the next ones are. */
class Printer {
  private readonly logs = new Map<string, JobLog>();
  private current: string | undefined;
  /** The right that the logs tell a role lacks: the first of them, since the others follow from it. */
  missingRight: string | undefined;

  constructor(
    private readonly client: CloudWatchLogsClient,
    private readonly print: (line: string) => void,
  ) {}

  /** @returns whether there was something to print */
  async printNew({ jobs }: Jobs): Promise<boolean> {
    let some = false;
    for (const job of jobs) {
      const log = this.logs.get(job.name) ?? new JobLog(this.client, job);
      this.logs.set(job.name, log);
      for await (const line of log.read()) {
        if (this.current !== job.name && jobs.length > 1) {
          this.print(`==> ${job.title} <==`);
        }
        this.current = job.name;
        this.print(line.replace(/\n$/, ""));
        this.missingRight ??= missingRight(line);
        some = true;
      }
    }
    return some;
  }
}

/** Says, beside the log, what right a role lacks. */
function sayMissingRight({ missingRight: missing }: Printer): void {
  if (missing !== undefined) {
    process.stderr.write(`${missing}\n`);
  }
}

/**
 * Prints the log of a step's job, or of all trials of a tuning step, those that failed first.
 *
 * @param word the step, or the name of a job
 * @param named the execution of the step; by default the latest
 * @param pace how often to look for more, until the step or job has ended; undefined: print what there is
 * @throws UserError where there is no such step or job, or it has no log
 */
export async function logs(
  pipeline: Pipeline,
  word: string,
  named: string | undefined,
  pace: Pace | undefined,
  print: (line: string) => void,
): Promise<void> {
  const client = sageMaker(pipeline.region);
  const logsClient = cloudWatchLogs(pipeline.region);
  const steps = await stepsToLookIn(client, pipeline, named);
  const known = (await steps()).map(({ name }) => name);
  const job = known.includes(word) ? undefined : await findJob(logsClient, word);
  if (job === undefined && !known.includes(word)) {
    throw new UserError(
      `there is no step ${word}, and no job of that name has a log; the steps are ${known.join(", ") || "none"}`,
    );
  }
  const look = async (): Promise<Jobs> => {
    if (job !== undefined) {
      const over = pace === undefined || ended.includes(await jobStatus(client, job));
      return { jobs: [{ ...job, title: job.name }], over };
    }
    const step = (await steps()).find(({ name }) => name === word);
    return step === undefined ? { jobs: [], over: true } : jobsOf(client, step);
  };
  const printer = new Printer(logsClient, print);
  if (pace === undefined) {
    if (!(await printer.printNew(await look()))) {
      throw new UserError(`${word} has no log yet`);
    }
    sayMissingRight(printer);
    return;
  }
  await poll(pace, async () => {
    const jobs = await look();
    const changed = await printer.printNew(jobs);
    // The last lines may come after the end: it takes another look that brings nothing.
    return { changed, over: jobs.over && !changed };
  });
  sayMissingRight(printer);
}
