import { candidateSteps } from "./candidateSteps";
import { fixParameters } from "./cost/fixedParameters";
import { dataWranglerStep, preprocessStep } from "./dataSteps";
import type { DefinitionArgs } from "./definitionArgs";
import type { PipelineDefinition } from "./language/definition";
import { folderUri } from "./language/expressions";
import { costParameters, parameterDeclarations } from "./parameters";
import { comparesPairs, selectionSteps } from "./selection";
import { dataQualityStep } from "./steps/qualityCheck";
import { pipelineExperiment } from "./tracking";

/**
 * Renders the definition of the pipeline, Version "2020-12-01": DataWranglerProcess, Preprocess, then for
 * each candidate Tune and Evaluate, and the registration of the best R².
 *
 * A pure function: the same arguments give the same definition.
 */
export function pipelineDefinition(args: DefinitionArgs): PipelineDefinition {
  const dataWrangler = dataWranglerStep(args);
  const preprocess = preprocessStep(args, dataWrangler.outputUri);
  const trainUri = folderUri(preprocess.output("train"));
  const baseline = args.dataQualityBaseline ? dataQualityStep(args, trainUri) : undefined;
  // A cached report would have another execution's prefix, which a comparing job does not read.
  const cachedEvaluation = comparesPairs(args);
  const all = args.candidates.map((candidate) =>
    candidateSteps(args, candidate, { preprocess, baseline, cachedEvaluation }),
  );
  const definition: PipelineDefinition = {
    Version: "2020-12-01",
    Metadata: {},
    Parameters: parameterDeclarations(args.parameters, args.candidates),
    PipelineExperimentConfig: pipelineExperiment(args.region, args.tracking ?? "experiments"),
    MlflowConfig: args.mlflow,
    Steps: [
      dataWrangler.step,
      preprocess.step,
      ...(baseline === undefined ? [] : [baseline.step]),
      ...all.map(({ tuning }) => tuning.step),
      ...all.flatMap(({ evaluationSteps }) => evaluationSteps),
      ...selectionSteps(args, all, preprocess),
    ],
  };
  return args.parameters.maxCostPerExecution === undefined
    ? definition
    : fixParameters(definition, costParameters);
}
