import type { PipelineDefinition, Step } from "../../pipeline/language/definition";
import {
  evaluate,
  type Evaluated,
  ExpressionError,
  holds,
  type ModelRequest,
} from "../../pipeline/language/evaluate";
import { requestProblems } from "../../pipeline/language/parse";
import { allSteps, dependencies, type PlacedStep } from "../../pipeline/language/graph";
import { asUserError } from "../../errors/userError";
import { type Execution, type Properties, StepFailure, type StepResult } from "./execution";
import { JobError } from "../environments/jobs";
import { jobName } from "./steps/jobNames";
import { type JobKind, type JobStep, runJobStep } from "./steps/jobStep";
import { processing } from "./steps/processing";
import { qualityCheck } from "./steps/qualityCheck";
import { training } from "./steps/training";
import { transform } from "./steps/transform";
import { tuning } from "./steps/tuning";

/** The result of an execution. */
export interface RunResult {
  readonly status: "Failed" | "Stopped" | "Succeeded";
  readonly failureReason?: string;
  readonly steps: readonly StepResult[];
}

/**
 * The failure of a step.
 * @throws the error itself if it is this program's, not the pipeline's or the machine's
 */
function asFailure(step: string, error: unknown): StepFailure {
  if (error instanceof StepFailure) {
    return error;
  }
  const known =
    error instanceof ExpressionError || error instanceof JobError ? error : asUserError(error);
  if (known === undefined) {
    throw error;
  }
  return new StepFailure(step, known.message);
}

export interface RunSteps {
  /** Results of steps that succeeded before and are not run, by name. */
  readonly done?: ReadonlyMap<string, StepResult>;
  /** The steps to run. Default: all. */
  readonly selected?: ReadonlySet<string> | undefined;
  /** Max concurrent steps. Default: unlimited. */
  readonly maxParallel?: number | undefined;
}

/** Runs the steps of a definition, each as soon as its dependencies are done. */
class Run {
  private readonly placed: readonly PlacedStep[];
  private readonly results = new Map<string, StepResult>();
  private readonly dependencies = new Map<PlacedStep, ReadonlySet<string>>();
  private readonly branches = new Map<string, "ElseSteps" | "IfSteps">();
  private failure: StepFailure | undefined;

  constructor(
    definition: PipelineDefinition,
    private readonly execution: Execution,
    private readonly stopped: AbortSignal,
    private readonly steps: RunSteps,
  ) {
    this.placed = allSteps(definition);
    for (const placed of this.placed) {
      const { Name: name, Type: type } = placed.step;
      this.results.set(name, { name, type, status: "NotExecuted" });
      this.dependencies.set(placed, dependencies(placed));
      const done = steps.done?.get(name);
      if (done !== undefined) {
        this.takeOver(done);
      }
    }
  }

  /** Treats a step that succeeded before as done. */
  private takeOver(done: StepResult): void {
    const { name, properties = {}, type } = done;
    this.results.set(name, done);
    this.describe(name, properties);
    if (type === "Condition") {
      this.branches.set(name, properties["Outcome"] === "True" ? "IfSteps" : "ElseSteps");
    }
  }

  async run(): Promise<RunResult> {
    await this.runSteps();
    return {
      status:
        this.failure !== undefined ? "Failed" : this.stopped.aborted ? "Stopped" : "Succeeded",
      failureReason: this.failure?.message,
      steps: [...this.results.values()],
    };
  }

  private async runSteps(): Promise<void> {
    const { done, maxParallel = Infinity } = this.steps;
    const waiting = new Set(this.placed.filter(({ step }) => done?.has(step.Name) !== true));
    const running = new Set<Promise<void>>();
    for (;;) {
      for (const placed of waiting) {
        const state = this.readiness(placed);
        if (state === "never" || this.failure !== undefined || this.stopped.aborted) {
          waiting.delete(placed);
        } else if (state === "ready" && running.size < maxParallel) {
          waiting.delete(placed);
          const work: Promise<void> = this.step(placed).finally(() => running.delete(work));
          running.add(work);
        }
      }
      if (running.size === 0) {
        // The next round handles steps that became ready because another never runs.
        if (![...waiting].some((placed) => this.readiness(placed) !== "not yet")) {
          break;
        }
        continue;
      }
      await Promise.race(running);
    }
  }

  /** Whether a step can run now, later, or never because a branch was not taken. */
  private readiness(placed: PlacedStep): "never" | "not yet" | "ready" {
    if (this.steps.selected?.has(placed.step.Name) === false) {
      return "never";
    }
    const { condition } = placed;
    const taken = condition === undefined ? undefined : this.branches.get(condition.name);
    if (condition !== undefined && taken !== undefined && taken !== condition.branch) {
      return "never";
    }
    for (const name of this.dependencies.get(placed) ?? []) {
      const result = this.results.get(name);
      if (result?.status !== "Succeeded") {
        return result !== undefined && this.isNever(name) ? "never" : "not yet";
      }
    }
    return "ready";
  }

  private isNever(name: string): boolean {
    const placed = this.placed.find((one) => one.step.Name === name);
    return placed !== undefined && this.readiness(placed) === "never";
  }

  private async step(placed: PlacedStep): Promise<void> {
    const { Name: name, Type: type } = placed.step;
    const start = performance.now();
    const startTime = new Date().toISOString();
    this.note({ name, type, status: "Executing", startTime });
    let outcome: Omit<StepResult, "name" | "seconds" | "type">;
    try {
      outcome = { status: "Succeeded", ...(await this.perform(placed.step)) };
    } catch (error) {
      outcome = this.fail(name, error);
    }
    const properties = this.execution.described.get(name);
    const seconds = (performance.now() - start) / 1000;
    this.note({ name, type, ...outcome, startTime, seconds, ...(properties && { properties }) });
  }

  private note(step: StepResult): void {
    this.results.set(step.name, step);
    this.execution.report({ kind: "step", step });
  }

  /** Records a failed step. The first one ends the execution, and stops all running steps. */
  private fail(step: string, error: unknown): Pick<StepResult, "failureReason" | "log" | "status"> {
    if (this.failure !== undefined || this.stopped.aborted) {
      return { status: "Stopped" };
    }
    const failure = asFailure(step, error);
    this.failure = failure;
    void this.execution.jobs.close();
    return { status: "Failed", failureReason: failure.message, log: failure.log };
  }

  /** Executes a step. Returns a remark on it. */
  private async perform(step: Step): Promise<Pick<StepResult, "detail" | "reusedFrom">> {
    const { registry, scope } = this.execution;
    const { Name: name } = step;
    switch (step.Type) {
      case "Condition": {
        await this.execution.authorize?.(step);
        const outcome = step.Arguments.Conditions.every((one) => holds(one, scope));
        this.branches.set(name, outcome ? "IfSteps" : "ElseSteps");
        this.describe(name, { Outcome: outcome ? "True" : "False" });
        return { detail: String(outcome) };
      }
      case "Processing":
        return this.runJob(step, processing, this.requestOf(step));
      case "QualityCheck":
        return this.runJob(step, qualityCheck, this.requestOf(step));
      case "Training":
        return this.runJob(step, training, this.requestOf(step));
      case "Transform":
        return this.runJob(step, transform, this.requestOf(step));
      case "Tuning":
        return this.runJob(step, tuning, this.requestOf(step));
      case "Model": {
        const request = this.requestOf(step);
        await this.execution.authorize?.(step, request);
        this.describe(name, this.createModel(name, request));
        return {};
      }
      case "RegisterModel": {
        const request = this.requestOf(step);
        await this.execution.authorize?.(step, request);
        const model = registry.register(request.ModelPackageGroupName ?? "", request);
        this.describe(name, {
          ...request,
          ModelPackageArn: model.arn,
          ModelPackageStatus: "Completed",
          ModelPackageVersion: model.version,
          ModelApprovalStatus: model.approvalStatus,
          CreationTime: model.creationTime,
        });
        return { detail: `version ${model.version} of ${model.group}` };
      }
      case "Fail": {
        const { ErrorMessage: message = "" } = this.requestOf(step);
        throw new StepFailure(name, String(message));
      }
      default:
        throw new StepFailure(name, `steps of type ${step.Type} do not run here`);
    }
  }

  /** A step's request. @throws StepFailure if the value of an expression is of another type than its member */
  private requestOf<Arguments>(step: {
    readonly Name: string;
    readonly Type: string;
    readonly Arguments: Arguments;
  }): Evaluated<Arguments> {
    const request = evaluate(step.Arguments, this.execution.scope);
    const problems = requestProblems(step.Type, request);
    if (problems.length > 0) {
      throw new StepFailure(step.Name, problems.join("; "));
    }
    return request;
  }

  private async runJob<Request extends object>(
    step: JobStep,
    kind: JobKind<Request>,
    request: Request,
  ): Promise<Pick<StepResult, "detail" | "reusedFrom">> {
    await this.execution.authorize?.(step, request);
    const { described, detail, reusedFrom } = await runJobStep(this.execution, step, kind, request);
    this.describe(step.Name, described);
    if (reusedFrom !== undefined) {
      return { detail: `as in execution ${reusedFrom}`, reusedFrom };
    }
    return detail === undefined ? {} : { detail };
  }

  private createModel(step: string, request: ModelRequest): Properties {
    const { arnPrefix, id } = this.execution;
    const ModelName = jobName(id, step);
    const CreationTime = new Date().toISOString();
    return { ...request, ModelName, ModelArn: `${arnPrefix}:model/${ModelName}`, CreationTime };
  }

  private describe(step: string, response: Properties): void {
    this.execution.described.set(step, response);
  }
}

/**
 * Runs a pipeline definition. Its parameters are in the execution's scope.
 * @param stopped aborts when the jobs are being stopped, so that no more steps begin
 * @param steps which steps to run; default: all
 */
export async function runDefinition(
  definition: PipelineDefinition,
  execution: Execution,
  stopped: AbortSignal,
  steps: RunSteps = {},
): Promise<RunResult> {
  return new Run(definition, execution, stopped, steps).run();
}
