import { formatListing } from "../../terminal/listing";
import { trialListing } from "../../terminal/tables";
import { trialLine, trialsHeader } from "../../terminal/trialsCsv";
import { describeExecution, executionArn, type Pipeline } from "../executions";
import { sageMaker } from "../sageMaker";
import { definitionOf, stepsOf } from "../steps";
import { allTrials } from "../trials";

/**
 * The trials of an execution's tuning jobs, the best of each step first.
 *
 * @param named the execution; by default the latest
 * @param form as a table, as JSON, or as CSV in the order in which the trials were made
 */
export async function trials(
  pipeline: Pipeline,
  named: string | undefined,
  form: "csv" | "json" | "table",
): Promise<string> {
  const client = sageMaker(pipeline.region);
  const arn = await executionArn(client, pipeline, named);
  const { id } = await describeExecution(client, pipeline, arn);
  const steps = await stepsOf(client, arn, await definitionOf(client, arn));
  const { trials: found, tunings } = await allTrials(client, steps);
  if (form === "csv") {
    return [trialsHeader, ...found.map((trial) => trialLine(id, trial))].join("\n");
  }
  const maximised = new Set(tunings.filter((one) => one.maximised).map(({ step }) => step));
  return formatListing(
    trialListing(found, (step) => maximised.has(step)),
    form === "json",
  );
}
