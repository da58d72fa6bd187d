import type { Step } from "./definition";

function imageValues({ Arguments: args, Type: type }: Step): readonly unknown[] {
  switch (type) {
    case "ClarifyCheck":
    case "Processing":
    case "QualityCheck":
      return [args.AppSpecification?.ImageUri];
    case "Training":
      return [args.AlgorithmSpecification?.TrainingImage];
    case "Tuning":
      return [args.TrainingJobDefinition, ...(args.TrainingJobDefinitions ?? [])].map(
        (job) => job?.AlgorithmSpecification?.TrainingImage,
      );
    case "Model":
      return [args.PrimaryContainer, ...(args.Containers ?? [])].map((one) => one?.Image);
    case "RegisterModel":
      return (args.InferenceSpecification?.Containers ?? []).map(({ Image: image }) => image);
    default:
      return [];
  }
}

/** The URIs of the images that a step's job or model runs, as far as they are known before an execution. */
export function imagesOf(step: Step): readonly string[] {
  return imageValues(step).filter((uri) => typeof uri === "string");
}
