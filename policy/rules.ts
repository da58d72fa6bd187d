import { accessRules } from "./access";
import { costRules } from "./costs";
import { endpointRules } from "./endpoints";
import { jobRules } from "./jobs";
import { networkRules } from "./network";
import type { Rule } from "./rule";
import { scheduleRules } from "./schedules";
import { sharingRules } from "./sharing";
import { storageRules } from "./storage";

export { stackRules } from "./stack";

/** All rules of the pack for single resources. */
export const rules: readonly Rule[] = [
  ...storageRules,
  ...sharingRules,
  ...accessRules,
  ...networkRules,
  ...jobRules,
  ...costRules,
  ...endpointRules,
  ...scheduleRules,
];
