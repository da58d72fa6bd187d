// Starts the command line: `npm run restate -- VERB`, and `npm run local -- VERB`, which is with --local. It sets up
// what the command needs, and runs the verb from one file that is kept, with its compiled code, until a source changes:
// loading hundreds of files would take longer than most commands.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import Module, { createRequire } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import process from "node:process";
import vm from "node:vm";

import { setUp } from "./setup.mjs";

const root = resolve(import.meta.dirname ?? new URL(".", import.meta.url).pathname, "..");
const entry = join(root, "cli", "restate.ts");
const verbTable = join(root, "cli", "verbs.ts");

/** Packages that are loaded from where they are: large ones that few verbs use, and those that look for files there. */
const external = ["@pulumi/*", "esbuild", "tsx", "tsx/*", "vega", "vega-lite"];

/** What a bundle depends on beside its sources: how it is made, and of which packages. */
const setting = [
  process.version,
  hash(readFileSync(join(root, "package-lock.json"))),
  hash(readFileSync(join(root, "tools", "restate.mjs"))),
].join(" ");

function hash(content) {
  return createHash("sha256").update(content).digest("hex").slice(0, 16);
}

/** Where the bundle of a verb is kept for this clone; node_modules may be shared by several. */
function bundlePath(verb) {
  return join(root, "node_modules", ".cache", "restate", `${hash(root)}-${verb}.cjs`);
}

function writeAtomically(path, content) {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, content);
  renameSync(temporary, path);
}

/** What tells whether a source has changed; undefined where it is gone. */
function stateOf(path) {
  const found = statSync(join(root, path), { throwIfNoEntry: false });
  return found && `${found.mtimeMs} ${found.size}`;
}

/** The sources of the bundle that is kept, where none has changed. */
function isCurrent(path) {
  try {
    const kept = JSON.parse(readFileSync(`${path}.json`, "utf8"));
    return (
      kept.setting === setting &&
      kept.size === statSync(path).size &&
      Object.entries(kept.sources).every(([source, state]) => stateOf(source) === state)
    );
  } catch {
    return false;
  }
}

/** The table of verbs with one of them imported, so that all that it does not use is left out, and without the others. */
function verbsWith(verb, source) {
  const loaded = `(require("./commands/${verb}") as typeof import("./commands/${verb}"))`;
  const imported = `import * as loadedVerb from "./commands/${verb}";`;
  return source.includes(loaded) ? imported + source.replace(loaded, "loadedVerb") : source;
}

/** Makes sources know their own paths, and documents be parsed as JSON, which is faster than as code. */
const asFiles = (verb) => ({
  name: "as files",
  setup(build) {
    build.onResolve({ filter: /^\.\/commands\// }, ({ kind, path }) =>
      kind === "require-call" ? { path, external: true } : undefined,
    );
    build.onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const text = readFileSync(path, "utf8");
      const source = path === verbTable ? verbsWith(verb, text) : text;
      const names = { __filename: path, __dirname: dirname(path) };
      const declared = Object.entries(names)
        .filter(([name]) => source.includes(name))
        .map(([name, value]) => `const ${name} = ${JSON.stringify(value)};`);
      return { contents: `${declared.join("")}${source}`, loader: "ts" };
    });
    build.onLoad({ filter: /\.json$/ }, ({ path }) => {
      const text = JSON.stringify(JSON.stringify(JSON.parse(readFileSync(path, "utf8"))));
      return { contents: `module.exports = JSON.parse(${text});`, loader: "js" };
    });
  },
});

async function bundle(path, verb) {
  // It comes with tsx.
  const { build } = createRequire(createRequire(entry).resolve("tsx/package.json"))("esbuild");
  const { metafile, outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    // Of modules, what nobody uses is left out: most of the SDK.
    mainFields: ["module", "main"],
    // Names stay, for stack traces.
    charset: "utf8",
    // Code that is kept compiled cannot import: what the SDK and charts load late, they require.
    supported: { "dynamic-import": false },
    minifySyntax: true,
    minifyWhitespace: true,
    write: false,
    metafile: true,
    external,
    plugins: [asFiles(verb)],
    logLevel: "error",
  });
  const content = outputFiles[0].contents;
  const sources = Object.keys(metafile.inputs)
    .map((source) => relative(root, resolve(root, source)))
    .filter((source) => !source.includes("node_modules"));
  writeAtomically(path, content);
  writeAtomically(
    `${path}.json`,
    JSON.stringify({
      setting,
      size: content.length,
      sources: Object.fromEntries(sources.map((source) => [source, stateOf(source)])),
    }),
  );
}

/** Lets sources that are loaded by their own, the program's, be TypeScript; what compiles them is loaded then only. */
function compileSources(require) {
  Module._extensions[".ts"] = (module, path) => {
    delete Module._extensions[".ts"];
    require("tsx/cjs");
    Module._extensions[".ts"](module, path);
  };
}

/** Keeps back a warning of Node.js about how bundles find what they import: it is no news for users. */
function withoutLoaderWarning() {
  const { emitWarning } = process;
  process.emitWarning = (warning, ...rest) => {
    if (!String(warning).includes("vm.USE_MAIN_CONTEXT_DEFAULT_LOADER")) {
      emitWarning.call(process, warning, ...rest);
    }
  };
}

/** Runs a bundle with the compiled code that was kept of its first run. */
function run(path) {
  const compiled = `${path}.compiled`;
  const cachedData = existsSync(compiled) ? readFileSync(compiled) : undefined;
  const script = new vm.Script(
    `(function (exports, require, module, __filename, __dirname) {${readFileSync(path, "utf8")}\n})`,
    { filename: path, cachedData },
  );
  if (cachedData === undefined || script.cachedDataRejected) {
    // At the end there is the code of the functions that the verb uses.
    process.once("exit", () => {
      writeAtomically(compiled, script.createCachedData());
    });
  }
  const require = createRequire(path);
  compileSources(require);
  withoutLoaderWarning();
  const module = { exports: {} };
  script.runInThisContext()(module.exports, require, module, path, dirname(path));
}

/** The verb of a command line as the command line itself finds it; of one without a verb that exists, `help`. */
function verbOf(args) {
  const isLocal = args[0] === "--local";
  const [word, asked] = isLocal ? args.slice(1) : args;
  const first = word === "help" && asked !== undefined ? asked : word;
  const isHelp = first === "--help" || first === "-h";
  const isRun = isLocal && !isHelp && (first === undefined || first.startsWith("-"));
  const verb = isRun ? "run" : first;
  return /^[a-z]+$/.test(verb ?? "") && existsSync(join(root, "cli", "commands", `${verb}.ts`))
    ? verb
    : "help";
}

const args = process.argv.slice(2);
const verb = verbOf(args);
// What reads data, and a report's predictions wherever they come from, is Python.
const needsPython = args.includes("--local") || verb === "init" || verb === "report";
setUp(needsPython ? "local" : "node");
const path = bundlePath(verb);
if (!isCurrent(path)) {
  await bundle(path, verb);
}
run(path);
