import { z } from "zod";

import { type Candidate, candidateFields } from "./candidateFields";
import { candidateProblems } from "./candidateProblems";
import { defaultTuning, defaultTunings } from "./defaultTuning";

export type { Candidate, HyperparameterRange } from "./candidateFields";

/** A candidate that is valid by the contract of its algorithm. */
const candidateSchema = candidateFields
  .transform((fields): Candidate => {
    const { algorithm, hyperparameters, maxParallelJobs = Math.min(2, fields.maxJobs) } = fields;
    const tuning =
      fields.ranges === undefined && typeof algorithm === "string"
        ? defaultTuning(algorithm, hyperparameters)
        : { hyperparameters, ranges: fields.ranges ?? {} };
    return { ...fields, ...tuning, maxParallelJobs };
  })
  .superRefine((candidate, context) => {
    candidateProblems(candidate, (path, message) => {
      context.addIssue({ code: "custom", path: [...path], message });
    });
  });

/** The candidates: 1 or more, with different names. */
export const candidatesSchema = z
  .array(candidateSchema)
  .min(1, "must list at least one candidate")
  .superRefine((candidates, context) => {
    candidates.forEach(({ name }, index) => {
      const first = candidates.findIndex((one) => one.name.toLowerCase() === name.toLowerCase());
      if (first < index) {
        context.addIssue({
          code: "custom",
          path: [index, "name"],
          message: `"${name}" is also the name of candidate ${first} (ignoring case)`,
        });
      }
    });
  });

/**
 * The two candidates of the problem statement. The tree may have more than the original's 12 leaves, which would make the
 * comparison unfair. More trials gain next to nothing: docs/benchmarks.md, "Default tuning".
 */
export const defaultCandidates: z.input<typeof candidatesSchema> = [
  {
    name: "DecisionTree",
    algorithm: "decision-tree",
    ...defaultTunings["decision-tree"],
    strategy: "Bayesian",
    maxJobs: 12,
    maxParallelJobs: 2,
  },
  {
    name: "XGBoost",
    algorithm: "xgboost",
    ...defaultTunings.xgboost,
    strategy: "Bayesian",
    maxJobs: 8,
    maxParallelJobs: 2,
  },
];
