import { equal } from "node:assert/strict";

import type { Program } from "../../offline/program";
import { attackPaths } from "../../tools/docs/attackPaths";
import { isAllowed as decide } from "../support/iam";
import { everyActor } from "../support/iamRequests";

describe("the attack paths in docs/security.md, by an IAM simulator,", () => {
  let evaluated: Program;

  before(async () => {
    evaluated = await everyActor();
  });

  for (const { isAllowed = false, ...path } of attackPaths) {
    const { action, actor, caller, context, goal, opened, resource, widened } = path;
    it(`${actor} is ${isAllowed ? "allowed" : "denied"} to ${goal}`, async () => {
      const request = {
        action,
        resource,
        ...(caller === undefined ? {} : { caller }),
        ...(context === undefined ? {} : { context }),
        whateverPolicies: widened === true,
        opened: opened === true,
      };
      equal(await decide(evaluated, actor, request), isAllowed);
    });
  }
});
