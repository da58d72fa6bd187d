import { deepEqual, equal } from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";

import { parse } from "yaml";

interface Workflow {
  readonly on: {
    readonly repository_dispatch: { readonly types: readonly string[] };
    readonly workflow_dispatch: {
      readonly inputs: { readonly environment: { readonly options: readonly string[] } };
    };
  };
  readonly jobs: {
    readonly up: {
      readonly environment: string;
      readonly env: Readonly<Record<string, string>>;
      readonly steps: readonly { readonly run?: string; readonly "working-directory"?: string }[];
    };
  };
}

describe("the workflow of serving", () => {
  const { jobs, on } = parse(readFileSync(".github/workflows/serve.yml", "utf8")) as Workflow;

  it("starts on an approval, or manually for each configured stack", () => {
    deepEqual(on.repository_dispatch.types, ["model-approved"]);
    const stacks = readdirSync("serving").flatMap(
      (file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? [],
    );
    deepEqual(on.workflow_dispatch.inputs.environment.options, stacks.sort());
  });

  it("deploys the stack of its environment, with the policy pack", () => {
    equal(`serving-${jobs.up.env["STACK"] ?? ""}`, jobs.up.environment);
    const { run, "working-directory": folder } = jobs.up.steps.at(-1) ?? {};
    equal(folder, "serving");
    deepEqual(run?.trim().split("\n"), [
      'pulumi stack select "$STACK"',
      "pulumi up --policy-pack ../policy --yes --non-interactive --diff",
    ]);
  });
});
