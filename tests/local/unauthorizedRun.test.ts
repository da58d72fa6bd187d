import { deepEqual, equal, match } from "node:assert/strict";
import { join } from "node:path";

import { JobRunner } from "../../local/environments/jobs";
import { runSession } from "../../local/execution/session";
import { findDocument } from "../../local/records/executions";
import { Workspace } from "../../local/records/workspace";
import { stackConfig } from "../../offline/stackConfig";
import { parseText } from "../../pipeline/language/parse";
import { program, set } from "../support/definitions";
import { housingRows, writeRows } from "../support/housing";
import { local, smallDefinition, temporaryFolder, writeDefinition } from "../support/localRun";
import { without } from "./lostStatement";

describe("a local run of a definition that its roles are not allowed to run", () => {
  const folder = temporaryFolder();
  const data = writeRows(join(folder, "housing.data"), housingRows(300));

  it("fails at the denied step with AWS's message, and succeeds without authorization", async () => {
    const small = await smallDefinition();
    set(
      small,
      [
        "Steps",
        "EvaluateXGBoost",
        "Arguments",
        "ProcessingOutputConfig",
        "Outputs",
        0,
        "S3Output",
        "S3Uri",
      ],
      "s3://bucket-of-others/evaluation",
    );
    const args = [
      "--definition",
      writeDefinition(folder, small),
      "--data",
      data,
      "--json",
      "--quiet",
    ];
    const work = ["--work-folder", join(folder, "work")];
    const denied = await local([...args, ...work]);
    equal(denied.code, 1);
    match(
      denied.stderr,
      /step EvaluateXGBoost failed: User: arn:aws:sts::111122223333:assumed-role\/restate-dev-evaluation\/SageMaker is not authorized to perform: s3:PutObject on resource: arn:aws:s3:::bucket-of-others\/evaluation\/object because no identity-based policy allows the s3:PutObject action/,
    );
    const { code, stdout, stderr } = await local([...args, ...work, "--no-authorization"]);
    equal(code, 0, stderr);
    const { execution: id } = JSON.parse(stdout) as { execution: string };
    equal(
      findDocument(new Workspace(join(folder, "work")), id)?.authorization,
      "not checked: turned off",
    );
    match(
      (await local(["status", id, ...work])).stdout,
      /\nPermissions: not checked: turned off\n/,
    );
  });

  it("fails if a statement of a role's policy is missing", async () => {
    const dev = await program(stackConfig("dev"), "dev");
    const { definition } = parseText(JSON.stringify(await smallDefinition()));
    const session = await runSession({
      program: without(dev, "permissions-training-policy", "WriteModels"),
      definition,
      data: { path: data, named: "--data" },
      parameters: new Map(),
      workspace: new Workspace(join(folder, "changed")),
      docker: false,
      cache: true,
      stopped: new AbortController().signal,
      report: () => undefined,
      say: () => undefined,
      jobs: new JobRunner(),
    });
    equal(session.result.status, "Failed");
    const failed = session.result.steps.filter(({ status }) => status === "Failed");
    deepEqual(
      failed.map(({ type }) => type),
      ["Tuning"],
    );
    match(
      failed[0]?.failureReason ?? "",
      /restate-dev-training\/SageMaker is not authorized to perform: s3:PutObject on resource: arn:aws:s3:::sagemaker-restate-dev-111122223333\/models\//,
    );
    equal(session.result.steps.find(({ name }) => name === "Preprocess")?.status, "Succeeded");
  });
});
