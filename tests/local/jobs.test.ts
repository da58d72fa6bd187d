import { equal, match, rejects } from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type Job, JobRunner } from "../../local/environments/jobs";
import { PythonService } from "../../local/environments/python";

/** The ids of this process's children whose command names a text. */
function children(text: string): readonly number[] {
  return readdirSync("/proc").flatMap((id) => {
    try {
      const parent = /^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${id}/status`, "utf8"))?.[1];
      const command = readFileSync(`/proc/${id}/cmdline`, "utf8");
      return Number(parent) === process.pid && command.includes(text) ? [Number(id)] : [];
    } catch {
      return [];
    }
  });
}

const server = "local.standins.jobs.server";

describe("a job runner", () => {
  let folder: string;
  let jobs: JobRunner;

  const job = (id: string): Job => ({
    id,
    program: { module: "this" },
    arguments: [],
    workingDirectory: folder,
    environment: {},
    log: join(folder, `${id}.log`),
    timeLimit: 60,
  });

  const endless = (id: string): Job => {
    const script = join(folder, "endless.py");
    writeFileSync(script, "import time\nprint('runs', flush=True)\ntime.sleep(600)\n");
    return { ...job(id), program: { script } };
  };

  const untilItRuns = async (id: string): Promise<void> => {
    const log = join(folder, `${id}.log`);
    while (!existsSync(log) || readFileSync(log).length === 0) {
      await new Promise((done) => setTimeout(done, 5));
    }
  };

  const killServer = async (): Promise<void> => {
    const [id = Number.NaN] = children(server);
    process.kill(id, "SIGKILL");
    while (existsSync(`/proc/${id}`)) {
      await new Promise((done) => setTimeout(done, 5));
    }
  };

  before(function () {
    if (process.platform !== "linux") {
      this.skip(); // It finds the server in /proc.
    }
  });

  beforeEach(async () => {
    await PythonService.closeIdle();
    folder = mkdtempSync(join(tmpdir(), "restate-jobs-"));
    jobs = new JobRunner();
  });

  afterEach(async () => {
    await jobs.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("starts its server once, before the first job", async () => {
    jobs.warmUp();
    const servers = children(server);
    equal(servers.length, 1);
    equal((await jobs.run(job("first"))).exitCode, 0);
    match(readFileSync(join(folder, "first.log"), "utf8"), /^The Zen of Python/);
    equal(children(server).join(), servers.join());
  });

  it("leaves its server to the next runner, unless it stopped jobs of it", async () => {
    await jobs.run(job("first"));
    const servers = children(server);
    await jobs.close();
    jobs = new JobRunner();
    const before = process.env["COLUMNS"];
    process.env["COLUMNS"] = "61"; // jobs do not read it
    await jobs.run(job("second"));
    equal(children(server).join(), servers.join());
    if (before === undefined) {
      delete process.env["COLUMNS"];
    } else {
      process.env["COLUMNS"] = before;
    }
    const stopped = jobs.run(endless("third"));
    await untilItRuns("third");
    await Promise.all([jobs.close(), rejects(stopped, /stopped/)]);
    equal(children(server).join(), "");
  });

  it("starts another server if the first was killed before it had a job", async () => {
    jobs.warmUp();
    await killServer();
    equal((await jobs.run(job("first"))).exitCode, 0);
  });

  it("fails only the jobs of a server that is killed, not later ones", async () => {
    jobs.warmUp();
    const program = { module: "http.server" };
    const lost = jobs.run({ ...job("lost"), program, arguments: ["--bind", "127.0.0.1", "0"] });
    const failed = rejects(lost, /local\.standins\.jobs\.server ended \(SIGKILL\)/);
    await killServer();
    await failed;
    equal((await jobs.run(job("next"))).exitCode, 0);
  });

  it("stops a job by its signal, whether it is running or queued", async () => {
    jobs = new JobRunner(1);
    const stopping = new AbortController();
    const stoppable = (id: string): Job => ({ ...endless(id), signal: stopping.signal });
    const both = [jobs.run(stoppable("runs")), jobs.run(stoppable("waits"))];
    await untilItRuns("runs");
    stopping.abort();
    for (const { exitCode, timedOut } of await Promise.all(both)) {
      equal(exitCode, -15);
      equal(timedOut, false);
    }
    equal(existsSync(join(folder, "waits.log")), false);
  });
});
