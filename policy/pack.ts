import {
  type PolicyConfigSchema,
  PolicyPack,
  type ResourceValidationArgs,
  type StackValidationArgs,
} from "@pulumi/policy";

import type { RuleConfig } from "./rule";
import { rules, stackRules } from "./rules";

/** JSON schemas of the pack's configuration, by rule. */
const members = {
  accounts: { type: "array", items: { type: "string", pattern: "^\\d{12}$" } },
  maxCostPerExecution: { type: "number", minimum: 0 },
  prices: { type: "object" },
  requireNetwork: { type: "boolean" },
  services: { type: "array", items: { type: "string", pattern: "^[a-z0-9-]+$" } },
  types: { type: "array", items: { type: "string" } },
  buckets: { type: "array", items: { type: "string" } },
} as const satisfies Readonly<Record<keyof RuleConfig, object>>;

function configSchema(reads: readonly (keyof RuleConfig)[]): PolicyConfigSchema {
  return {
    properties: Object.fromEntries(reads.map((name) => [name, { ...members[name] }])),
  };
}

new PolicyPack("restate", {
  enforcementLevel: "mandatory",
  policies: [
    ...rules.map(({ description, name, problems, reads = [], types }) => ({
      name,
      description,
      configSchema: configSchema(reads),
      validateResource: (
        args: ResourceValidationArgs,
        reportViolation: (message: string) => void,
      ) => {
        if (types.includes(args.type)) {
          problems(args.props, args.getConfig<RuleConfig>()).forEach((problem) => {
            reportViolation(problem);
          });
        }
      },
    })),
    ...stackRules.map(({ description, name, problems, reads = [] }) => ({
      name,
      description,
      configSchema: configSchema(reads),
      validateStack: (args: StackValidationArgs, reportViolation: (message: string) => void) => {
        const all = args.resources.map(({ name: resource, propertyDependencies, props, type }) => ({
          name: resource,
          type,
          props,
          dependsOn: Object.fromEntries(
            Object.entries(propertyDependencies).map(([property, on]) => [
              property,
              on.map((one) => one.name),
            ]),
          ),
        }));
        problems(all, args.getConfig<RuleConfig>()).forEach((problem) => {
          reportViolation(problem);
        });
      },
    })),
  ],
});
