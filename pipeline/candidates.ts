import { z } from "zod";

import { type Candidate, candidateFields } from "./candidateFields";
import { candidateProblems } from "./candidateProblems";

export type { Candidate, HyperparameterRange } from "./candidateFields";

/** A candidate whose members fit each other and the contract of its algorithm. */
const candidateSchema = candidateFields
  .transform((fields): Candidate => {
    const { maxParallelJobs = Math.min(2, fields.maxJobs) } = fields;
    return { ...fields, maxParallelJobs };
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
          message: `"${name}" is the name of candidate ${first} too (case does not count)`,
        });
      }
    });
  });

/**
 * The two candidates of the problem statement. The tree may grow, so that the comparison is fair: at
 * most 12 leaves, as in the original, cap it far below what it can do.
 */
export const defaultCandidates: z.input<typeof candidatesSchema> = [
  {
    name: "DecisionTree",
    algorithm: "decision-tree",
    hyperparameters: { random_state: 1729 },
    ranges: {
      max_leaf_nodes: { type: "integer", min: 50, max: 500, scaling: "Logarithmic" },
      max_depth: { type: "integer", min: 5, max: 30, scaling: "Linear" },
      min_samples_leaf: { type: "integer", min: 1, max: 50, scaling: "Logarithmic" },
    },
    strategy: "Bayesian",
    maxJobs: 20,
    maxParallelJobs: 2,
  },
  {
    name: "XGBoost",
    algorithm: "xgboost",
    hyperparameters: {
      objective: "reg:squarederror",
      num_round: 600,
      early_stopping_rounds: 30,
      seed: 1729,
    },
    ranges: {
      eta: { type: "continuous", min: 0.03, max: 0.2, scaling: "Logarithmic" },
      max_depth: { type: "integer", min: 4, max: 9, scaling: "Linear" },
      min_child_weight: { type: "continuous", min: 1, max: 20, scaling: "Logarithmic" },
      subsample: { type: "continuous", min: 0.6, max: 1, scaling: "Linear" },
      colsample_bytree: { type: "continuous", min: 0.6, max: 1, scaling: "Linear" },
    },
    strategy: "Bayesian",
    maxJobs: 12,
    maxParallelJobs: 2,
  },
];
