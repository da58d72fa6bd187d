import type { World } from "./sageMaker/world";
import { openWorld, type WorldOptions } from "./world";

/** Does work in the world that the options name, and leaves nothing of it running. */
export async function inWorld<Result>(
  options: WorldOptions,
  work: (world: World) => Promise<Result>,
): Promise<Result> {
  const world = await openWorld(options);
  try {
    return await work(world);
  } finally {
    await world.close();
  }
}
