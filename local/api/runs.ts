import type { PipelineDefinition } from "../../pipeline/language/definition";
import type { ServedApi } from "../environments/awsServices";
import { JobRunner } from "../environments/jobs";
import { type ExecutionRequest, startSession } from "../execution/session";
import type { WorldOptions } from "./worldOptions";

/** An execution that runs in this process. */
interface Running {
  readonly stop: AbortController;
  readonly ended: Promise<unknown>;
}

/** The executions that run in this process. */
export class Runs {
  private readonly running = new Map<string, Running>();

  /** @param serve serves this machine's API to jobs that call AWS */
  constructor(
    private readonly options: WorldOptions,
    private readonly serve: (() => Promise<ServedApi>) | undefined,
  ) {}

  /**
   * Starts an execution, or continues with one.
   *
   * @returns its ARN, as soon as its first step can begin
   * @throws UserError if the definition, the parameters or the data are not valid
   */
  async start(
    definition: PipelineDefinition,
    parameters: ReadonlyMap<string, string>,
    request: ExecutionRequest,
  ): Promise<string> {
    const {
      authorization,
      data,
      diagnose,
      docker,
      images,
      program,
      say = () => undefined,
      trustCode,
      workspace,
    } = this.options;
    const stop = new AbortController();
    const jobs = new JobRunner();
    try {
      const { ended, executionArn, executionId } = await startSession({
        program: await program(),
        definition,
        request,
        authorization,
        data,
        parameters,
        workspace,
        docker,
        images,
        trustCode,
        cache: true,
        stopped: stop.signal,
        diagnose,
        serve: this.serve,
        jobs,
        report: () => undefined,
        say,
      });
      const settled = ended
        .catch((error: unknown) => {
          say(`execution ${executionId}: ${(error as Error).message}`);
        })
        .finally(() => this.running.delete(executionId));
      this.running.set(executionId, { stop, ended: settled });
      return executionArn;
    } catch (error) {
      await jobs.close();
      throw error;
    }
  }

  /**
   * Stops an execution.
   * @returns whether it runs in this process
   */
  stop(id: string): boolean {
    const running = this.running.get(id);
    running?.stop.abort();
    return running !== undefined;
  }

  /** Waits for the end of an execution in this process. */
  async ended(id: string): Promise<void> {
    await this.running.get(id)?.ended;
  }

  /** Stops all executions, and waits until they have ended. */
  async close(): Promise<void> {
    const all = [...this.running.values()];
    for (const { stop } of all) {
      stop.abort();
    }
    await Promise.all(all.map(({ ended }) => ended));
  }
}
