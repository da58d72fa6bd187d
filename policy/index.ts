import { PolicyPack } from "@pulumi/policy";

import { rules } from "./rules";

new PolicyPack("restate", {
  enforcementLevel: "mandatory",
  policies: rules.map(({ description, name, problems, types }) => ({
    name,
    description,
    validateResource: ({ props, type }, reportViolation) => {
      if (types.includes(type)) {
        problems(props).forEach((problem) => {
          reportViolation(problem);
        });
      }
    },
  })),
});
