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

/** An endpoint that responds to invocations. */
export interface Serving {
  readonly servers: ModelServers;
  readonly ports: readonly number[];
  readonly variant: string;
  /** Path of the servers' log. */
  readonly log: string;
  /** The invocations that have no response yet. */
  readonly pending: Set<Promise<unknown>>;
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
   * @param served called once the endpoint serves the model
   */
  start(name: string, model: EndpointModel, served: () => void = () => undefined): void {
    const before = this.serving.get(name);
    this.states.set(name, { status: before === undefined ? "Creating" : "Updating" });
    const earlier = this.starting.get(name) ?? Promise.resolve();
    const work = earlier.then(async () => {
      try {
        const serving = await this.serve(name, model);
        const replaced = this.serving.get(name);
        this.serving.set(name, serving);
        served();
        this.states.set(name, { status: "InService" });
        if (replaced !== undefined) {
          void Promise.allSettled(replaced.pending).then(() => replaced.servers.stop());
        }
      } catch (error) {
        const failureReason = (error as Error).message;
        const status = this.serving.has(name) ? "InService" : "Failed";
        this.states.set(name, { status, failureReason });
      }
    });
    this.starting.set(name, work);
  }

  /** Invokes an endpoint. An update lets its model respond first. Undefined: it has never been in service. */
  async invoke<Result>(
    name: string,
    work: (serving: Serving) => Promise<Result>,
  ): Promise<Result | undefined> {
    const serving = this.serving.get(name);
    if (serving === undefined) {
      return undefined;
    }
    const invocation = work(serving);
    serving.pending.add(invocation);
    try {
      return await invocation;
    } finally {
      serving.pending.delete(invocation);
    }
  }

  /** Ends the server of an endpoint. */
  async stop(name: string): Promise<void> {
    await this.starting.get(name);
    await this.serving.get(name)?.servers.stop();
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
    return { servers, ports, variant, log, pending: new Set() };
  }
}
