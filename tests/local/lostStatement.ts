import { equal } from "node:assert/strict";

import type { Program } from "../../offline/program";
import { text } from "../support/json";

/** The program with a statement of a policy removed. */
export function without(evaluated: Program, name: string, sid: string): Program {
  return {
    ...evaluated,
    resources: evaluated.resources.map((one) => {
      if (one.name !== name) {
        return one;
      }
      const policy = JSON.parse(text(one.inputs["policy"])) as { Statement: { Sid: string }[] };
      const Statement = policy.Statement.filter(({ Sid }) => Sid !== sid);
      equal(Statement.length, policy.Statement.length - 1);
      return {
        ...one,
        inputs: { ...one.inputs, policy: JSON.stringify({ ...policy, Statement }) },
      };
    }),
  };
}
