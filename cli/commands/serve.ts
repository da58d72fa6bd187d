import {
  DescribeModelPackageCommand,
  type ModelPackageContainerDefinition,
} from "@aws-sdk/client-sagemaker";
import { Command } from "commander";

import { findImages } from "../../local/environments/containerImages";
import { serveContainers } from "../../local/environments/inferencePipeline";
import { freePorts, waitForServers } from "../../local/environments/server";
import { startServers } from "../../local/environments/serving";
import { interruptible } from "../../local/execution/interruption";
import {
  type GroupOption,
  portInUse,
  readPort,
  withGroup,
  withImages,
  withWorld,
} from "../options";
import { findVersion, groupsOf, latestApproved } from "../../sageMaker/models";
import type { World } from "../../sageMaker/world";
import { stackProgram } from "../stackProgram";
import { note, print, type Terminal } from "../terminal";
import {
  imageOptions,
  inWorld,
  type MachineOptions,
  onThisMachine,
  workspaceOf,
  type WorldOptions,
} from "../world";

type ServeOptions = WorldOptions & MachineOptions & GroupOption & { readonly port: number };

/** A model package, and the containers that serve it. */
interface Model {
  readonly title: string;
  readonly name: string;
  readonly containers: readonly ModelPackageContainerDefinition[];
}

async function findModel(
  world: World,
  version: string | undefined,
  options: GroupOption,
): Promise<Model> {
  const { client } = world;
  const groups = await groupsOf(world, options.group);
  const summary =
    version === undefined
      ? await latestApproved(world, groups)
      : await findVersion(client, groups, version);
  const { CustomerMetadataProperties: metadata, InferenceSpecification: inference } =
    await client.send(
      new DescribeModelPackageCommand({ ModelPackageName: summary.ModelPackageArn }),
    );
  const group = summary.ModelPackageGroupName ?? "";
  const number = summary.ModelPackageVersion ?? 0;
  const { Table: table, Target: target } = metadata ?? {};
  const about = table === undefined || target === undefined ? "" : ` (${target} of ${table})`;
  return {
    title: `version ${number} of ${group}${about}`,
    name: `${group}-${number}`,
    containers: inference?.Containers ?? [{ Image: "" }],
  };
}

/**
 * Serves a model by the container contract.
 *
 * @param stopped ends it
 * @returns the exit code of the server
 * @throws UserError if something else listens on the port
 */
async function serveModel(
  model: Model,
  options: ServeOptions,
  stopped: AbortSignal,
  terminal: Terminal,
): Promise<number> {
  const program = await stackProgram(options);
  const { containers, title } = model;
  const { port } = options;
  const say = (line: string): void => {
    note(terminal, line);
  };
  const never = new AbortController().signal;
  const uris = containers.map(({ Image: uri = "" }) => uri);
  const images = await findImages(uris, program, imageOptions(options), say, never);
  const ports = await freePorts(containers.length);
  // The port is taken first: of several commands, only one gets it.
  const close = await serveContainers(ports, port).catch(portInUse(port));
  try {
    // A folder for each port: two commands may serve the same model.
    const name = `${model.name}-${port}`;
    const servers = await startServers(workspaceOf(options), images, { ...model, name, ports });
    const stop = (): void => {
      void servers.stop();
    };
    stopped.addEventListener("abort", stop);
    if (await waitForServers(ports, () => !servers.isRunning())) {
      print(terminal, `${title} is served on http://127.0.0.1:${port}/invocations`);
    }
    const code = await servers.ended;
    stop();
    return code;
  } finally {
    close();
  }
}

/** `serve [version]`: serves a model package on a port of this machine. */
export function serve(terminal: Terminal): Command {
  return withImages(withGroup(withWorld(new Command("serve"))))
    .argument("[version]", "its number (default: the latest approved)")
    .option("--config-file <path>", "the stack's configuration (default: Pulumi.<stack>.yaml)")
    .option("--port <number>", "port on this machine", readPort(1), 8080)
    .option("--docker", "serve in a container of its image, if the image is on this machine")
    .action(async (version: string | undefined, options: ServeOptions) => {
      onThisMachine("serve", options, "deploy serving/");
      const model = await inWorld(options, (world) => findModel(world, version, options));
      terminal.exit(
        await interruptible((stopped) => serveModel(model, options, stopped, terminal)),
      );
    });
}
