import { InvokeEndpointCommand, SageMakerRuntimeClient } from "@aws-sdk/client-sagemaker-runtime";

import { UserError } from "../../terminal/errors";
import { AwsError, explaining } from "../awsErrors";
import { type Batch, batches } from "../rows";

/**
 * Bytes of a request. An endpoint with instances takes 6 MiB by InvokeEndpoint, a serverless one 4 MB.
 * https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints-invoke.html
 */
const mostBytes = 4_000_000;

/** Asks an endpoint; the error of one that refuses names the lines. */
async function ask(
  client: SageMakerRuntimeClient,
  endpoint: string,
  { firstLine, lastLine, rows }: Batch,
): Promise<readonly string[]> {
  const lines = firstLine === lastLine ? `line ${firstLine}` : `lines ${firstLine} to ${lastLine}`;
  const command = new InvokeEndpointCommand({
    EndpointName: endpoint,
    ContentType: "text/csv",
    Accept: "text/csv",
    Body: `${rows.join("\n")}\n`,
  });
  const { Body: body } = await client.send(command).catch((error: unknown) => {
    throw error instanceof AwsError && error.code === "ModelError"
      ? new UserError(`the endpoint ${endpoint} refuses ${lines}: ${error.message}`)
      : error;
  });
  const predictions = new TextDecoder().decode(body).trim().split(/[,\n]/);
  if (predictions.length !== rows.length) {
    throw new UserError(
      `the endpoint ${endpoint} answers ${lines} with ${predictions.length} predictions for ${rows.length} rows`,
    );
  }
  return predictions.map((prediction) => prediction.trim());
}

/**
 * Asks an endpoint for predictions, in as many requests as it takes, and prints them in the order of the rows.
 *
 * @param typed a CSV row, or the name of a file of rows
 * @param json whether to print one JSON array instead of a prediction a line
 * @throws UserError where there is no such endpoint, or the model refuses rows
 */
export async function invoke(
  region: string,
  endpoint: string,
  typed: string,
  json: boolean,
  print: (line: string) => void,
): Promise<void> {
  const client = explaining(new SageMakerRuntimeClient({ region }), "sagemaker");
  const all: string[] = [];
  for await (const batch of batches(typed, mostBytes)) {
    const predictions = await ask(client, endpoint, batch);
    if (json) {
      all.push(...predictions);
    } else {
      print(predictions.join("\n"));
    }
  }
  if (json) {
    print(JSON.stringify(all.map(Number)));
  }
}
