import { worldOf } from "../../cli/world";
import { findExecution } from "../../sageMaker/executions";
import { type FullExecution, readExecution } from "../../sageMaker/fullExecution";
import type { ExecutionTrial } from "../../sageMaker/trials";
import { localWorld } from "./localWorld";

/** What the commands and the report know of an execution in a work folder. */
export async function executionIn(workFolder: string, id: string): Promise<FullExecution> {
  const world = worldOf(localWorld(workFolder));
  return readExecution(world, await findExecution(world, id));
}

/** The finished trials of an execution's tunings. */
export function trialsOf({ candidates }: FullExecution): readonly ExecutionTrial[] {
  return candidates.flatMap(({ trials }) => trials);
}
