import type { Step } from "./definition";

/** The containers of a model, in the order of invocation; several are an inference pipeline. */
export function modelContainers<Container extends object>({
  Containers: several,
  PrimaryContainer: one,
}: {
  readonly Containers?: readonly Container[] | null | undefined;
  readonly PrimaryContainer?: Container | null | undefined;
}): readonly Container[] {
  return [one ?? [], several ?? []].flat() as readonly Container[];
}

/** The images of a step's job or model: URIs or expressions. */
export function imageValues({ Arguments: args, Type: type }: Step): readonly unknown[] {
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
      return modelContainers(args).map(({ Image: image }) => image);
    case "RegisterModel":
      return (args.InferenceSpecification?.Containers ?? []).map(({ Image: image }) => image);
    default:
      return [];
  }
}

/** The URIs of the images of a step's job or model that are known before an execution. */
export function imagesOf(step: Step): readonly string[] {
  return imageValues(step).filter((uri) => typeof uri === "string");
}
