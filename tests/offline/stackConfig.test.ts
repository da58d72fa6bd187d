import { deepEqual, equal, throws } from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { stackConfig } from "../../offline/stackConfig";
import { temporaryFolder } from "../support/localRun";

describe("stackConfig", () => {
  it("adds the defaults that the project declares, like the Pulumi CLI", () => {
    const folder = temporaryFolder();
    const write = (name: string, content: string): string => {
      const path = join(folder, name);
      writeFileSync(path, content);
      return path;
    };
    const project = write(
      "Pulumi.yaml",
      "name: restate\nconfig:\n" +
        "  restate:minimumR2: { type: number, default: 0.25 }\n" +
        "  restate:schedule: { type: string, default: '' }\n" +
        "  restate:candidates: { type: array, default: [{ name: Mine }] }\n" +
        "  restate:own: { type: string }\n" +
        "  restate:empty:\n" +
        "  aws:region: eu-west-1\n" +
        "  aws:profile: { value: team }\n",
    );
    const stack = write("Pulumi.dev.yaml", "config:\n  restate:schedule: rate(1 day)\n");
    const config = stackConfig("dev", stack, project);
    equal(
      JSON.stringify(config),
      JSON.stringify({
        "restate:minimumR2": "0.25",
        "restate:schedule": "rate(1 day)",
        "restate:candidates": '[{"name":"Mine"}]',
        "aws:region": "eu-west-1",
        "aws:profile": "team",
      }),
    );
    writeFileSync(project, "config: [");
    throws(() => stackConfig("dev", stack, project), { message: /^Pulumi\.yaml: \S.* at line 1/ });
  });

  it("names an encrypted value inside a list, and leaves out a provider's", () => {
    const stack = join(temporaryFolder(), "Pulumi.dev.yaml");
    const config = (lines: readonly string[]): void => {
      writeFileSync(stack, ["config:", ...lines].map((line) => `${line}\n`).join(""));
    };
    config(["  restate:notifyEmails:", "    - a@example.com", "    - secure: v1:abc"]);
    throws(() => stackConfig("dev", stack), {
      message:
        /restate:notifyEmails\[1\] is encrypted, .*`pulumi config set --path 'restate:notifyEmails\[1\]' VALUE`$/,
    });
    config(["  aws:assumeRoles: [{ externalId: { secure: v1:abc } }]", "  aws:region: eu-west-1"]);
    const { "aws:assumeRoles": roles, "aws:region": region } = stackConfig("dev", stack);
    deepEqual([roles, region], [undefined, "eu-west-1"]);
  });
});
