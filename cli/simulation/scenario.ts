import { readFileSync, statSync } from "node:fs";
import { parse } from "yaml";
import { z } from "zod";

import { UserError } from "../../errors/userError";
import { yamlProblem } from "../../offline/stackConfig";
import { driftThresholds } from "../../pipeline/driftThresholds";
import { clearerMessage } from "../../pipeline/schemaMessages";

/** When and how a shift happens. */
const course = {
  start: z.int().min(0).describe("The first day of it, from 0."),
  profile: z
    .enum(["sudden", "gradual", "seasonal"])
    .default("sudden")
    .describe("Whether it is there at once, grows, or comes and goes."),
  days: z
    .int()
    .min(2)
    .default(14)
    .describe("Days in which it grows if it is gradual; its period if it is seasonal."),
};

const share = z.number().gt(0).max(1);
const column = z.string().min(1).describe("Name of a feature, as the model knows it.");
const category = z.string().min(1).describe("Name of a column that is encoded one-hot.");

/** A shift of a column, by its kind. */
const ofColumn = <Kind extends string>(kind: Kind, size: z.ZodType<number>) =>
  z.strictObject({ kind: z.literal(kind), column, size, ...course });

const shift = z.discriminatedUnion("kind", [
  ofColumn("mean", z.number().describe("Standard deviations by which all values are larger.")),
  ofColumn("scale", z.number().gt(0).describe("Times that values are as far from the mean.")),
  ofColumn("unit", z.number().describe("What values are multiplied by.")),
  ofColumn("missing", share.describe("Share of the rows that lose the value.")),
  ofColumn("outliers", share.describe("Share of the rows 10 standard deviations from the mean.")),
  ofColumn("dependence", share.describe("Share of the rows that get the value of another row.")),
  z.strictObject({
    kind: z.literal("share"),
    column: category,
    label: z.string().min(1).describe("The label whose share changes."),
    size: z.number().min(-1).max(1).describe("How much larger the share is."),
    ...course,
  }),
  z.strictObject({
    kind: z.literal("newLabel"),
    column: category,
    size: share.describe("Share of the rows that get a label which training does not know."),
    ...course,
  }),
  z.strictObject({
    kind: z.literal("concept"),
    size: z
      .number()
      .describe("Standard deviations of the model's errors by which labels are larger."),
    ...course,
  }),
]);

/** The requests that a model receives over some days. */
const scenarioSchema = z.strictObject({
  rows: z.int().min(1).max(100_000_000).default(1_000).describe("Rows that are asked for a day."),
  seed: z.int().min(0).default(1).describe("Draws the rows."),
  labels: z
    .strictObject({
      share: share.describe("Share of the rows that get a label."),
      delayDays: z.int().min(0).max(60).describe("Days after which it arrives."),
    })
    .optional()
    .describe("Labels that arrive. Default: none do."),
  thresholds: z
    .strictObject(driftThresholds)
    .prefault({})
    .describe("When a difference is drift, as in serving's monitoring."),
  shifts: z.array(shift).max(50).default([]).describe("What happens. Default: nothing."),
});

/** A scenario, complete and valid. */
export type Scenario = z.output<typeof scenarioSchema>;

export type Shift = Scenario["shifts"][number];

/**
 * Reads a scenario.
 *
 * @param path a file of YAML or JSON
 * @throws UserError that names each wrong key and what is allowed
 */
export function readScenario(path: string): Scenario {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) {
    throw new UserError(`--scenario: file does not exist: ${path}`);
  }
  let document: unknown;
  try {
    document = parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new UserError(`cannot read the scenario ${path}: ${yamlProblem(error as Error)}`);
  }
  const { data, error } = scenarioSchema.safeParse(document ?? {}, { error: clearerMessage });
  if (data === undefined) {
    const problems = error.issues.map(
      ({ message, path: key }) => `  ${keyOf(key) || "the document"}: ${message}`,
    );
    throw new UserError(`the scenario ${path} is not valid:\n${problems.join("\n")}`);
  }
  return data;
}

/** The name of a key by its path, such as shifts[0].size. */
function keyOf(path: readonly PropertyKey[]): string {
  return path
    .map((part, index) =>
      typeof part === "number" ? `[${part}]` : `${index === 0 ? "" : "."}${String(part)}`,
    )
    .join("");
}

/** A shift as text, for the table. */
export function shiftText(one: Shift): string {
  const what =
    "label" in one ? `${one.column} ${one.label}` : "column" in one ? one.column : "labels";
  return `${one.profile === "sudden" ? "" : `${one.profile} `}${one.kind} of ${what} (${one.size})`;
}
