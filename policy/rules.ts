import { accessRules } from "./access";
import { endpointRules } from "./endpoints";
import { jobRules } from "./jobs";
import { networkRules } from "./network";
import type { Rule } from "./rule";
import { storageRules } from "./storage";

/** All rules of the pack. */
export const rules: readonly Rule[] = [
  ...storageRules,
  ...accessRules,
  ...networkRules,
  ...jobRules,
  ...endpointRules,
];
