import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

import { UserError } from "../../errors/userError";

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

/**
 * A Python module with a protocol of JSON lines: it answers each request on standard input with one or more messages on
 * standard output. It ends when its input closes, so it never outlives this process.
 */
export class PythonService {
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly errors: string[] = [];
  private ended = false;

  /**
   * @param module module to run
   * @param receive receives each message
   * @param failed receives the reason if the process ends before {@link close}
   */
  constructor(
    private readonly module: string,
    receive: (message: unknown) => void,
    failed: (error: Error) => void,
  ) {
    this.child = spawn(pythonInterpreter(), ["-m", module], {
      cwd: root,
      env: { ...process.env, PYTHONPATH: pythonPath.join(":"), PYTHONDONTWRITEBYTECODE: "1" },
      // Its own group, so that Ctrl-C only reaches this process, which ends the others in order.
      detached: true,
    });
    createInterface({ input: this.child.stdout }).on("line", (line) => {
      receive(JSON.parse(line));
    });
    this.child.stderr.on("data", (chunk: Buffer) => {
      this.errors.push(chunk.toString());
    });
    this.child.stdin.on("error", () => {
      // The process is gone; `exit` reports the reason.
    });
    this.child.on("error", failed);
    this.child.on("exit", (code, signal) => {
      if (!this.ended) {
        const reason = this.errors.join("").trim().split("\n").slice(-5).join("\n");
        failed(new Error(`${this.module} ended (${String(signal ?? code)}): ${reason}`));
      }
    });
  }

  send(request: unknown): void {
    this.child.stdin.write(`${JSON.stringify(request)}\n`);
  }

  /** Ends the process and its children. */
  async close(): Promise<void> {
    this.ended = true;
    if (this.child.exitCode !== null || this.child.signalCode !== null) {
      return;
    }
    const gone = new Promise<void>((done) =>
      this.child.once("exit", () => {
        done();
      }),
    );
    this.child.stdin.end();
    await gone;
  }
}
