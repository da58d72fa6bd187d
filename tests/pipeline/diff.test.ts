import { deepEqual, equal, match, ok } from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { PipelineDefinition } from "../../pipeline/language/definition";
import { diffDefinitions, formatDifferences } from "../../pipeline/language/diff";
import { at, type Draft, draft, program, set } from "../support/definitions";
import { commandLine } from "../support/commandLine";

const tuning = ["Steps", "TuneXGBoost", "Arguments", "HyperParameterTuningJobConfig"];

describe("diffDefinitions", () => {
  let definition: PipelineDefinition;
  const lines = (change: (definition: Draft) => void): readonly string[] => {
    const changed = draft(definition);
    change(changed);
    return formatDifferences(diffDefinitions(definition, changed as unknown as PipelineDefinition));
  };

  before(async () => {
    ({ definition } = await program());
  });

  it("finds no difference between equal definitions with keys in another order", () => {
    deepEqual(
      lines((changed) => {
        const [first] = changed["Steps"] as Draft[];
        set(changed, ["Steps", 0], Object.fromEntries(Object.entries(first ?? {}).reverse()));
      }),
      [],
    );
  });

  it("reports a changed argument by its step and path", () => {
    deepEqual(
      lines((changed) => {
        set(changed, [...tuning, "ResourceLimits", "MaxNumberOfTrainingJobs"], 50);
        set(changed, [...tuning, "RandomSeed"], undefined);
      }),
      [
        "~ step TuneXGBoost",
        "    Arguments.HyperParameterTuningJobConfig.RandomSeed: 1729 -> (none)",
        "    Arguments.HyperParameterTuningJobConfig.ResourceLimits.MaxNumberOfTrainingJobs: 8 -> 50",
      ],
    );
  });

  it("reports changed parameters, and members that are neither steps nor parameters", () => {
    deepEqual(
      lines((changed) => {
        set(changed, ["Parameters", "MinimumR2", "DefaultValue"], 0.5);
        set(changed, ["PipelineExperimentConfig", "TrialName"], "trial");
        (changed["Parameters"] as Draft[]).push({ Name: "Extra", Type: "String" });
      }),
      [
        "~ definition",
        '    PipelineExperimentConfig.TrialName: {"Get":"Execution.PipelineExecutionId"} -> "trial"',
        "~ parameter MinimumR2",
        "    DefaultValue: 0 -> 0.5",
        "+ parameter Extra",
      ],
    );
  });

  it("reports added and removed steps, including those in branches", () => {
    deepEqual(
      lines((changed) => {
        set(
          changed,
          ["Steps", "SelectXGBoost", "Arguments", "IfSteps", 0, "Name"],
          "RegisterBoost",
        );
        set(changed, ["Steps"], (changed["Steps"] as Draft[]).slice(1));
      }),
      ["- step DataWranglerProcess", "- step RegisterXGBoost", "+ step RegisterBoost"],
    );
  });

  it("reports a step that moved to the other branch", () => {
    deepEqual(
      lines((changed) => {
        const args = at(changed, "Steps", "CheckMinimumR2", "Arguments") as Draft;
        [args["IfSteps"], args["ElseSteps"]] = [args["ElseSteps"], args["IfSteps"]];
      }),
      [
        "~ step FailBelowMinimumR2",
        '    Branch: "CheckMinimumR2.IfSteps" -> "CheckMinimumR2.ElseSteps"',
      ],
    );
  });

  it("matches list members by name", () => {
    deepEqual(
      lines((changed) => {
        const inputs = at(changed, "Steps", "Preprocess", "Arguments", "ProcessingInputs");
        (inputs as Draft[]).reverse();
      }),
      [],
    );
  });
});

describe("npm run definition", () => {
  const run = (...args: readonly string[]) => commandLine(["definition", ...args]);

  it("prints the definition, formatted or as deployed", async () => {
    const pretty = await run("--stack", "dev");
    const canonical = await run("--stack", "dev", "--canonical");
    equal(pretty.code, 0, pretty.stderr);
    deepEqual(JSON.parse(pretty.stdout), JSON.parse(canonical.stdout));
    equal(canonical.stdout.trim().split("\n").length, 1);
    ok(pretty.stdout.split("\n").length > 100);
  });

  it("names a stack that does not exist", async () => {
    const { code, stderr, stdout } = await run("--stack", "nowhere");
    equal(code, 2);
    equal(stdout, "");
    equal(
      stderr,
      'error: stack "nowhere" has no Pulumi.nowhere.yaml; the stacks here are dev, prod\n',
    );
  });

  describe("diff", () => {
    it("compares stacks, files and revisions, with the result as exit code", async () => {
      const folder = mkdtempSync(join(tmpdir(), "restate-diff-"));
      try {
        const file = join(folder, "dev.json");
        writeFileSync(file, (await run("--stack", "dev")).stdout);
        equal((await run("diff", "dev", file)).code, 0);
        const stacks = await run("diff", "dev", "prod");
        equal(stacks.code, 1);
        match(stacks.stdout, /~ parameter MinimumR2\n {4}DefaultValue: 0 -> 0\.6/);
        const { Steps: steps, ...rest } = JSON.parse(readFileSync(file, "utf8")) as Draft;
        writeFileSync(file, JSON.stringify({ ...rest, Steps: (steps as Draft[]).slice(0, 1) }));
        // All but the first step are new.
        const revision = await run("diff", file, "HEAD");
        equal(revision.code, 1, revision.stderr);
        match(revision.stdout, /^\+ step Preprocess\n\+ step Tune/m);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });

    it("has different exit codes for wrong usage and for differences", async () => {
      for (const args of [["dev"], ["dev", "prod", "more"], ["--nothing"]]) {
        const { code, stderr, stdout } = await run("diff", ...args);
        deepEqual([code, stdout], [2, ""]);
        match(stderr, /^error: /);
      }
    });

    it("names what it cannot find", async () => {
      const { code, stderr } = await run("diff", "dev", "nothing-of-that-name");
      equal(code, 2);
      equal(stderr, 'error: "nothing-of-that-name" is not a file, a stack or a git revision\n');
    });
  });
});
