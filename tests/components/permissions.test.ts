import { equal } from "node:assert/strict";

import type { Program } from "../../offline/program";
import { isAllowed } from "../support/iam";
import { describeRequest, everyActor } from "../support/iamRequests";
import { deployer } from "./permissions/deployer";
import { jobActors } from "./permissions/jobs";
import { pipelineActors } from "./permissions/pipeline";
import { serviceActors } from "./permissions/services";

const actors = { ...pipelineActors, ...jobActors, ...serviceActors, ...deployer };

describe("permissions, by an IAM simulator,", () => {
  let evaluated: Program;

  before(async () => {
    evaluated = await everyActor();
  });

  for (const [actor, { may, mayNot }] of Object.entries(actors)) {
    describe(`the role ${actor}`, () => {
      for (const request of may) {
        it(`may ${describeRequest(request)}`, async () => {
          equal(await isAllowed(evaluated, actor, request), true);
        });
      }
      for (const request of mayNot) {
        it(`may not ${describeRequest(request)}`, async () => {
          equal(await isAllowed(evaluated, actor, request), false);
        });
      }
    });
  }
});
