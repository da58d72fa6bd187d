// Sets up what a command needs, even in a fresh clone: the Node packages, and the Python environment in .venv with the
// packages of the local run, the notebook or the tests. What exists is left unchanged. Plain JavaScript without imports of
// packages, since it runs before any are installed.
//
// Usage: node tools/setup.mjs node|local|notebooks|tests. All output goes to standard error.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(import.meta.dirname ?? new URL(".", import.meta.url).pathname, "..");
const environment = join(root, ".venv");
const minNode = 20;
const minPython = [3, 11];

/** What package managers print if they cannot reach a registry. */
const unreachable =
  /\b(ECONNREFUSED|ECONNRESET|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|ETIMEDOUT)\b|Failed to establish a new connection|ConnectTimeoutError|Name or service not known/;

/** Max lines of a failed command's output to show if the reason is unknown. */
const maxShownLines = 20;

/** Ends with a message, without a stack trace: errors here are for the user to fix. */
function fail(message) {
  process.stderr.write(`error: ${message}\n`);
  process.exit(1);
}

/** Runs a command; if it fails, prints the reason in one line, or the end of its output. */
function run(what, command, args) {
  process.stderr.write(`${what}\n`);
  const { error, status, stderr, stdout } = spawnSync(command, args, {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 64 << 20,
  });
  if (error === undefined && status === 0) {
    return;
  }
  const output = `${stdout ?? ""}${stderr ?? ""}`;
  const [reason] = unreachable.exec(output) ?? [];
  if (reason !== undefined) {
    fail(
      `${what} failed: the package registry cannot be reached (${reason}); check the network and the proxy`,
    );
  }
  process.stderr.write(`${output.trimEnd().split("\n").slice(-maxShownLines).join("\n")}\n`);
  fail(`${what} failed: ${error?.message ?? `${command} ended with exit code ${status}`}`);
}

function checkNode() {
  const [major] = process.versions.node.split(".");
  if (Number(major) < minNode) {
    fail(`Node.js ${minNode} or newer is needed, but this is ${process.versions.node}`);
  }
}

function hash(file) {
  return createHash("sha256")
    .update(readFileSync(join(root, file)))
    .digest("hex");
}

/** Whether a marker says that the content of a file was installed. */
function isInstalled(marker, file) {
  return existsSync(marker) && readFileSync(marker, "utf8") === hash(file);
}

function setUpNode() {
  const marker = join(root, "node_modules", ".installed");
  if (isInstalled(marker, "package-lock.json")) {
    return;
  }
  const npm = process.env.npm_execpath;
  const args = [
    "ci",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
    "--fetch-retries=1",
    "--fetch-retry-mintimeout=1000",
  ];
  if (npm === undefined) {
    run("installing the Node packages", "npm", args);
  } else {
    run("installing the Node packages", process.execPath, [npm, ...args]);
  }
  writeFileSync(marker, hash("package-lock.json"));
}

/** A Python that is recent enough: RESTATE_PYTHON, or one on the PATH. */
function findPython() {
  const named = process.env.RESTATE_PYTHON;
  const names = named ? [named] : ["python3", "python3.13", "python3.12", "python3.11", "python"];
  const script = "import sys; print(*sys.version_info[:2])";
  const found = [];
  for (const name of names) {
    const { status, stdout } = spawnSync(name, ["-c", script], { encoding: "utf8" });
    if (status !== 0) {
      continue;
    }
    const [major, minor] = stdout.trim().split(" ").map(Number);
    if (major === minPython[0] && minor >= minPython[1]) {
      return name;
    }
    found.push(`${name} is ${major}.${minor}`);
  }
  const seen = found.length === 0 ? `none of ${names.join(", ")} runs` : found.join(", ");
  return fail(
    `Python ${minPython.join(".")} or newer is needed, but ${seen}; ` +
      "install it, or set RESTATE_PYTHON",
  );
}

/** The lock files, smallest first: each contains the one before it. */
const locks = {
  local: "local/requirements.txt",
  notebooks: "notebooks/requirements.txt",
  tests: "tests/requirements.txt",
};

function setUpPython(kind) {
  const marker = (name) => join(environment, `.installed-${name}`);
  const python = join(
    environment,
    ...(process.platform === "win32" ? ["Scripts", "python.exe"] : ["bin", "python"]),
  );
  if (existsSync(python) && isInstalled(marker(kind), locks[kind])) {
    return;
  }
  if (spawnSync(python, ["--version"]).status !== 0) {
    const base = findPython();
    rmSync(environment, { recursive: true, force: true });
    run("making the Python environment .venv", base, ["-m", "venv", environment]);
  }
  run(`installing the Python packages of ${locks[kind]}`, python, [
    ...["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--retries", "1"],
    ...["--require-hashes", "--requirement", locks[kind]],
  ]);
  for (const name of Object.keys(locks)) {
    writeFileSync(marker(name), hash(locks[name]));
    if (name === kind) {
      break;
    }
  }
}

/** Sets up what a kind of command needs: `node`, or a key of the lock files. */
export function setUp(kind) {
  checkNode();
  try {
    setUpNode();
    if (kind !== "node") {
      setUpPython(kind);
    }
  } catch (error) {
    // Such as a clone that belongs to another user.
    fail(`cannot install the packages in ${root}: ${error.message}`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const kind = process.argv[2];
  if (kind !== "node" && !Object.hasOwn(locks, kind)) {
    fail("usage: node tools/setup.mjs node|local|notebooks|tests");
  }
  setUp(kind);
}
