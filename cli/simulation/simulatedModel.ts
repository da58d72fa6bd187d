import {
  DescribeModelPackageCommand,
  type DescribeModelPackageCommandOutput,
} from "@aws-sdk/client-sagemaker";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { UserError } from "../../errors/userError";
import { type AlgorithmName, algorithms, imageOf } from "../../pipeline/algorithms";
import { readObject, s3 } from "../../sageMaker/objects";
import { definitionOf, outputFolder, stepsOf } from "../../sageMaker/steps";
import type { World } from "../../sageMaker/world";

/** A model with the rows of its execution, as files in a folder. */
export interface SimulatedModel {
  readonly candidate: string;
  /** The name of its loader in evaluate.py. */
  readonly algorithm: string;
  readonly features: readonly string[];
  /** Paths: of the model's archive, and of the rows of each part, label first. */
  readonly archive: string;
  readonly train: string;
  readonly validation: string;
  readonly test: string;
  /** Whether their second column weights the rows. */
  readonly weighted: boolean;
  /** Path of the drift reference that it was registered with; undefined if it has none. */
  readonly reference: string | undefined;
}

/** The step that splits the rows, whose outputs are named after the parts. */
const splitting = "Preprocess";

/**
 * Copies the model that an execution registered, and the rows that it was trained on, into a folder.
 *
 * @throws UserError if the execution registered no model, or a file is missing
 */
export async function copyModel(
  world: World,
  execution: { readonly arn: string; readonly id: string },
  folder: string,
): Promise<SimulatedModel> {
  const [client, objects] = [world.client, s3(world)];
  const steps = await stepsOf(client, execution.arn, await definitionOf(client, execution.arn));
  const arn = steps.find(({ modelPackage }) => modelPackage !== undefined)?.modelPackage;
  const split = steps.find(({ name }) => name === splitting);
  if (arn === undefined || split === undefined) {
    throw new UserError(
      `the execution ${execution.id} has registered no model whose requests could be simulated`,
    );
  }
  const model = await client.send(new DescribeModelPackageCommand({ ModelPackageName: arn }));
  const metadata = model.CustomerMetadataProperties ?? {};
  const copy = async (uri: string, name: string): Promise<string> => {
    const content = await readObject(objects, uri);
    if (content === undefined) {
      throw new UserError(`the execution ${execution.id} has no ${uri} any more`);
    }
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  const output = async (name: string): Promise<string> =>
    (await outputFolder(client, split, name)) ?? "";
  const part = async (name: string): Promise<string> =>
    copy(`${await output(name)}${name}.csv`, `${name}.csv`);
  const names = await copy(`${await output("metadata")}feature_names.json`, "names.json");
  const { DriftReference: reference, SampleWeight: weight } = metadata;
  return {
    candidate: metadata["Candidate"] ?? "",
    algorithm: loaderOf(metadata["Algorithm"] ?? ""),
    features: JSON.parse(readFileSync(names, "utf8")) as readonly string[],
    archive: await copy(archiveOf(model), "model.tar.gz"),
    train: await part("train"),
    validation: await part("validation"),
    test: await part("test"),
    weighted: weight !== undefined,
    reference: reference === undefined ? undefined : await copy(reference, "reference.json"),
  };
}

/** The loader of an algorithm's models: the algorithms of one image share a loader. */
function loaderOf(algorithm: string): string {
  return Object.hasOwn(algorithms, algorithm) ? imageOf(algorithm as AlgorithmName) : algorithm;
}

/** The model's own files, without those of the containers that encode the table's rows. */
function archiveOf({
  CustomerMetadataProperties: metadata,
  InferenceSpecification: inference,
}: DescribeModelPackageCommandOutput): string {
  const all = (inference?.Containers ?? []).map(({ ModelDataUrl: uri = "" }) => uri);
  const job = `/${metadata?.["TrainingJob"] ?? ""}/`;
  return all.find((uri) => uri.includes(job)) ?? all[0] ?? "";
}
