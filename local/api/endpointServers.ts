import type { World } from "./world";

/** The endpoints that serve in this process. */
export class Endpoints {
  constructor(private readonly world: World) {}

  /** Ends all servers. */
  close(): Promise<void> {
    return Promise.resolve(this.world).then(() => undefined);
  }
}
