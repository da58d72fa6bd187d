// Loads Pulumi's SDK without what takes much of the time of an evaluation, and which none needs here: a stack trace of
// each resource and promise, which it only shows when a program hangs, and npm's tree of packages, which it only reads
// to serialize functions.
const Module = require("node:module");

/** What becomes of its modules, by their paths' ends. */
const changes = {
  "/@npmcli/arborist/lib/index.js": () => {},
  "/@pulumi/pulumi/resource.js": (load) => {
    load().Resource.callsites = () => [];
  },
  "/@pulumi/pulumi/runtime/debuggable.js": (load) => {
    const loaded = load();
    const { debuggablePromise } = loaded;
    loaded.debuggablePromise = (promise, context) => {
      const { stackTraceLimit } = Error;
      Error.stackTraceLimit = 0;
      try {
        return debuggablePromise(promise, context);
      } finally {
        Error.stackTraceLimit = stackTraceLimit;
      }
    };
  },
};

const loadScript = Module._extensions[".js"];
Module._extensions[".js"] = (module, path) => {
  const load = () => {
    loadScript(module, path);
    return module.exports;
  };
  const [, change = load] = Object.entries(changes).find(([end]) => path.endsWith(end)) ?? [];
  change(load);
};
