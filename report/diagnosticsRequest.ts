import { existsSync, readFileSync } from "node:fs";

import type { ProcessingRequest, TuningRequest } from "../pipeline/language/evaluate";
import type { Execution, Properties } from "../local/execution/execution";
import type { Candidate } from "../sageMaker/fullExecution";
import { splits } from "./diagnosis";

/** A candidate in the request of the job: see diagnostics.py. */
interface CandidateRequest {
  readonly name: string;
  readonly model?: { readonly algorithm: string; readonly archive: string };
  readonly predictions?: string;
  readonly splits?: Readonly<Record<string, string>>;
  /** Whether the second column of the splits weights the rows. */
  readonly weighted?: boolean;
}

/** The request of the job of diagnostics.py. */
export interface DiagnosticsRequest {
  readonly candidates: readonly CandidateRequest[];
  readonly detailed: string | null;
  readonly features: readonly string[] | null;
}

/** The loader in evaluate.py for the models of each training module. */
const loaders: Readonly<Record<string, string>> = {
  decision_tree: "decision-tree",
  "local.standins.xgboost": "xgboost",
};

/** The inputs of a tuning's jobs and of its evaluation: S3 URIs by name. */
function inputsOf(
  tuning: Partial<TuningRequest>,
  evaluation: Partial<ProcessingRequest>,
): ReadonlyMap<string, string> {
  const { InputDataConfig: channels = [] } = tuning.TrainingJobDefinition ?? {};
  const { ProcessingInputs: inputs = [] } = evaluation;
  return new Map([
    ...inputs.map(({ InputName: name = "", S3Input: input }): [string, string] => [
      name,
      input?.S3Uri ?? "",
    ]),
    ...channels.map(({ ChannelName: name = "", DataSource: source }): [string, string] => [
      name,
      source?.S3DataSource?.S3Uri ?? "",
    ]),
  ]);
}

/** S3 URIs of the outputs of a finished step, if it is a processing step. */
function outputsOf({
  ProcessingOutputConfig: config,
}: Partial<ProcessingRequest>): readonly string[] {
  return (config?.Outputs ?? []).map(({ S3Output: output }) => output?.S3Uri ?? "");
}

/** The path of an object, if it exists. */
function find({ store }: Execution, uri: string): string | undefined {
  return uri !== "" && store.isObject(uri) ? store.path(uri) : undefined;
}

/** The path of the folder or object of an input, if it exists. */
function findInput({ store }: Execution, uri: string): string | undefined {
  const path = uri === "" ? "" : store.path(uri);
  return existsSync(path) ? path : undefined;
}

/** The path of a file in an output of a finished step, if it exists. */
function findOutput(
  execution: Execution,
  described: Iterable<Properties>,
  name: string,
): string | undefined {
  for (const one of described) {
    for (const uri of outputsOf(one)) {
      const path = find(execution, `${uri.replace(/\/$/, "")}/${name}`);
      if (path !== undefined) {
        return path;
      }
    }
  }
  return undefined;
}

/** What can be analysed of a candidate; undefined if nothing can. */
function requestOf(execution: Execution, candidate: Candidate): CandidateRequest | undefined {
  const tuning: Partial<TuningRequest> = execution.described.get(candidate.step.Name) ?? {};
  const evaluation = execution.described.get(candidate.evaluation?.step ?? "") ?? {};
  const specification = tuning.TrainingJobDefinition?.AlgorithmSpecification;
  const image = execution.images.find(specification?.TrainingImage ?? "");
  const algorithm = loaders[image?.trainingModule ?? ""];
  const archive = find(execution, candidate.best?.modelArtifact ?? "");
  if (algorithm !== undefined && archive !== undefined) {
    const inputs = inputsOf(tuning, evaluation);
    const paths = splits.flatMap((split) => {
      const path = findInput(execution, inputs.get(split) ?? "");
      return path === undefined ? [] : [[split, path] as const];
    });
    return {
      name: candidate.name,
      model: { algorithm, archive },
      splits: Object.fromEntries(paths),
      weighted: tuning.TrainingJobDefinition?.StaticHyperParameters?.["csv_weights"] === "1",
    };
  }
  const predictions = findOutput(execution, [evaluation], "predictions.csv");
  return predictions === undefined ? undefined : { name: candidate.name, predictions };
}

/** The names of the features, if a step wrote a file of them. */
function featureNames(execution: Execution): readonly string[] | null {
  const path = findOutput(execution, execution.described.values(), "feature_names.json");
  if (path === undefined) {
    return null;
  }
  try {
    const names = JSON.parse(readFileSync(path, "utf8")) as unknown;
    return Array.isArray(names) ? names.map(String) : null;
  } catch {
    return null; // another kind of file with that name
  }
}

/** The job's request, with the candidate to analyse in detail. */
export function diagnosticsRequest(
  execution: Execution,
  candidates: readonly Candidate[],
  detailed: string | undefined,
): DiagnosticsRequest {
  return {
    candidates: candidates.flatMap((candidate) => requestOf(execution, candidate) ?? []),
    detailed: detailed ?? null,
    features: featureNames(execution),
  };
}
