import {
  InvokeEndpointCommand,
  SageMakerRuntimeClient,
  type SageMakerRuntimeClientConfig,
} from "@aws-sdk/client-sagemaker-runtime";
import { Command } from "commander";

import { UserError } from "../../errors/userError";
import { predictionsIn } from "../../local/environments/predictions";
import { type JsonOption, readPort, withJson, withWorld } from "../options";
import { AwsError, explaining } from "../../sageMaker/awsErrors";
import { type Batch, readRows, type RowType } from "../rows";
import { servedModel } from "../servedModel";
import { print, type Terminal } from "../terminal";
import { inWorld, type WorldOptions } from "../world";

/**
 * Max bytes of a request. InvokeEndpoint accepts 6 MiB for an endpoint with instances, and 4 MB for a serverless one.
 * https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints-invoke.html
 */
const maxBytes = 4_000_000;

/** An endpoint, or a model served on a port of this machine. */
interface Target {
  readonly client: SageMakerRuntimeClient;
  readonly endpoint: string;
  /** Its name in errors. */
  readonly name: string;
}

/** The errors for a request that is too large, or for too large encoded rows between an inference pipeline's containers. */
const tooLarge = /\b413\b|exceeded the maximum limit/;

/** The prediction for a row, with its interval if the model returns intervals. */
interface Prediction {
  readonly score: number;
  readonly interval?: readonly number[];
  /** As the model wrote it. */
  readonly text: string;
}

function predictionOf(line: string): Prediction {
  const text = line.trim();
  const [score = Number.NaN, ...interval] = text.split(",").map(Number);
  return { text, score, ...(interval.length === 2 ? { interval } : {}) };
}

/** Predicts rows, in parts if the request is too large. An error names the lines that were refused. */
async function predict(
  target: Target,
  type: RowType,
  batch: Batch,
): Promise<readonly Prediction[]> {
  const { client, endpoint, name } = target;
  const rows = batch.map(({ text }) => text);
  const [firstLine, lastLine] = [batch[0]?.firstLine ?? 0, batch.at(-1)?.lastLine ?? 0];
  const lines = firstLine === lastLine ? `line ${firstLine}` : `lines ${firstLine} to ${lastLine}`;
  const command = new InvokeEndpointCommand({
    EndpointName: endpoint,
    ContentType: type,
    Accept: "text/csv",
    Body: `${rows.join("\n")}\n`,
  });
  const answer = await client.send(command).catch((error: unknown) => {
    if (!(error instanceof AwsError && error.code === "ModelError")) {
      throw error;
    }
    if (rows.length === 1 || !tooLarge.test(error.message)) {
      throw new UserError(`${name} rejects ${lines}: ${error.message}`);
    }
    return undefined;
  });
  if (answer === undefined) {
    const half = Math.ceil(rows.length / 2);
    return [
      ...(await predict(target, type, batch.slice(0, half))),
      ...(await predict(target, type, batch.slice(half))),
    ];
  }
  const { Body: body } = answer;
  const predictions = predictionsIn(new TextDecoder().decode(body), rows.length).map(predictionOf);
  if (predictions.length !== rows.length) {
    throw new UserError(
      `${name} returned ${predictions.length} predictions for ${rows.length} rows (${lines})`,
    );
  }
  return predictions;
}

/** Predicts rows in as many requests as needed, and prints the predictions in the order of the rows. */
async function invokeTarget(
  target: Target,
  typed: string,
  { json, raw }: Pick<InvokeOptions, "json" | "raw">,
  terminal: Terminal,
): Promise<void> {
  const all: Prediction[] = [];
  const { batches, type } = readRows(typed, maxBytes, raw === true);
  for await (const batch of batches) {
    const predictions = await predict(target, type, batch);
    if (json) {
      all.push(...predictions);
    } else {
      print(terminal, predictions.map(({ text }) => text).join("\n"));
    }
  }
  if (json) {
    const found = all.map(({ interval, score }) => (interval ? { score, interval } : score));
    print(terminal, JSON.stringify(found));
  }
}

type InvokeOptions = WorldOptions & JsonOption & { readonly port: number; readonly raw?: true };

/** `invoke <endpoint> <rows>`; with `--local`, `invoke <rows>`. */
export function invoke(terminal: Terminal): Command {
  return withJson(withWorld(new Command("invoke")))
    .usage("[options] <endpoint> <rows>, or with --local: [options] <rows>")
    .argument(
      "[words...]",
      "the endpoint (not with --local), and a CSV row or a file of rows, without target and header",
    )
    .option(
      "--raw",
      "send the table's own rows, to a model with servedRows: raw: as CSV, or as JSON by column name (a file .json or " +
        ".jsonl, or text that begins with {)",
    )
    .option("--port <number>", "with --local: the port of the served model", readPort(1), 8080)
    .action(async (words: readonly string[], options: InvokeOptions) => {
      const isLocal = options.local === true;
      const [first, second, ...others] = words;
      if (first === undefined || others.length > 0 || isLocal !== (second === undefined)) {
        const rows =
          options.raw === true
            ? "one of the table's rows, as CSV or JSON, or the name of a file of them"
            : "one CSV row or the name of a file of rows";
        throw new UserError(
          isLocal ? `invoke --local: give ${rows}` : `invoke: give the endpoint, and ${rows}`,
        );
      }
      const config = isLocal ? servedModel(options.port) : undefined;
      await inWorld(options, async (world) => {
        const client = explaining(
          new SageMakerRuntimeClient((config ?? world.config) as SageMakerRuntimeClientConfig),
          "sagemaker",
        );
        const target = isLocal
          ? { client, endpoint: "local", name: "the model" }
          : { client, endpoint: first, name: `the endpoint ${first}` };
        await invokeTarget(target, second ?? first, options, terminal);
      });
    });
}
