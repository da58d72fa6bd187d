import { deepEqual, equal, match, throws } from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { readScenario, shiftText } from "../../cli/simulation/scenario";
import { alarmsOf, renderSimulation, type SimulatedDay } from "../../report/simulation";
import { temporaryFolder } from "../support/localRun";

describe("a scenario of drift", () => {
  const folder = temporaryFolder();
  const read = (text: string, name = "scenario.yaml"): ReturnType<typeof readScenario> => {
    writeFileSync(join(folder, name), text);
    return readScenario(join(folder, name));
  };

  it("has defaults: a thousand rows a day, no shifts, and serving's thresholds", () => {
    deepEqual(read(""), {
      rows: 1000,
      seed: 1,
      thresholds: { falseAlarmRate: 0.01, minShift: 0.1, minUnusual: 0.02, ignoredFeatures: [] },
      shifts: [],
    });
  });

  it("can be YAML, like the example, or JSON", () => {
    const example = readScenario("examples/drift.yaml");
    deepEqual(example.shifts.map(shiftText), [
      "gradual mean of population (0.6)",
      "unit of totalrooms (0.1)",
      "concept of labels (0.8)",
    ]);
    deepEqual(read(JSON.stringify(example), "scenario.json"), example);
  });

  for (const [what, text, problem] of [
    ["an unknown key", "shfits: []", /the document: unknown shfits; did you mean shifts\?/],
    [
      "an unknown kind",
      "shifts: [{kind: rotation, start: 1}]",
      /shifts\[0\]\.kind: must be one of mean, scale, .*, newLabel, concept$/m,
    ],
    [
      "a share of more than all",
      "shifts: [{kind: missing, column: a, size: 2, start: 1}]",
      /shifts\[0\]\.size: must be at most 1/,
    ],
    [
      "a shift without its column, and one without its label",
      "shifts: [{kind: mean, size: 1, start: 1}, {kind: share, column: a, size: 0.1, start: 1}]",
      /shifts\[0\]\.column: missing, expected a string\n {2}shifts\[1\]\.label: missing/,
    ],
    ["no YAML", "{", /^cannot read the scenario .*scenario\.yaml: Flow map .*$/],
  ] as const) {
    it(`is refused, naming the keys: ${what}`, () => {
      try {
        read(text);
      } catch (error) {
        match((error as Error).message, problem);
        return;
      }
      throw new Error("it was not refused");
    });
  }
});

describe("a scenario's file", () => {
  it("is named if it does not exist or is a folder", () => {
    for (const path of ["/nowhere/scenario.yaml", temporaryFolder()]) {
      throws(() => readScenario(path), { message: `--scenario: file does not exist: ${path}` });
    }
  });
});

describe("a simulation", () => {
  const day = (number: number, ...texts: readonly string[]): SimulatedDay => ({
    day: number,
    findings: texts.map((text) => ({ kind: "values", subject: "age", text })),
    largest: texts.length > 0 ? 2 : 0.5,
    expectedError: 1,
    trueError: number > 1 ? 1.5 : null,
  });
  const days = [day(0), day(1, "a", "b"), day(2, "c"), day(3), day(4, "<d>")];

  it("has one alarm for consecutive days with findings", () => {
    deepEqual(alarmsOf(days), [
      { from: 1, to: 2, found: ["a", "b"] },
      { from: 4, to: 4, found: ["<d>"] },
    ]);
    deepEqual(alarmsOf([day(0)]), []);
  });

  it("is a self-contained page, which escapes names", async () => {
    const page = await renderSimulation({
      model: "Tree",
      rows: 1_000_000,
      population: 5_721,
      days,
      shifts: [
        { text: "mean of age (1)", start: 1, found: 1 },
        { text: "unit of <b>", start: 3, found: undefined },
      ],
      alarms: alarmsOf(days),
    });
    equal(page.match(/<svg role="img"/g)?.length, 2);
    match(page, /5 simulated days of 1,000,000 rows, drawn from\s+5,721 validation and test rows/);
    match(page, /<th scope="row">1 to 2<\/th>\s*<td>1<\/td>\s*<td>a; b<\/td>/);
    match(page, /<th scope="row">unit of &lt;b&gt;<\/th>\s*<td>3<\/td>\s*<td>not found<\/td>/);
    match(page, /<td>&lt;d&gt;<\/td>/);
    equal(/<script|https?:\/\//.test(page), false);
  });
});
