import { deepEqual, equal, match, ok } from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { stringify } from "yaml";

import type { Challenge } from "../../sageMaker/challenge";
import { californiaHousing } from "../../pipeline/californiaHousing";
import { defaultCandidates } from "../../pipeline/candidates";
import type { JsonObject } from "../../pipeline/language/json";
import { commandLine } from "../support/commandLine";
import { housingRows, writeRows } from "../support/housing";
import { local, temporaryFolder } from "../support/localRun";

interface Result {
  readonly status: string;
  readonly execution: string;
  readonly winner: string | null;
  readonly model: { readonly version: number } | null;
  readonly challenge?: Challenge;
}

const [tree, boosted] = defaultCandidates as unknown as readonly [JsonObject, JsonObject];

/** Candidates that take seconds. */
function candidates(leaves: number, rounds: number): readonly JsonObject[] {
  const limits = { maxJobs: 2, maxParallelJobs: 2 };
  return [
    {
      ...tree,
      ...limits,
      hyperparameters: { max_leaf_nodes: leaves },
      ranges: { max_depth: { type: "integer", min: 20, max: 30 } },
    },
    {
      ...boosted,
      ...limits,
      hyperparameters: { num_round: rounds, objective: "reg:squarederror" },
      ranges: { max_depth: { type: "integer", min: 4, max: 5 } },
    },
  ];
}

describe("a local run with a champion", () => {
  const folder = temporaryFolder();
  const work = ["--work-folder", join(folder, "work")];
  const data = writeRows(join(folder, "housing.data"), housingRows(1500));

  /** Writes the configuration of a stack with a champion, and returns its path. */
  function configured(config: JsonObject): string {
    const path = join(folder, "stack.yaml");
    const settings = { champion: { beats: {} }, network: { mode: "none" }, ...config };
    writeFileSync(
      path,
      stringify({
        config: {
          "aws:region": "us-east-1",
          ...Object.fromEntries(
            Object.entries(settings).map(([key, value]) => [`restate:${key}`, value]),
          ),
        },
      }),
    );
    return path;
  }

  async function run(config: JsonObject): Promise<Result> {
    const options = ["--config-file", configured(config), "--data", data, "--json", "--quiet"];
    const { stderr, stdout } = await local([...options, ...work]);
    equal(stderr, "");
    return JSON.parse(stdout) as Result;
  }

  async function status(): Promise<string> {
    return (await local(["status", ...work])).stdout;
  }

  it("registers the best candidate of the first execution, which has no champion", async () => {
    const { challenge, model, status: state } = await run({ candidates: candidates(4, 1) });
    equal(state, "Succeeded");
    deepEqual(model, { group: "restate-dev", version: 1 });
    deepEqual(challenge, { outcome: "NoChampion", verdict: "there is no champion" });
    match(await status(), /\nChampion: there is no champion\n$/);
  });

  it("registers a candidate that beats the approved champion", async () => {
    equal((await local(["approve", "1", ...work])).code, 0);
    const better = await run({ candidates: candidates(40, 30) });
    equal(better.model?.version, 2);
    equal(better.challenge?.outcome, "Beaten");
    equal(better.challenge.champion?.version, 1);
    ok((better.challenge.difference?.least ?? 0) > 0);
    const { stdout } = await local(["models", "--json", ...work]);
    const [, kept] = JSON.parse(stdout) as { metadata: Record<string, string> }[];
    match(kept?.metadata["Challenge"] ?? "", /^the champion is beaten: /);
    match(kept?.metadata["TrainRows"] ?? "", /^s3:\/\/.*\/executions\/\w+\/train\/$/);
  });

  it("succeeds and says so if the champion stays: an equal model does not beat it", async () => {
    equal((await local(["approve", "2", ...work])).code, 0);
    const equalOne = await run({ candidates: candidates(40, 30) });
    deepEqual([equalOne.status, equalOne.winner, equalOne.model], ["Succeeded", null, null]);
    equal(equalOne.challenge?.outcome, "Stays");
    equal(equalOne.challenge.difference?.r2, 0);
    match(
      await status(),
      /\nChampion: version 2 stays\. \w+ has R² [\d.]+ and version 2 [\d.]+ on /,
    );
    const report = readFileSync(join(folder, "work", "report", "index.html"), "utf8");
    match(report, /but registered no\s+model: the champion stays\./);
    match(report, /Champion: version 2 stays\./);
    const listed = (await local(["runs", ...work])).stdout;
    match(listed, /│ Succeeded +│ [\d.]+ +│ version 2 stays │ 0\.\d{4} │ - +│/);
    const runs = JSON.parse((await local(["runs", "--json", ...work])).stdout) as { id: string }[];
    const ids = [runs[1]?.id ?? "", runs[0]?.id ?? ""];
    match(
      (await local(["compare", ...ids, ...work])).stdout,
      /│ Champion +│ version 1 \(R² [\d.]+\) is beaten +│ version 2 \(R² [\d.]+\) stays +│/,
    );
  });

  it("looks the champion up every time, regardless of the cache", async () => {
    equal((await local(["reject", "2", ...work])).code, 0);
    const again = await run({ candidates: candidates(40, 30) });
    equal(again.challenge?.champion?.version, 1);
    equal(again.model?.version, 3);
  });

  it("reports a champion with other features, and registers or not, as configured", async () => {
    const config = {
      candidates: candidates(40, 30),
      dataset: {
        ...californiaHousing,
        dropped: [...(californiaHousing.dropped ?? []), "households"],
      },
    };
    const kept = await run({ ...config, champion: { beats: {}, notComparable: "keep" } });
    deepEqual([kept.status, kept.model], ["Succeeded", null]);
    equal(
      kept.challenge?.verdict,
      "the champion stays: version 1 is not comparable: its features differ: it has households",
    );
    const registered = await run(config);
    equal(registered.model?.version, 4);
    equal(registered.challenge?.outcome, "NotComparable");
  });

  it("fails below the minimum R², as without a champion", async () => {
    const failed = await local([
      ...["--config-file", join(folder, "stack.yaml"), "--data", data, "--json", "--quiet"],
      ...["--parameter", "MinimumR2=0.999", ...work],
    ]);
    equal(failed.code, 1);
    match(failed.stderr, /No candidate reaches R2 0.999: DecisionTree 0\.\d+, XGBoost 0\.\d+/);
  });

  it("needs permissions that a stack without a champion does not grant", async () => {
    const config = configured({ candidates: candidates(4, 1) });
    const { stdout } = await commandLine(["definition", "--config-file", config]);
    const path = join(folder, "definition.json");
    writeFileSync(path, stdout);
    const denied = await local([...["--definition", path, "--data", data, "--quiet"], ...work]);
    equal(denied.code, 1);
    match(
      denied.stderr,
      /restate-dev-evaluation\/SageMaker is not authorized to perform: sagemaker:ListModelPackages/,
    );
  });
});
