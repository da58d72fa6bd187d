import { equal } from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";

import { copyAsCloned } from "../support/projectCopy";
import { type Engine, pulumiFolder, secretsProvider } from "./engine";
import { LanguageHost } from "./languageHost";

/** What a clone has at the top that programs read when they run. */
const topFiles = [
  ...["package.json", "tsconfig.json", "tsconfig.pulumi.json"],
  ...readdirSync(".").filter((file) => /^Pulumi\..*yaml$|\.ts$/.test(file)),
];

/** What a command printed, on both channels, and its exit code. */
export interface Outcome {
  readonly code: number;
  readonly text: string;
}

/** The Pulumi CLI on a clone's files, with an engine's providers. */
export class CommandLine {
  private host: LanguageHost | undefined;
  private environment: NodeJS.ProcessEnv = {};

  /** @param folder the project's folder in the clone; "" for the main one */
  constructor(
    private readonly engine: Engine,
    private readonly folder: string,
  ) {}

  /** Where the clone lies. */
  get clone(): string {
    return join(this.engine.folder, "clone");
  }

  /**
   * Copies what the project is made of, and makes its stack dev.
   *
   * @param folders those that the project reads
   */
  async open(folders: readonly string[]): Promise<void> {
    for (const file of [...folders, ...topFiles]) {
      copyAsCloned(file, join(this.clone, file));
    }
    symlinkSync(resolve("node_modules"), join(this.clone, "node_modules"));
    // What runs policy packs looks for the host here, but starts none either.
    const bin = join(this.engine.folder, "bin");
    mkdirSync(bin);
    writeFileSync(join(bin, "pulumi-language-nodejs"), "", { mode: 0o755 });
    const environment = {
      ...process.env,
      ...this.engine.environment(),
      NODE_OPTIONS: `--require ${resolve("tests/support/leanPulumi.cjs")}`,
      PATH: [bin, pulumiFolder() ?? "", process.env["PATH"] ?? ""].join(delimiter),
    };
    this.host = new LanguageHost(environment);
    const port = await this.host.start();
    this.environment = { ...environment, PULUMI_DEBUG_LANGUAGES: `nodejs:${String(port)}` };
    await this.succeeds("stack", "init", "dev", "--secrets-provider", secretsProvider);
  }

  /** Ends what `open` has started. */
  close(): void {
    this.host?.stop();
  }

  /** The state of its stack, as JSON. */
  state(): string {
    const project = ["restate", this.folder].filter((word) => word !== "").join("-");
    return JSON.stringify(this.engine.state(project, "dev"));
  }

  /** Runs a command of the CLI. */
  async pulumi(...args: readonly string[]): Promise<Outcome> {
    const before = this.host?.output.length;
    const { code, text } = await new Promise<Outcome>((done) => {
      const child = execFile(
        "pulumi",
        [...args, "--non-interactive"],
        { cwd: join(this.clone, this.folder), env: this.environment, maxBuffer: 2 ** 26 },
        (_error, stdout, stderr) => {
          done({ code: child.exitCode ?? 1, text: stdout + stderr });
        },
      );
    });
    return { code, text: text + (this.host?.output.slice(before) ?? "") };
  }

  /** Runs a command that must succeed; returns what it printed. */
  async succeeds(...args: readonly string[]): Promise<string> {
    const { code, text } = await this.pulumi(...args);
    equal(code, 0, text);
    return text;
  }
}

/** Whether the CLI can be run here; says it where it cannot. */
export function hasCommandLine(): boolean {
  const has = pulumiFolder() !== undefined && process.platform !== "win32";
  if (!has) {
    console.log("    skipped: there is no Pulumi CLI on the path or in ~/.cache/restate/bin");
  }
  return has;
}
