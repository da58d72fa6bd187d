import { deepEqual } from "node:assert/strict";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { command, temporaryFolder } from "../support/localRun";

describe("a command's setup", () => {
  const folder = temporaryFolder();

  before(() => {
    mkdirSync(join(folder, "tools"));
    copyFileSync("tools/setup.mjs", join(folder, "tools", "setup.mjs"));
    // Of one package, as npm takes seconds to find that it cannot reach all of them.
    const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8")) as {
      readonly packages: Readonly<Record<string, { readonly version: string }>>;
    };
    const zod = packages["node_modules/zod"];
    const own = { name: "restate", dependencies: { zod: zod?.version } };
    const lock = { ...own, lockfileVersion: 3, packages: { "": own, "node_modules/zod": zod } };
    writeFileSync(join(folder, "package.json"), JSON.stringify(own));
    writeFileSync(join(folder, "package-lock.json"), JSON.stringify(lock));
  });

  /** Sets up the Node packages of a fresh copy of the script. */
  const setUp = (
    environment: Readonly<Record<string, string>>,
    ...options: readonly string[]
  ): ReturnType<typeof command> =>
    command(process.execPath, [...options, join(folder, "tools/setup.mjs"), "node"], environment);

  it("refuses a Node.js that is too old", async () => {
    const old = 'Object.defineProperty(process.versions, "node", { value: "18.20.4" })';
    deepEqual(await setUp({}, "--import", `data:text/javascript,${encodeURIComponent(old)}`), {
      code: 1,
      stdout: "",
      stderr: "error: Node.js 20 or newer is needed, but this is 18.20.4\n",
    });
  });

  it("fails with one line if no registry can be reached", async () => {
    const environment = {
      npm_config_registry: "http://127.0.0.1:9",
      npm_config_cache: join(folder, "cache"),
    };
    deepEqual(await setUp(environment), {
      code: 1,
      stdout: "",
      stderr:
        "installing the Node packages\n" +
        "error: installing the Node packages failed: the package registry cannot be reached (ECONNREFUSED); " +
        "check the network and the proxy\n",
    });
  });
});
