import { equal } from "node:assert/strict";

import type { Program } from "../../offline/program";
import { attackPaths } from "../../tools/docs/attackPaths";
import { isAllowed } from "../support/iam";
import { everyActor } from "../support/iamRequests";

describe("the attack paths in docs/security.md, by an IAM simulator,", () => {
  let evaluated: Program;

  before(async () => {
    evaluated = await everyActor();
  });

  for (const { action, actor, answer, caller, context, goal, resource, widened } of attackPaths) {
    it(`${actor} is ${answer} to ${goal}`, async () => {
      const request = {
        action,
        resource,
        ...(caller === undefined ? {} : { caller }),
        ...(context === undefined ? {} : { context }),
        whateverPolicies: widened === true,
      };
      equal(await isAllowed(evaluated, actor, request), answer === "allowed");
    });
  }
});
