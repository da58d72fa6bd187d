import { Command } from "commander";

import { readDataReport } from "../../local/records/dataReport";
import { writeFileAtomically } from "../../local/storage/files";
import { diagnosePredictions, diagnosticsPath } from "../../report/diagnostics";
import type { Diagnoses } from "../../report/diagnosis";
import { renderReport } from "../../report/report";
import { type LogEnd, logLines, readDiagnoses, reportDataOf } from "../../report/reportData";
import { typedPath } from "../../terminal/options";
import { withWorld } from "../options";
import { findExecution } from "../sageMaker/executions";
import { logEnd } from "../sageMaker/stepJobs";
import { readObject, s3 } from "../sageMaker/objects";
import { type FullExecution, readExecution } from "../sageMaker/record";
import type { World } from "../sageMaker/world";
import { print, type Terminal } from "../terminal";
import { inWorld, type WorldOptions } from "../world";

type ReportOptions = WorldOptions & { readonly output?: string };

/** The note in a report of an execution in AWS. */
const testRowsOnly =
  "in AWS, only predictions of test rows are available, from the evaluation's results in S3";

/**
 * How well the candidates' models predict: on this machine from the run's analysis of models and rows, in AWS from what
 * the evaluations wrote to S3.
 */
async function diagnosesOf(
  world: World,
  { evaluations, record }: FullExecution,
): Promise<Diagnoses> {
  if (world.machine !== undefined) {
    return readDiagnoses(diagnosticsPath(world.machine.workspace.execution(record.id)));
  }
  const predictions = new Map<string, Buffer>();
  const client = s3(world);
  for (const [name, folder] of evaluations) {
    const content = await readObject(client, `${folder}predictions.csv`);
    if (content !== undefined) {
      predictions.set(name, content);
    }
  }
  if (predictions.size === 0) {
    return { candidates: [] };
  }
  const score = (name: string): number =>
    record.candidates.find((one) => one.name === name)?.metrics?.r2 ?? -Infinity;
  const [best] = [...predictions.keys()].sort((left, right) => score(right) - score(left));
  const found = await diagnosePredictions(predictions, record.winner?.name ?? best);
  const candidates = found.candidates.map((one) =>
    one.splits.test === undefined ? one : { ...one, problem: testRowsOnly },
  );
  return { ...found, candidates };
}

/** The ends of the logs of the steps that did not succeed, by step. */
async function logsOf(
  world: World,
  { record }: FullExecution,
): Promise<ReadonlyMap<string, LogEnd>> {
  const ends = new Map<string, LogEnd>();
  for (const step of record.steps) {
    if (step.status === "Failed" || step.status === "Stopped") {
      const lines = await logEnd(world, step, logLines);
      const where = `\`${world.command(`logs ${step.name} ${record.id}`)}\` prints it`;
      if (lines.length > 0) {
        ends.set(step.name, { where, end: lines.join("\n") });
      }
    }
  }
  return ends;
}

/** The report of an execution, as HTML. */
export async function executionReport(world: World, full: FullExecution): Promise<string> {
  const logs = await logsOf(world, full);
  const data = reportDataOf(
    full.record,
    full.definition,
    await diagnosesOf(world, full),
    world.machine && readDataReport(world.machine.workspace.execution(full.record.id)),
    ({ name }) => logs.get(name),
  );
  return renderReport(data);
}

/** `report [execution]`: writes the report of an execution, replacing any existing one. */
export function report(terminal: Terminal): Command {
  return withWorld(new Command("report"))
    .argument("[execution]", "its id or ARN (default: the latest)")
    .option(
      "--output <file>",
      "the file to write (default: report-EXECUTION.html; with --local report/index.html in the work folder)",
    )
    .action(async (named: string | undefined, options: ReportOptions) => {
      await inWorld(options, async (world) => {
        const execution = await findExecution(world, named);
        const full = await readExecution(world, execution);
        const path =
          options.output === undefined
            ? (world.machine?.workspace.report ?? typedPath(`report-${execution.id}.html`))
            : typedPath(options.output);
        writeFileAtomically(path, await executionReport(world, full));
        print(terminal, path);
      });
    });
}
