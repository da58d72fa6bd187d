import { objectiveMetric } from "./algorithms";
import type { DefinitionArgs } from "./definitionArgs";
import type { TunedCandidate } from "./evaluationSteps";
import type { RegisterModelArguments } from "./language/definition";
import {
  type Expression,
  execution,
  isComputed,
  join,
  joinMerged,
  stepProperty,
} from "./language/expressions";
import type { Processing } from "./steps/processing";

/** A JSON value in which strings, and any JSON from reports, may be expressions. */
type CardValue =
  Expression | undefined | readonly CardValue[] | { readonly [name: string]: CardValue };

/** Max length of a member's text, and of one of the `custom_details`. */
const maxObservation = 1024;

/** The parts of a JSON document's text, which an execution completes; its expressions' strings need no escapes. */
function* partsOf(value: CardValue): Generator<Expression> {
  if (isComputed(value)) {
    yield* "Std:JsonGet" in value ? [value] : ['"', value, '"'];
  } else if (Array.isArray(value)) {
    for (const [index, one] of (value as readonly CardValue[]).entries()) {
      yield index === 0 ? "[" : ",";
      yield* partsOf(one);
    }
    yield value.length === 0 ? "[]" : "]";
  } else if (typeof value === "object") {
    const members = Object.entries(value).filter(([, one]) => one !== undefined);
    for (const [index, [name, one]] of members.entries()) {
      yield `${index === 0 ? "{" : ","}${JSON.stringify(name)}:`;
      yield* partsOf(one);
    }
    yield members.length === 0 ? "{}" : "}";
  } else {
    yield JSON.stringify(value);
  }
}

/** A description of the training data. */
function observations({ dataset }: DefinitionArgs): string {
  const { sampleWeight } = dataset;
  const { by, test, train, validation } = dataset.split;
  const parts = by === "column" ? "" : `: train ${train}, validation ${validation}, test ${test}`;
  const filter = dataset.filter.map((condition) => JSON.stringify(condition)).join(", ");
  const said = [
    `Table ${dataset.table}, target ${dataset.target}.`,
    `Rows are split by ${by === "random" ? `chance (seed ${dataset.seed})` : by}${parts}.`,
    sampleWeight === undefined ? "" : `Rows are weighted by ${sampleWeight}.`,
    `Missing values: ${dataset.missingValues}.`,
    filter === "" ? "All rows." : `Only rows where ${filter}.`,
    dataset.dropped.length === 0 ? "" : `Not used: ${dataset.dropped.join(", ")}.`,
  ]
    .filter((sentence) => sentence !== "")
    .join(" ");
  return said.length > maxObservation ? `${said.slice(0, maxObservation - 3)}...` : said.trim();
}

/** Prefix of the ARNs of training jobs, with the account of their role. */
function trainingJobPrefix({ region, roles }: DefinitionArgs): string {
  const [, partition = "", , , account = ""] = roles.training.split(":");
  return `arn:${partition}:sagemaker:${region}:${account}:training-job/`;
}

/** The hyperparameters of the best trial: static and tuned ones. */
function hyperparameters({ candidate, tuning }: TunedCandidate): readonly CardValue[] {
  const { StaticHyperParameters: fixed = {} } = tuning.step.Arguments.TrainingJobDefinition ?? {};
  const tuned = Object.keys(candidate.ranges).map((name) => {
    // The SageMaker Python SDK's form for a value of a map (PropertiesMap).
    const path = `TrainingJobSummaries[0].TunedHyperParameters['${name}']`;
    return { name, value: stepProperty(tuning.step.Name, path) };
  });
  return [
    ...Object.entries(fixed ?? {}).map(([name, value]) => ({ name, value: value ?? "" })),
    ...tuned,
  ];
}

/**
 * The card of a candidate's model. Its content is a JSON document as text, into which the execution joins results of tuning
 * and evaluation.
 *
 * Sources: SageMaker's guide, "View and Update the Details of a Model Version", Model package model card schema;
 * aws/sagemaker-python-sdk#4726 has ModelCard in the arguments of the step. That the service accepts a Join for the content,
 * as for other strings, is an assumption without evidence, so cards are optional.
 */
export function modelCard(
  args: DefinitionArgs,
  tuned: TunedCandidate,
  report: Processing<"evaluation">,
): RegisterModelArguments["ModelCard"] {
  const texts = args.modelCard;
  if (texts === undefined) {
    return undefined;
  }
  const { candidate, imageUri, preprocess, tuning } = tuned;
  const { sampleWeight } = args.dataset;
  // XGBoost's image weights its training, but not this metric: see steps/tuning.ts.
  const isObjectiveWeighted = sampleWeight !== undefined && candidate.algorithm !== "xgboost";
  const { algorithm } = candidate;
  const content: CardValue = {
    model_overview: { model_creator: texts.creator, model_artifact: [tuning.bestModelUri] },
    intended_uses: {
      purpose_of_model: texts.purpose,
      intended_uses: texts.intendedUses,
      factors_affecting_model_efficiency: texts.factorsAffectingEfficiency,
      risk_rating: texts.riskRating ?? "Unknown",
      explanations_for_risk_rating: texts.riskExplanation,
    },
    business_details: {
      business_problem: texts.businessProblem,
      business_stakeholders: texts.businessStakeholders,
      line_of_business: texts.lineOfBusiness,
    },
    training_details: {
      objective_function: {
        function: { function: "Minimize", facet: "RMSE", condition: "on the validation rows" },
        notes: `Tuning minimises ${objectiveMetric}${isObjectiveWeighted ? `, weighted by ${sampleWeight}` : ""}.`,
      },
      training_observations: observations(args),
      training_job_details: {
        training_arn: join("", [trainingJobPrefix(args), tuning.bestTrainingJobName]),
        training_datasets: [preprocess.output("train"), preprocess.output("validation")],
        training_environment: { container_image: [imageUri] },
        hyper_parameters: hyperparameters(tuned),
      },
    },
    evaluation_details: [
      {
        name: "Test rows",
        evaluation_observation: `Rows that neither training nor tuning has seen${
          sampleWeight === undefined ? "" : `, weighted by ${sampleWeight}`
        }.`,
        datasets: [preprocess.output("test")],
        metric_groups: report.jsonGet("model_card.metric_groups"),
      },
    ],
    additional_information: {
      ethical_considerations: texts.ethicalConsiderations,
      caveats_and_recommendations: texts.caveats,
      custom_details: {
        Table: args.dataset.table,
        Target: args.dataset.target,
        Candidate: candidate.name,
        Algorithm: typeof algorithm === "string" ? algorithm : "custom",
        Flow: args.sources.flow,
        PipelineExecution: execution("PipelineExecutionArn"),
        GitRevision: args.gitRevision,
      },
    },
  };
  return {
    ModelCardStatus: texts.status ?? "Draft",
    ModelCardContent: joinMerged("", partsOf(content)),
  };
}
