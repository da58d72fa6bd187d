import { join } from "node:path";

import { UserError } from "../../errors/userError";
import { findImages } from "../environments/containerImages";
import { lastLines } from "../environments/logs";
import { freePorts, waitForServers } from "../environments/server";
import { type ModelServers, type ServingContainer, startServers } from "../environments/serving";
import type { WorldOptions } from "./worldOptions";

/** SageMaker's status of an endpoint. */
interface EndpointState {
  readonly status: "Creating" | "Failed" | "InService" | "OutOfService" | "Updating";
  readonly failureReason?: string;
}

export interface EndpointModel {
  readonly variant: string;
  /** In the order of invocation. */
  readonly containers: readonly ServingContainer[];
}

interface Serving {
  readonly servers: ModelServers;
  readonly ports: readonly number[];
  readonly variant: string;
}

/** The servers of the endpoints in this process. */
export class Endpoints {
  private readonly serving = new Map<string, Serving>();
  private readonly states = new Map<string, EndpointState>();
  private readonly starting = new Map<string, Promise<void>>();
  private count = 0;

  constructor(private readonly options: WorldOptions) {}

  /** The status of an endpoint; OutOfService if this process does not serve it. */
  state(name: string): EndpointState {
    return this.states.get(name) ?? { status: "OutOfService" };
  }

  /**
   * Starts serving a model. The current model continues until the new one responds, or for good if it does not.
   */
  start(name: string, model: EndpointModel): void {
    const before = this.serving.get(name);
    this.states.set(name, { status: before === undefined ? "Creating" : "Updating" });
    const earlier = this.starting.get(name) ?? Promise.resolve();
    const work = earlier.then(async () => {
      try {
        const serving = await this.serve(name, model);
        await this.end(this.serving.get(name));
        this.serving.set(name, serving);
        this.states.set(name, { status: "InService" });
      } catch (error) {
        const failureReason = (error as Error).message;
        const status = this.serving.has(name) ? "InService" : "Failed";
        this.states.set(name, { status, failureReason });
      }
    });
    this.starting.set(name, work);
  }

  /** The address of an endpoint that is in service. */
  find(name: string): Pick<Serving, "ports" | "variant"> | undefined {
    const serving = this.serving.get(name);
    return serving?.servers.isRunning() === true ? serving : undefined;
  }

  /** Ends the server of an endpoint. */
  async stop(name: string): Promise<void> {
    await this.starting.get(name);
    await this.end(this.serving.get(name));
    this.serving.delete(name);
    this.states.delete(name);
    this.starting.delete(name);
  }

  /** Ends all servers. */
  async close(): Promise<void> {
    await Promise.all([...this.states.keys()].map((name) => this.stop(name)));
  }

  private async serve(name: string, { containers, variant }: EndpointModel): Promise<Serving> {
    const { program: load, say = () => undefined, workspace } = this.options;
    const program = await load();
    const never = new AbortController().signal;
    const uris = containers.map(({ Image: uri = "" }) => uri);
    const images = await findImages(uris, program, this.options, say, never);
    const ports = await freePorts(containers.length);
    this.count += 1;
    const folder = `endpoint-${name}-${process.pid}-${this.count}`;
    const log = join(workspace.folder, "serving", `${name}.log`);
    const servers = await startServers(workspace, images, {
      title: `the model of endpoint ${name}`,
      name: folder,
      containers,
      ports,
      log,
    });
    if (!(await waitForServers(ports, () => !servers.isRunning()))) {
      await servers.stop();
      throw new UserError(
        `The container did not pass the ping health check. Its log, ${log}, ends:\n${lastLines(log)}`,
      );
    }
    return { servers, ports, variant };
  }

  private async end(serving: Serving | undefined): Promise<void> {
    await serving?.servers.stop();
  }
}
