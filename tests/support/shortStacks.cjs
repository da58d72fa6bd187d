// Pulumi takes a stack trace for every resource and promise, which it only shows when a program hangs. Taking them, and
// finding the lines of the TypeScript for each of their frames, took much of the time of an evaluation: they are left out.
const Module = require("node:module");

/** What becomes of Pulumi's modules that take them, by their paths' ends. */
const changes = {
  "/@pulumi/pulumi/resource.js": ({ Resource }) => {
    Resource.callsites = () => [];
  },
  "/@pulumi/pulumi/runtime/debuggable.js": (loaded) => {
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

const load = Module._extensions[".js"];
Module._extensions[".js"] = (module, path) => {
  load(module, path);
  const [, change] = Object.entries(changes).find(([end]) => path.endsWith(end)) ?? [];
  change?.(module.exports);
};
