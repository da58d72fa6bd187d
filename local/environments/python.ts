import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import type { Socket } from "node:net";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

import { UserError } from "../../errors/userError";
import { dataVariable } from "../storage/data";

const root = resolve(__dirname, "..", "..");

/** Where Python finds the project's modules. */
export const pythonPath = [root, join(root, "container")];

/** Folders of the scripts of processing jobs. */
export const scriptsPath = join(root, "pipeline", "scripts");

/**
 * The interpreter of the project's own environment.
 * @throws UserError if it does not exist
 */
export function pythonInterpreter(): string {
  const folder = process.platform === "win32" ? ["Scripts", "python.exe"] : ["bin", "python"];
  const interpreter = join(root, ".venv", ...folder);
  if (!existsSync(interpreter)) {
    throw new UserError("the Python environment .venv is missing; create it with `npm run setup`");
  }
  return interpreter;
}

/** Variables for the command line and its terminal, which no job reads. */
const ownVariables = new Set(["CI", "COLUMNS", "FORCE_COLOR", "NO_COLOR", dataVariable]);

/** The environment that a process inherits. */
function inheritedEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !ownVariables.has(name)),
  );
}

/** What a process inherits when it starts: the environment, and the versions of the sources that it has imported. */
function inherited(): string {
  const sources = ["container", "local"].flatMap((folder) =>
    readdirSync(join(root, folder), { encoding: "utf8", recursive: true })
      .filter((name) => name.endsWith(".py"))
      .map((name) => statSync(join(root, folder, name), { throwIfNoEntry: false })?.mtimeMs),
  );
  return JSON.stringify([inheritedEnvironment(), sources]);
}

/** Milliseconds after which an unused process ends. */
const idleTime = 60_000;

/** Who uses a process. */
interface Owner {
  /** Receives each message. */
  readonly receive: (message: unknown) => void;
  /** Receives the reason if the process ends before it is released or closed. */
  readonly failed: (error: Error) => void;
}

/**
 * A Python module with a protocol of JSON lines: it answers each request on standard input with one or more messages on
 * standard output. It ends when its input closes, so it never outlives this process.
 */
export class PythonService {
  private static readonly idle = new Set<PythonService>();

  private readonly child: ChildProcessWithoutNullStreams;
  private readonly errors: string[] = [];
  private owner: Owner | undefined;
  private timer: NodeJS.Timeout | undefined;

  private constructor(
    private readonly module: string,
    private readonly inherited: string,
  ) {
    this.child = spawn(pythonInterpreter(), ["-m", module], {
      cwd: root,
      env: {
        // Otherwise the threads of XGBoost and scikit-learn keep cores busy while they wait: libgomp's GOMP_SPINCOUNT.
        OMP_WAIT_POLICY: "PASSIVE",
        ...inheritedEnvironment(),
        PYTHONPATH: pythonPath.join(":"),
        PYTHONDONTWRITEBYTECODE: "1",
      },
      // Its own group, so that Ctrl-C only reaches this process, which ends the others in order.
      detached: true,
    });
    createInterface({ input: this.child.stdout }).on("line", (line) => {
      this.owner?.receive(JSON.parse(line));
    });
    this.child.stderr.on("data", (chunk: Buffer) => {
      this.errors.push(chunk.toString());
    });
    this.child.stdin.on("error", () => {
      // The process is gone; `exit` reports the reason.
    });
    this.child.on("error", (error) => {
      this.fail(error);
    });
    this.child.on("exit", (code, signal) => {
      const reason = this.errors.join("").trim().split("\n").slice(-5).join("\n");
      this.fail(new Error(`${this.module} ended (${String(signal ?? code)}): ${reason}`));
    });
  }

  /** Starts a module, or takes over a process that was released: its libraries take a second or two to load. */
  static start(module: string, owner: Owner): PythonService {
    const now = inherited();
    const service =
      [...PythonService.idle].find((one) => one.module === module && one.inherited === now) ??
      new PythonService(module, now);
    clearTimeout(service.timer);
    PythonService.idle.delete(service);
    service.owner = owner;
    service.hold(true);
    return service;
  }

  send(request: unknown): void {
    this.child.stdin.write(`${JSON.stringify(request)}\n`);
  }

  /** Gives the process up: for the next user if it is idle, which has nothing left to do; otherwise it is ended. */
  async leave(isIdle: boolean): Promise<void> {
    if (isIdle) {
      this.release();
    } else {
      await this.close();
    }
  }

  private release(): void {
    this.owner = undefined;
    if (!this.hasEnded) {
      PythonService.idle.add(this);
      this.hold(false);
      this.timer = setTimeout(() => void this.close(), idleTime).unref();
    }
  }

  /** Ends the process and its children. */
  private async close(): Promise<void> {
    this.owner = undefined;
    PythonService.idle.delete(this);
    clearTimeout(this.timer);
    if (this.hasEnded) {
      return;
    }
    this.hold(true);
    const gone = new Promise<void>((done) =>
      this.child.once("exit", () => {
        done();
      }),
    );
    this.child.stdin.end();
    await gone;
  }

  /** Ends the processes that are not in use. */
  static async closeIdle(): Promise<void> {
    await Promise.all([...PythonService.idle].map((service) => service.close()));
  }

  private get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  private fail(error: Error): void {
    PythonService.idle.delete(this);
    const { owner } = this;
    this.owner = undefined;
    owner?.failed(error);
  }

  /** Sets whether Node.js waits for the process before it exits. */
  private hold(waits: boolean): void {
    const { stderr, stdin, stdout } = this.child;
    // They are sockets, which their types do not say.
    const pipes = [stderr, stdin, stdout] as unknown as readonly Pick<Socket, "ref" | "unref">[];
    for (const one of [this.child, ...pipes]) {
      if (waits) {
        one.ref();
      } else {
        one.unref();
      }
    }
  }
}

// Node.js exits after all processes that it has started.
process.once("beforeExit", () => {
  void PythonService.closeIdle();
});
