import type { World } from "./sageMaker/world";
import { openWorld, type WorldOptions } from "./world";

/** Opens the world that the options name for some work, and closes it afterwards. */
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
