import { deepEqual, equal, match, ok } from "node:assert/strict";
import { join } from "node:path";

import { trialListing } from "../../terminal/tables";
import { commandLine } from "../support/commandLine";
import { succeeding, trainingJob, tuningJob } from "./scenarios";
import { DeployedStack } from "./stack";

/** The cells of a table's rows, the headings first. */
function cellsOf(table: string): readonly (readonly string[])[] {
  return table
    .split("\n")
    .filter((line) => line.startsWith("│"))
    .map((line) =>
      line
        .split("│")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

describe("npm run restate: lists of executions, trials and models", () => {
  const stack = new DeployedStack();
  let executions: readonly string[];

  before(async () => {
    await stack.start();
    await stack.say({});
    const started = [await stack.restate(["start", "--json"])];
    started.push(await stack.restate(["start", "--json"]));
    executions = started.map(
      ({ stdout }) => (JSON.parse(stdout) as { execution: string }).execution,
    );
    await stack.register({ Candidate: "XGBoost", R2: "0.8312", PipelineExecution: "earlier" });
    await stack.register({
      Candidate: "DecisionTree",
      R2: "0.64219",
      PipelineExecution: executions[0] ?? "",
    });
    // As someone may have registered by hand.
    await stack.register({ Team: "houses" });
  });
  after(() => {
    stack.stop();
  });

  describe("trials", () => {
    const done = { ...succeeding, frames: (succeeding.frames ?? []).slice(-1) };

    it("lists the trials of all pages, the best first, with the local run's headings", async () => {
      await stack.say(done);
      const { code, stderr, stdout } = await stack.restate(["trials"]);
      equal(code, 0, stderr);
      const [head, ...rows] = cellsOf(stdout);
      deepEqual(head, trialListing([]).head);
      deepEqual(rows, [
        ["TuneDecisionTree", "3", "Completed", "57008.0", "42.5", "random_state=1729"],
        ["", "", "", "", "", "max_leaf_nodes=400"],
        ["TuneDecisionTree", "1", "Completed", "67082.0", "42.5", "random_state=1729"],
        ["", "", "", "", "", "max_leaf_nodes=50"],
        ["TuneDecisionTree", "2", "Failed", "-", "42.5", "random_state=1729"],
        ["", "", "", "", "", "max_leaf_nodes=60"],
      ]);
      const lists = (await stack.calls()).filter(
        ({ operation }) => operation === "ListTrainingJobsForHyperParameterTuningJob",
      );
      deepEqual(
        lists.map(({ request }) => request["NextToken"] ?? "first"),
        ["first", "2"],
      );
    });

    it("puts the highest objective first if it is maximised", async () => {
      const tunings = { "tune-tree": tuningJob("tune-tree", "Maximize") };
      await stack.say({ ...done, tunings });
      const { stdout } = await stack.restate(["trials", executions[0] ?? "", "--json"]);
      const found = JSON.parse(stdout) as { trainingJobName: string }[];
      deepEqual(
        found.map(({ trainingJobName }) => trainingJobName),
        ["tree-1", "tree-3", "tree-2"],
      );
    });

    it("prints CSV in the form of the local run's trials.csv", async () => {
      await stack.say(done);
      const { stdout } = await stack.restate(["trials", executions[1] ?? "", "--csv"]);
      const [head, first, second] = stdout.split("\n");
      equal(
        head,
        "execution,step,trial,training_job,status,objective_metric,objective,seconds,hyperparameters,metrics,model_artifact",
      );
      equal(
        first,
        `${executions[1] ?? ""},TuneDecisionTree,0,tree-1,Completed,validation:rmse,67082,42.500,` +
          '"{""random_state"":""1729"",""max_leaf_nodes"":""50""}","{""validation:rmse"":67082}",' +
          "s3://bucket/models/DecisionTree/tree-1/output/model.tar.gz",
      );
      match(second ?? "", /,tree-2,Failed,validation:rmse,,42\.500,.*,\{\},$/);
      const both = await stack.restate(["trials", "--csv", "--json"]);
      deepEqual([both.code, both.stderr], [1, "error: --csv and --json exclude each other\n"]);
    });

    it("shows a trial that is still running", async () => {
      const [frame] = done.frames;
      ok(frame);
      const trials = { "tune-tree": [trainingJob("tree-1", "InProgress", undefined, 5)] };
      await stack.say({ ...done, frames: [{ ...frame, trials }] });
      const { stdout } = await stack.restate(["trials"]);
      match(stdout, /│ TuneDecisionTree │ 1 +│ InProgress │ - +│ -?\d+\.\d/);
    });
  });

  describe("models, approve and reject", () => {
    it("models lists the versions with the local run's headings", async () => {
      const { code, stderr, stdout } = await stack.restate(["models"]);
      equal(code, 0, stderr);
      const [head, ...rows] = cellsOf(stdout);
      const empty = await commandLine([
        "--local",
        ...["models", "--work-folder", join(stack.folder, "empty")],
      ]);
      deepEqual(head, cellsOf(empty.stdout)[0]);
      const pending = "PendingManualApproval";
      deepEqual(
        rows.map((row) => row.slice(0, 5)),
        [
          ["restate-dev", "1", "XGBoost", "0.8312", pending],
          ["restate-dev", "2", "DecisionTree", "0.6422", pending],
          ["restate-dev", "3", "", "-", pending],
        ],
      );
      match(rows[0]?.[5] ?? "", /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
    });

    it("runs lists the executions with the models that they registered", async () => {
      await stack.say({});
      const { code, stderr, stdout } = await stack.restate(["runs"]);
      equal(code, 0, stderr);
      const [head, ...rows] = cellsOf(stdout);
      const empty = await commandLine([
        "--local",
        ...["runs", "--work-folder", join(stack.folder, "empty")],
      ]);
      deepEqual(head, cellsOf(empty.stdout)[0]);
      const row = rows.find(([id]) => id === executions[0]);
      deepEqual(row?.slice(4), ["DecisionTree", "0.6422", "2"]);
      equal(rows.length, 2);
      const one = await stack.restate(["runs", "--max", "1", "--json"]);
      equal((JSON.parse(one.stdout) as unknown[]).length, 1);
      equal((await stack.restate(["runs", "--max", "1.5"])).code, 1);
    });

    it("reject and approve set the status with a comment, and print the previous one", async () => {
      await stack.say({});
      const rejected = await stack.restate(["reject", "3", "--comment", "no R², no use"]);
      equal(rejected.stdout, "version 3 of restate-dev: Rejected (was PendingManualApproval)\n");
      const { stdout } = await stack.restate(["approve", "3", "--json"]);
      const { approvalStatus, before, version } = JSON.parse(stdout) as Record<string, unknown>;
      deepEqual([version, before, approvalStatus], [3, "Rejected", "Approved"]);
      const updates = (await stack.calls()).filter(
        ({ operation }) => operation === "UpdateModelPackage",
      );
      deepEqual(
        updates.map(({ request }) => request["ApprovalDescription"]),
        ["no R², no use", undefined],
      );
    });

    it("refuse an unknown version and a comment that is too long, and change nothing", async () => {
      await stack.say({});
      const unknown = await stack.restate(["approve", "7"]);
      deepEqual(
        [unknown.code, unknown.stderr],
        [1, "error: restate-dev has no version 7; it has versions 1 to 3\n"],
      );
      const long = await stack.restate(["approve", "1", "--comment", "x".repeat(1025)]);
      deepEqual(
        [long.code, long.stderr],
        [1, "error: --comment: must be one line of at most 1024 characters\n"],
      );
      const operations = (await stack.calls()).map(({ operation }) => operation);
      deepEqual(operations, ["ListModelPackages"]);
    });
  });
});
