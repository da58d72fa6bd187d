import type { PipelineDefinition } from "../pipeline/language/definition";
import type { World } from "../sageMaker/world";
import { note, type Terminal } from "./terminal";

/** Prints how to log an execution to the MLflow app that its definition names: neither Pipelines nor this machine does. */
export function printLoggingHint(
  { command, machine }: Pick<World, "command" | "machine">,
  { MlflowConfig: config }: PipelineDefinition,
  id: string,
  terminal: Terminal,
): void {
  if (config) {
    const line = command(`export mlflow ${id}${machine === undefined ? "" : " --to FOLDER"}`);
    const unless = machine === undefined ? ", unless restate:mlflowLogging says so" : "";
    note(
      terminal,
      `MLflow: executions are not logged by themselves${unless}; log this one with \`${line}\``,
    );
  }
}
