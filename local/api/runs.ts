import type { PipelineDefinition } from "../../pipeline/language/definition";
import type { ServedApi } from "../environments/awsServices";
import { JobRunner } from "../environments/jobs";
import type { ExecutionRequest } from "../execution/request";
import { startSession } from "../execution/session";
import { executionId } from "../records/executionDocument";
import type { WorldOptions } from "./worldOptions";

/** An execution that runs in this process. */
interface Running {
  readonly stop: AbortController;
  readonly ended: Promise<unknown>;
}

/** The executions that run in this process. */
export class Runs {
  private readonly running = new Map<string, Running>();
  /** The ARNs of executions that begin. */
  private readonly starting = new Map<string, Promise<string>>();
  /** The latest retry of each execution. */
  private readonly retries = new Map<string, { token: string; started: Promise<void> }>();

  /** @param serve serves this machine's API to jobs that call AWS */
  constructor(
    private readonly options: WorldOptions,
    private readonly serve: (() => Promise<ServedApi>) | undefined,
  ) {}

  /** Starts an execution, once while the request is repeated with its token; see {@link begin}. */
  start(
    definition: PipelineDefinition,
    parameters: ReadonlyMap<string, string>,
    request: ExecutionRequest,
  ): Promise<string> {
    const { clientRequestToken = "", pipelineName, retried } = request;
    const key = `${pipelineName} ${retried ? executionId(retried) : clientRequestToken}`;
    const started =
      this.starting.get(key) ??
      this.begin(definition, parameters, request).finally(() => this.starting.delete(key));
    this.starting.set(key, started);
    return started;
  }

  /**
   * Starts an execution, or continues with one.
   *
   * @returns its ARN, as soon as its first step can begin
   * @throws UserError if the definition, the parameters or the data are not valid
   */
  private async begin(
    definition: PipelineDefinition,
    parameters: ReadonlyMap<string, string>,
    request: ExecutionRequest,
  ): Promise<string> {
    const { program, say = () => undefined, ...options } = this.options;
    const stop = new AbortController();
    const jobs = new JobRunner();
    try {
      const { ended, executionArn, executionId } = await startSession({
        ...options,
        program: await program(),
        definition,
        request,
        parameters,
        cache: true,
        stopped: stop.signal,
        serve: this.serve,
        jobs,
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
   * Retries an execution after the retry before, unless that has the same token.
   * @param start checks the execution's state, and continues it
   */
  async retry(id: string, token: string, start: () => Promise<void>): Promise<void> {
    const before = this.retries.get(id);
    if (before?.token === token) {
      return before.started;
    }
    const started = before === undefined ? start() : before.started.then(start, start);
    this.retries.set(id, { token, started });
    try {
      await started;
    } catch (error) {
      // One that is refused can be repeated.
      if (before !== undefined) {
        this.retries.set(id, before);
      } else {
        this.retries.delete(id);
      }
      throw error;
    }
  }

  /** Whether executions of a pipeline begin, which have no record yet. */
  begins(pipelineName: string): boolean {
    return [...this.starting.keys()].some((key) => key.startsWith(`${pipelineName} `));
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
