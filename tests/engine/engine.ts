import { type ChildProcess, spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer, type RequestListener } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { homedir, tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { json } from "node:stream/consumers";

import {
  type Deployment,
  LocalWorkspace,
  type OutputMap,
  PulumiCommand,
  type Stack,
  type UpdateSummary,
} from "@pulumi/pulumi/automation";

import { recordOf } from "./cloud";

/** Where tests/engine/pulumi.sh leaves the CLI that it builds. */
const builtCli = join(homedir(), ".cache", "restate", "bin");

/** Folder of the Pulumi CLI, or undefined where there is none. */
export function pulumiFolder(): string | undefined {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), builtCli];
  return folders.find((folder) => existsSync(join(folder, "pulumi")));
}

/**
 * What keeps the key of a stack's secrets. With a passphrase, each command would derive the key anew, by a million rounds
 * of SHA-256.
 */
export const secretsProvider = "hashivault://restate";

/** Stands in for HashiCorp Vault: asked to encrypt or decrypt a text, it hands it back. */
const answerAsVault: RequestListener = (request, response) => {
  void json(request).then((body) => {
    const [text] = Object.values(body as Readonly<Record<string, string>>);
    response.end(JSON.stringify({ data: { ciphertext: text, plaintext: text } }));
  });
};

/** Configures a stack by full key; undefined removes one. It writes the file itself: the CLI would take its time. */
export async function configure(
  { name, workspace }: Stack,
  config: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const settings = await workspace.stackSettings(name);
  const all = Object.entries<unknown>({ ...settings.config, ...config });
  await workspace.saveStackSettings(name, {
    ...settings,
    config: Object.fromEntries(all.filter(([, value]) => value !== undefined)),
  });
}

/** A stack's state. */
interface State {
  readonly resources?: readonly {
    readonly type: string;
    readonly outputs?: Readonly<Record<string, unknown>>;
  }[];
}

/** What the engine's backend keeps of a stack, in the form of its third version. */
interface Checkpoint {
  readonly checkpoint: { readonly latest?: State };
}

/** The real engine with stand-in providers, in a folder of its own. */
export class Engine {
  /** Holds the backend, and what the providers remember. */
  readonly folder = mkdtempSync(join(tmpdir(), "restate-engine-"));
  private readonly vault = createServer(answerAsVault);
  private provider: ChildProcess | undefined;
  private debugProviders = "";
  private command: Promise<PulumiCommand> | undefined;

  /** Starts the providers: one process, which stands in for all of them. */
  async start(): Promise<void> {
    const loaders = ["./tests/support/leanPulumi.cjs", "ts-node/register/transpile-only"];
    const args = loaders.flatMap((loader) => ["--require", loader]);
    const child = spawn(process.execPath, [...args, "tests/engine/standIn.ts"], {
      env: { ...process.env, STAND_IN_FOLDER: join(this.folder, "cloud") },
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.provider = child;
    const port = await new Promise<string>((done, failed) => {
      child.on("error", failed);
      child.on("exit", (code) => {
        failed(new Error(`the providers ended with ${String(code)}`));
      });
      createInterface({ input: child.stdout }).once("line", done);
    });
    await new Promise<void>((done) => this.vault.listen(0, "127.0.0.1", done));
    this.debugProviders = ["aws", "docker", "awsx"].map((name) => `${name}:${port}`).join(",");
  }

  /** Ends everything, and removes the folder. */
  stop(): void {
    this.provider?.removeAllListeners("exit");
    this.provider?.kill();
    this.vault.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Makes the creation of a resource fail, by its logical name; undefined: of none. */
  failAt(name: string | undefined): void {
    this.name("fail", name);
  }

  /** Makes updates of an endpoint roll back, by its logical name; undefined: of none. */
  rollBackAt(name: string | undefined): void {
    this.name("rollback", name);
  }

  /** Gives the account's registry a URL, where Docker's HTTP API answers. */
  registryAt(endpoint: string): void {
    this.name("registry", endpoint);
  }

  /** The content of an object in the account, by its URI; undefined: there is none. */
  object(uri: string): string | undefined {
    const path = recordOf(this.cloud, "object", uri);
    return existsSync(path) ? readFileSync(path, "utf8") : undefined;
  }

  /**
   * Changes a resource past Pulumi.
   *
   * @param which members that only this resource has
   * @param change what becomes of it
   * @returns what undoes the change
   */
  change(
    which: Readonly<Record<string, string>>,
    change: Readonly<Record<string, string>>,
  ): () => void {
    for (const file of readdirSync(this.cloud).filter((name) => name.endsWith(".json"))) {
      const path = join(this.cloud, file);
      const before = readFileSync(path, "utf8");
      // Scripts that were uploaded lie here too.
      const resource = before.startsWith("{")
        ? (JSON.parse(before) as Record<string, unknown>)
        : {};
      if (Object.entries(which).every(([key, value]) => resource[key] === value)) {
        writeFileSync(path, JSON.stringify({ ...resource, ...change }));
        return () => {
          writeFileSync(path, before);
        };
      }
    }
    throw new Error(`there is no resource with ${JSON.stringify(which)}`);
  }

  /** The state of a project's stack, as the backend keeps it. */
  state(project: string, stack: string): State {
    const path = join(this.backend, ".pulumi", "stacks", project, `${stack}.json`);
    const { checkpoint } = JSON.parse(readFileSync(path, "utf8")) as Checkpoint;
    return checkpoint.latest ?? {};
  }

  /** Where the providers remember what there is. */
  private get cloud(): string {
    return join(this.folder, "cloud");
  }

  private get backend(): string {
    return join(this.folder, "backend");
  }

  private name(file: string, name: string | undefined): void {
    mkdirSync(this.cloud, { recursive: true });
    writeFileSync(join(this.cloud, file), name ?? "");
  }

  /** Environment of the CLI: these providers, and a backend and a home in the engine's folder. */
  environment(): Record<string, string> {
    const home = join(this.folder, "home");
    mkdirSync(this.backend, { recursive: true });
    mkdirSync(home, { recursive: true });
    writeFileSync(join(home, "logs"), ""); // Where a file is in its folder's place, the CLI writes no logs.
    return {
      GOGC: "400", // Its processes are short: less of their time for collecting garbage.
      PULUMI_HOME: home,
      PULUMI_BACKEND_URL: `file://${this.backend}`,
      PULUMI_DEBUG_PROVIDERS: this.debugProviders,
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      PULUMI_SKIP_CHECKPOINTS: "true", // It keeps the state once an update ends, not after each of its steps.
      PULUMI_SKIP_UPDATE_CHECK: "true",
      VAULT_SERVER_URL: `http://127.0.0.1:${(this.vault.address() as AddressInfo).port}`,
    };
  }

  /** A stack of the real program, configured by full key. */
  async stack(name: string, config: Readonly<Record<string, string>>): Promise<Stack> {
    const stack = await this.stackOf("restate", name, evaluateIndex);
    await configure(stack, { "aws:region": "us-east-1", ...config });
    return stack;
  }

  /** A stack of another program. */
  async stackOf(project: string, name: string, program: () => Promise<object>): Promise<Stack> {
    const root = pulumiFolder();
    if (root === undefined) {
      throw new Error("there is no Pulumi CLI");
    }
    this.command ??= PulumiCommand.get({ root: join(root, ".."), skipVersionCheck: true });
    const stack = await LocalWorkspace.createStack(
      { projectName: project, stackName: name, program },
      {
        workDir: mkdtempSync(join(this.folder, "workspace-")),
        pulumiCommand: await this.command,
        secretsProvider,
        projectSettings: { name: project, runtime: "nodejs", main: process.cwd() },
        envVars: this.environment(),
      },
    );
    return this.answeredByFiles(stack, project);
  }

  /** Takes from the backend's files what an update asks the CLI for, which takes half a second a question. */
  private answeredByFiles(stack: Stack, project: string): Stack {
    const deployment = (): State => this.state(project, stack.name);
    const outputs = (): OutputMap => {
      const root = deployment().resources?.find(({ type }) => type === "pulumi:pulumi:Stack");
      return Object.fromEntries(
        Object.entries(root?.outputs ?? {}).map(([key, value]) => [key, { value, secret: false }]),
      );
    };
    const history = (): UpdateSummary => {
      const updates = join(this.backend, ".pulumi", "history", project, stack.name);
      const last = readdirSync(updates)
        .filter((file) => file.endsWith(".history.json"))
        .sort()
        .at(-1);
      return JSON.parse(readFileSync(join(updates, last ?? ""), "utf8")) as UpdateSummary;
    };
    Object.assign(stack, {
      outputs: () => Promise.resolve(outputs()),
      exportStack: () => Promise.resolve({ version: 3, deployment: deployment() }),
      info: () => Promise.resolve(history()),
    } satisfies Record<string, () => Promise<Deployment | OutputMap | UpdateSummary>>);
    return stack;
  }
}

/** Evaluates index.ts anew: a module is evaluated once, but every update evaluates the program. */
function evaluateIndex(): Promise<object> {
  const load = createRequire(__filename);
  const index = load.resolve("../../index");
  // eslint-disable-next-line @typescript-eslint/no-dynamic-delete
  delete load.cache[index];
  return Promise.resolve(load(index) as object);
}
