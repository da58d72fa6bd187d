import { equal } from "node:assert/strict";
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { housingRows, writeRows } from "../support/housing";
import { cliScript, temporaryFolder } from "../support/localRun";
import { conditionStep, definitionOf } from "../support/localWorld";

describe("npm run local -- --watch", () => {
  it("runs again on a change, and ends in order when interrupted", async () => {
    const folder = temporaryFolder();
    const definition = join(folder, "definition.json");
    const data = writeRows(join(folder, "housing.data"), housingRows(10));
    const configured = join(folder, "configured.data");
    const config = join(folder, "Pulumi.own.yaml");
    const configure = (path: string): void => {
      writeFileSync(config, `config: { aws:region: us-east-1, restate:dataFile: ${path} }\n`);
    };
    configure(data);
    writeFileSync(definition, definitionOf([conditionStep("First", [1, 1])]));
    const work = join(folder, "w");
    const places = ["--definition", definition, "--config-file", config, "--work-folder", work];
    const child = spawn(process.execPath, [...cliScript, "run", "--watch", ...places], {
      env: { ...process.env, CI: "1", NO_COLOR: "1" },
    });
    let output = "";
    let look = (): void => undefined;
    const read = (chunk: Buffer): void => {
      output += chunk.toString();
      look();
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    const says = (wanted: RegExp): Promise<void> =>
      new Promise((done) => {
        look = () => {
          if (wanted.test(output)) {
            done();
          }
        };
        look();
      });
    await says(/✓ First[^]*waiting for changes/);
    writeFileSync(definition, definitionOf([conditionStep("Second", [1, 1])]));
    await says(/✓ Second[^]*waiting for changes/);
    output = "";
    writeRows(configured, housingRows(11));
    configure(configured);
    await says(/✓ Second[^]*waiting for changes/);
    output = "";
    writeRows(configured, housingRows(12));
    await says(/✓ Second[^]*waiting for changes/);
    const ended = new Promise((done) => child.once("exit", done));
    child.kill("SIGINT");
    equal(await ended, 130);
  });
});
