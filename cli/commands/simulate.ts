import { Command, InvalidArgumentError } from "commander";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import { runService } from "../../local/environments/service";
import { inTemporaryFolder, writeFileAtomically } from "../../local/storage/files";
import { longPeriods } from "../../pipeline/driftThresholds";
import {
  alarmsOf,
  renderSimulation,
  type SimulatedDay,
  type Simulation,
} from "../../report/simulation";
import { typedPath } from "../../terminal/options";
import { type JsonOption, withJson, withWorld } from "../options";
import { findExecution } from "../../sageMaker/executions";
import type { World } from "../../sageMaker/world";
import { readScenario, type Scenario, type Shift, shiftText } from "../simulation/scenario";
import { copyModel, type SimulatedModel } from "../simulation/simulatedModel";
import { note, print, printListing, type Terminal } from "../terminal";
import { inWorld, type WorldOptions } from "../world";

interface SimulateOptions extends WorldOptions, JsonOption {
  readonly days: number;
  readonly scenario: string;
  readonly output?: string;
}

const maxDays = 3_650;

function readDays(text: string): number {
  const days = Number(text);
  if (!Number.isInteger(days) || days < 1 || days > maxDays) {
    throw new InvalidArgumentError(`It must be an integer from 1 to ${maxDays}.`);
  }
  return days;
}

/** Replays days of requests to a model with the drift job's own scripts. */
async function replay(
  model: SimulatedModel,
  { thresholds, ...scenario }: Scenario,
  days: number,
  folder: string,
): Promise<{ readonly days: readonly SimulatedDay[]; readonly rows: number }> {
  const result = join(folder, "result.json");
  await runService("local.drift_simulation", {
    ...model,
    reference: model.reference ?? null,
    // For a model without a reference, the scenario tells which columns are one-hot encoded.
    categories: scenario.shifts.flatMap((one) =>
      one.kind === "newLabel" || one.kind === "share" ? [one.column] : [],
    ),
    scenario: { ...scenario, ...thresholds },
    days,
    long: longPeriods.daily,
    result,
  });
  return JSON.parse(readFileSync(result, "utf8")) as {
    readonly days: readonly SimulatedDay[];
    readonly rows: number;
  };
}

/** Whether a finding is about what a shift changes: its column, or the errors if it shifts the labels. */
function isAbout({ kind, subject }: SimulatedDay["findings"][number], shift: Shift): boolean {
  return shift.kind === "concept"
    ? kind === "residuals" || kind === "coverage"
    : subject.split(" and ").includes(shift.column);
}

async function simulation(
  world: World,
  named: string | undefined,
  { days, scenario: path }: SimulateOptions,
): Promise<Simulation> {
  const scenario = readScenario(typedPath(path));
  const execution = await findExecution(world, named);
  return inTemporaryFolder(async (folder) => {
    const model = await copyModel(world, execution, folder);
    const found = await replay(model, scenario, days, folder);
    return {
      model: `${model.candidate} of the execution ${execution.id}`,
      rows: scenario.rows,
      population: found.rows,
      days: found.days,
      shifts: scenario.shifts.map((one) => ({
        text: shiftText(one),
        start: one.start,
        found: found.days.find(
          ({ day, findings }) =>
            day >= one.start && findings.some((finding) => isAbout(finding, one)),
        )?.day,
      })),
      alarms: alarmsOf(found.days),
    };
  });
}

/** `simulate [execution]`: replays months of requests to a model, and reports when the alarm would have gone off. */
export function simulate(terminal: Terminal): Command {
  return withJson(withWorld(new Command("simulate")))
    .argument(
      "[execution]",
      "id or ARN of the execution that registered the model (default: the latest)",
    )
    .requiredOption("--scenario <file>", "YAML or JSON file that describes how requests change")
    .option("--days <number>", "days to replay, one run each", readDays, 90)
    .option("--output <file>", "the page to write (default: simulation-EXECUTION.html)")
    .action(async (named: string | undefined, options: SimulateOptions) => {
      await inWorld(options, async (world) => {
        const found = await simulation(world, named, options);
        const id = found.model.split(" ").at(-1) ?? "";
        const path = typedPath(options.output ?? `simulation-${id}.html`);
        writeFileAtomically(path, await renderSimulation(found));
        if (options.json === true) {
          print(terminal, JSON.stringify({ ...found, page: path }));
          return;
        }
        show(terminal, found);
        print(terminal, path);
      });
    });
}

function show(terminal: Terminal, { alarms, days, shifts }: Simulation): void {
  if (shifts.length > 0) {
    const rows = shifts.map(({ found, start, text }) => [
      text,
      start,
      found ?? "not found",
      found === undefined ? "-" : found - start + 1,
    ]);
    const head = ["Shift", "Begins on day", "Found on day", "Days"];
    printListing(terminal, { head, rows, items: [] });
  }
  if (alarms.length === 0) {
    note(terminal, `no alarm in ${days.length} days`);
    return;
  }
  const rows = alarms.map(({ found, from, to }) => [
    from === to ? String(from) : `${from} to ${to}`,
    from,
    found[0] ?? "",
  ]);
  const head = ["Alarm on days", "Would retrain on day", "Largest finding of the first day"];
  printListing(terminal, { head, rows, items: [] });
}
