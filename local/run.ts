import type { JsonObject } from "../pipeline/expressions";
import { allSteps, dependencies, isObject, objects, type PlacedStep, text } from "../pipeline/walk";
import { evaluate, ExpressionError, holds } from "./evaluate";
import { type Execution, type Status, StepFailure } from "./execution";
import type { ModelPackage } from "./modelRegistry";
import { runProcessing } from "./steps/processing";
import { runQualityCheck } from "./steps/qualityCheck";
import { runTuning } from "./steps/tuning";

/** What became of a step. */
export interface StepResult {
  readonly name: string;
  readonly type: string;
  status: Status;
  seconds?: number;
  /** Why it failed. */
  failureReason?: string;
  /** Its job's log. */
  log?: string;
}

/** What became of an execution. */
export interface RunResult {
  readonly status: "Failed" | "Succeeded";
  readonly failureReason?: string;
  readonly steps: readonly StepResult[];
  /** The models that steps registered, by step. */
  readonly models: ReadonlyMap<string, ModelPackage>;
}

/** Runs the steps of a definition, each as soon as those that it waits for are done. */
class Run {
  private readonly placed: readonly PlacedStep[];
  private readonly results = new Map<string, StepResult>();
  private readonly dependencies = new Map<PlacedStep, ReadonlySet<string>>();
  private readonly models = new Map<string, ModelPackage>();
  private readonly branches = new Map<string, "ElseSteps" | "IfSteps">();
  private failure: StepFailure | undefined;

  constructor(
    definition: JsonObject,
    private readonly execution: Execution,
  ) {
    this.placed = allSteps(definition["Steps"]);
    for (const placed of this.placed) {
      const { name, type } = placed;
      this.results.set(name, { name, type, status: "NotExecuted" });
      this.dependencies.set(placed, dependencies(placed));
    }
  }

  async run(): Promise<RunResult> {
    const waiting = new Set(this.placed);
    const running = new Set<Promise<void>>();
    for (;;) {
      for (const placed of waiting) {
        const state = this.readiness(placed);
        if (state === "never" || this.failure !== undefined) {
          waiting.delete(placed);
        } else if (state === "ready") {
          waiting.delete(placed);
          const work: Promise<void> = this.step(placed).finally(() => running.delete(work));
          running.add(work);
        }
      }
      if (running.size === 0) {
        // A step that became ready by one that never runs is met in the next round.
        if (![...waiting].some((placed) => this.readiness(placed) !== "not yet")) {
          break;
        }
        continue;
      }
      await Promise.race(running);
    }
    return {
      status: this.failure === undefined ? "Succeeded" : "Failed",
      ...(this.failure === undefined ? {} : { failureReason: this.failure.message }),
      steps: [...this.results.values()],
      models: this.models,
    };
  }

  /** Whether a step can run now, later, or never, since a branch was not taken. */
  private readiness(placed: PlacedStep): "never" | "not yet" | "ready" {
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
    const placed = this.placed.find((one) => one.name === name);
    return placed !== undefined && this.readiness(placed) === "never";
  }

  private async step(placed: PlacedStep): Promise<void> {
    const { name } = placed;
    const result = this.results.get(name);
    if (result === undefined) {
      return;
    }
    const start = performance.now();
    result.status = "Executing";
    this.execution.report({ kind: "step", name, status: "Executing" });
    let detail: string | undefined;
    try {
      detail = await this.perform(placed);
      result.status = "Succeeded";
    } catch (error) {
      detail = this.fail(placed, result, error);
    }
    result.seconds = (performance.now() - start) / 1000;
    this.execution.report({
      kind: "step",
      name,
      status: result.status,
      seconds: result.seconds,
      ...(detail === undefined ? {} : { detail }),
    });
  }

  /** Notes a step's failure. The first one ends the execution, and stops what else is running. */
  private fail(placed: PlacedStep, result: StepResult, error: unknown): string | undefined {
    if (this.failure !== undefined) {
      result.status = "Stopped";
      return undefined;
    }
    const failure =
      error instanceof StepFailure
        ? error
        : error instanceof ExpressionError
          ? new StepFailure(placed.name, error.message)
          : undefined;
    if (failure === undefined) {
      throw error;
    }
    this.failure = failure;
    result.status = "Failed";
    result.failureReason = failure.message;
    if (failure.log !== undefined) {
      result.log = failure.log;
    }
    void this.execution.jobs.close();
    return failure.message;
  }

  /** Does what a step is for. Returns what there is to say of it. */
  private async perform(placed: PlacedStep): Promise<string | undefined> {
    const { name, step, type } = placed;
    const { registry, scope } = this.execution;
    const args = isObject(step["Arguments"]) ? step["Arguments"] : {};
    if (type === "Condition") {
      const outcome = objects(args["Conditions"]).every((one) => holds(one, scope));
      this.branches.set(name, outcome ? "IfSteps" : "ElseSteps");
      this.describe(name, { Outcome: outcome ? "True" : "False" });
      return String(outcome);
    }
    const values = evaluate(args, scope) as JsonObject;
    switch (type) {
      case "Processing":
        this.describe(name, await runProcessing(this.execution, name, values));
        return undefined;
      case "QualityCheck":
        this.describe(name, await runQualityCheck(this.execution, name, values));
        return undefined;
      case "Tuning":
        this.describe(name, await runTuning(this.execution, name, values));
        return undefined;
      case "RegisterModel": {
        const model = registry.register(text(values["ModelPackageGroupName"]), values);
        this.models.set(name, model);
        this.describe(name, {
          ...values,
          ModelPackageArn: model.arn,
          ModelPackageVersion: model.version,
        });
        return `version ${model.version} of ${model.group}, ${model.approvalStatus}`;
      }
      case "Fail":
        throw new StepFailure(name, text(values["ErrorMessage"]));
      default:
        throw new StepFailure(name, `steps of type ${type} do not run here`);
    }
  }

  private describe(step: string, response: JsonObject): void {
    this.execution.described.set(step, response);
  }
}

/** Runs a pipeline definition. Its parameters are in the execution's scope. */
export async function runDefinition(
  definition: JsonObject,
  execution: Execution,
): Promise<RunResult> {
  return new Run(definition, execution).run();
}
