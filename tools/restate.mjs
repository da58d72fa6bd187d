// Starts the command line: `npm run restate -- VERB`, or `npm run local -- VERB`, which adds --local. It sets up what the
// command needs, and runs the verb from a bundle that is cached, with its compiled code, until a source changes: loading
// hundreds of files would take longer than most commands.

import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import Module, { createRequire } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import process from "node:process";
import vm from "node:vm";

import { setUp } from "./setup.mjs";

const root = resolve(import.meta.dirname ?? new URL(".", import.meta.url).pathname, "..");
const entry = join(root, "cli", "restate.ts");
const verbTable = join(root, "cli", "verbs.ts");

/** Packages that are not bundled: large ones that few verbs use, and those that look for files beside them. */
const external = ["@pulumi/*", "esbuild", "tsx", "tsx/*", "vega", "vega-lite"];

/** What a bundle depends on besides its sources: the bundling code and the packages' versions. */
const setting = [
  process.version,
  hash(readFileSync(join(root, "package-lock.json"))),
  hash(readFileSync(join(root, "tools", "restate.mjs"))),
].join(" ");

function hash(content) {
  return createHash("sha256").update(content).digest("hex").slice(0, 16);
}

/** The bundles with what they were made of. Clones that share node_modules share those of equal sources. */
const cache = join(root, "node_modules", ".cache", "restate");

/** Bundles of a verb that are kept: of the sources before a change, and of other clones. */
const maxKept = 4;

function writeAtomically(path, content) {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, content);
  renameSync(temporary, path);
}

/** The state by which a change of a source is recognised; undefined if the file is gone. */
function stateOf(path) {
  const found = statSync(join(root, path), { throwIfNoEntry: false });
  return found && `${found.mtimeMs} ${found.size}`;
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined;
  }
}

/** Whether a bundle is complete. */
function isWhole({ path, size }) {
  return statSync(path, { throwIfNoEntry: false })?.size === size;
}

/** The bundles of a verb by this setting, newest first: path, size, and the hash of each source. */
function bundles(verb) {
  const own = (existsSync(cache) ? readdirSync(cache) : []).filter(
    (name) => name.startsWith(`${verb}-`) && name.endsWith(".cjs.json"),
  );
  return own
    .map((name) => ({
      path: join(cache, name.slice(0, -".json".length)),
      ...readJson(join(cache, name)),
    }))
    .sort((one, other) => other.time - one.time);
}

/** The path of a verb's bundle: the one that this clone used last, one of equal sources, or a new one. */
async function findBundle(verb) {
  const usedPath = join(cache, `${hash(root)}-${verb}.json`);
  const used = readJson(usedPath);
  const isUnchanged = ([source, state]) => stateOf(source) === state;
  if (
    used?.setting === setting &&
    isWhole(used) &&
    Object.entries(used.states).every(isUnchanged)
  ) {
    return used.path;
  }
  const areEqual = ({ sources }) =>
    Object.entries(sources).every(
      ([source, content]) =>
        existsSync(join(root, source)) && hash(readFileSync(join(root, source))) === content,
    );
  const found =
    bundles(verb).find((one) => one.setting === setting && isWhole(one) && areEqual(one)) ??
    (await bundle(verb));
  const { path, size, sources } = found;
  const states = Object.fromEntries(Object.keys(sources).map((name) => [name, stateOf(name)]));
  // A source may have changed meanwhile.
  if (areEqual(found)) {
    writeAtomically(usedPath, JSON.stringify({ setting, path, size, states }));
  }
  return path;
}

/** The table of verbs with an import of only one, so that the bundle contains nothing else. */
function verbsWith(verb, source) {
  const loaded = "require(`./commands/${name}`)";
  return verb === "help"
    ? source.replace(loaded, "{}")
    : `import * as loadedVerb from "./commands/${verb}";${source.replace(loaded, "loadedVerb")}`;
}

/**
 * Keeps each source's own path in the bundle, below the clone's `projectRoot`, and embeds JSON as text, which is parsed
 * faster than code. Notes the hash of each file.
 */
const asFiles = (verb, hashes) => ({
  name: "as files",
  setup(build) {
    build.onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const text = readFileSync(path, "utf8");
      hashes.set(relative(root, path), hash(text));
      const source = path === verbTable ? verbsWith(verb, text) : text;
      const names = { __filename: path, __dirname: dirname(path) };
      const declared = Object.entries(names)
        .filter(([name]) => source.includes(name))
        .map(([name, value]) => [name, JSON.stringify(value.slice(root.length))])
        .map(([name, value]) => `const ${name} = projectRoot + ${value};`);
      return { contents: `${declared.join("")}${source}`, loader: "ts" };
    });
    build.onLoad({ filter: /\.json$/ }, ({ path }) => {
      const text = readFileSync(path, "utf8");
      hashes.set(relative(root, path), hash(text));
      const compact = JSON.stringify(JSON.stringify(JSON.parse(text)));
      return { contents: `module.exports = JSON.parse(${compact});`, loader: "js" };
    });
  },
});

/** Bundles a verb, and removes its oldest bundles. */
async function bundle(verb) {
  // It comes with tsx.
  const { build } = createRequire(createRequire(entry).resolve("tsx/package.json"))("esbuild");
  const hashes = new Map();
  const { metafile, outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    // Modules allow tree shaking, which removes most of the SDK.
    mainFields: ["module", "main"],
    // Keeps names, for stack traces.
    charset: "utf8",
    // Cached compiled code cannot use import(): what the SDK and the charts load lazily becomes require.
    supported: { "dynamic-import": false },
    minifySyntax: true,
    minifyWhitespace: true,
    write: false,
    metafile: true,
    external,
    plugins: [asFiles(verb, hashes)],
    logLevel: "error",
  });
  const content = outputFiles[0].contents;
  const sources = Object.fromEntries(
    Object.keys(metafile.inputs)
      .map((source) => relative(root, resolve(root, source)))
      .filter((source) => !source.includes("node_modules"))
      .map((source) => [source, hashes.get(source)]),
  );
  const path = join(cache, `${verb}-${hash(JSON.stringify([setting, sources]))}.cjs`);
  const made = { setting, time: Date.now(), size: content.length, sources };
  writeAtomically(path, content);
  writeAtomically(`${path}.json`, JSON.stringify(made));
  for (const old of bundles(verb).slice(maxKept)) {
    for (const end of ["", ".json", ".compiled"]) {
      rmSync(`${old.path}${end}`, { force: true });
    }
  }
  return { path, ...made };
}

/** Functions of Pulumi's SDK that serialize a program's functions, by module. */
const serializers = {
  codePaths: ["computeCodePaths"],
  serializeClosure: ["serializeFunction", "serializeFunctionAsync"],
};

/**
 * Lets modules of Pulumi's SDK load only when their functions are called, which no program here does: the TypeScript
 * compiler and npm's tree of packages in them would take a fifth of an evaluation.
 */
function deferSerializers(require) {
  for (const [name, functions] of Object.entries(serializers)) {
    const path = require.resolve(`@pulumi/pulumi/runtime/closure/${name}`);
    const deferred = new Module(path);
    const load = () => {
      delete require.cache[path];
      return require(path);
    };
    deferred.exports = Object.fromEntries(
      functions.map((one) => [one, (...args) => load()[one](...args)]),
    );
    deferred.loaded = true;
    require.cache[path] = deferred;
  }
}

/** Allows the program's own sources, which are loaded separately, to be TypeScript; loads the compiler only then. */
function compileSources(require) {
  Module._extensions[".ts"] = (module, path) => {
    delete Module._extensions[".ts"];
    deferSerializers(require);
    // The compiler would look into each of their files, and for its source map: a quarter of an evaluation.
    require("@pulumi/pulumi");
    require("zod");
    require("tsx/cjs");
    Module._extensions[".ts"](module, path);
  };
}

/** Suppresses a warning of Node.js about how bundles resolve imports, which is irrelevant to users. */
function withoutLoaderWarning() {
  const { emitWarning } = process;
  process.emitWarning = (warning, ...rest) => {
    if (!String(warning).includes("vm.USE_MAIN_CONTEXT_DEFAULT_LOADER")) {
      emitWarning.call(process, warning, ...rest);
    }
  };
}

/** Runs a bundle with the compiled code cached by its first run. */
function run(path) {
  const compiled = `${path}.compiled`;
  const cachedData = existsSync(compiled) ? readFileSync(compiled) : undefined;
  const script = new vm.Script(
    `(function (exports, require, module, projectRoot) {${readFileSync(path, "utf8")}\n})`,
    { filename: path, cachedData },
  );
  if (cachedData === undefined || script.cachedDataRejected) {
    // At exit, so that the cache has the code of all functions that the verb used.
    process.once("exit", () => {
      writeAtomically(compiled, script.createCachedData());
    });
  }
  const require = createRequire(path);
  compileSources(require);
  withoutLoaderWarning();
  const module = { exports: {} };
  script.runInThisContext()(module.exports, require, module, root);
}

/** The verb of a command line, found as cli/commandLine.ts does; `help` if there is no such verb. */
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
// Data is read with Python, and so are a report's predictions, also from AWS.
const needsPython = args.includes("--local") || verb === "init" || verb === "report";
setUp(needsPython ? "local" : "node");
run(await findBundle(verb));
