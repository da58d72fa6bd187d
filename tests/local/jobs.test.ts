import { equal, match, rejects } from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type Job, JobRunner } from "../../local/environments/jobs";

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

  const killServer = async (): Promise<void> => {
    const [server = Number.NaN] = children("local.standins.jobs.server");
    process.kill(server, "SIGKILL");
    while (existsSync(`/proc/${server}`)) {
      await new Promise((done) => setTimeout(done, 5));
    }
  };

  before(function () {
    if (process.platform !== "linux") {
      this.skip(); // It finds the server in /proc.
    }
  });

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "restate-jobs-"));
    jobs = new JobRunner();
  });

  afterEach(async () => {
    await jobs.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("starts its server ahead of the first job, and once", async () => {
    jobs.warmUp();
    const servers = children("local.standins.jobs.server");
    equal(servers.length, 1);
    equal((await jobs.run(job("first"))).exitCode, 0);
    match(readFileSync(join(folder, "first.log"), "utf8"), /^The Zen of Python/);
    equal(children("local.standins.jobs.server").join(), servers.join());
  });

  it("starts another server where the first was killed before it had a job", async () => {
    jobs.warmUp();
    await killServer();
    equal((await jobs.run(job("first"))).exitCode, 0);
  });

  it("fails the jobs of a server that is killed, and no later ones", async () => {
    jobs.warmUp();
    const program = { module: "http.server" };
    const lost = jobs.run({ ...job("lost"), program, arguments: ["--bind", "127.0.0.1", "0"] });
    const failed = rejects(lost, /local\.standins\.jobs\.server ended \(SIGKILL\)/);
    await killServer();
    await failed;
    equal((await jobs.run(job("next"))).exitCode, 0);
  });

  it("stops a job by its signal, whether it runs or waits for room", async () => {
    jobs = new JobRunner(1);
    const stopping = new AbortController();
    const endless = join(folder, "endless.py");
    writeFileSync(endless, "import time\nprint('runs', flush=True)\ntime.sleep(600)\n");
    const stoppable = (id: string): Job => ({
      ...job(id),
      program: { script: endless },
      signal: stopping.signal,
    });
    const both = [jobs.run(stoppable("runs")), jobs.run(stoppable("waits"))];
    while (
      !existsSync(join(folder, "runs.log")) ||
      readFileSync(join(folder, "runs.log")).length === 0
    ) {
      await new Promise((done) => setTimeout(done, 5));
    }
    stopping.abort();
    for (const { exitCode, timedOut } of await Promise.all(both)) {
      equal(exitCode, -15);
      equal(timedOut, false);
    }
    equal(existsSync(join(folder, "waits.log")), false);
  });
});
