import { type Image, scriptModule, splitQuoted } from "../standins/images";
import { readEntrypoint } from "./entrypoint";
import type { Container, Environment, Program } from "./environment";
import { intoFolder } from "./jobFolder";
import { serverEnvironment } from "./server";

/** The script of an entry point, or the module that stands in for the image's own. */
function programOf(
  image: Image | undefined,
  { folder, hasScript, task }: Container,
): Pick<Program, "arguments" | "program"> {
  const own = image?.moduleArguments ?? [];
  if (typeof task === "string") {
    if (hasScript === true) {
      const framework = task === "serve" ? [image?.framework ?? ""] : [];
      return { program: { module: scriptModule }, arguments: [task, ...framework] };
    }
    return { program: { module: image?.trainingModule ?? "" }, arguments: [...own, task] };
  }
  const { arguments: values = [], entrypoint = [] } = task;
  const entry = readEntrypoint(entrypoint);
  if (entry?.kind === "framework") {
    return {
      program: { module: scriptModule },
      arguments: ["process", ...intoFolder(values, folder)],
    };
  }
  if (entry !== undefined) {
    return {
      program: { script: intoFolder(entry.script, folder) },
      arguments: intoFolder([...entry.arguments, ...values], folder),
    };
  }
  return {
    program: { module: image?.processingModule ?? "" },
    arguments: [...own, ...intoFolder(values.flatMap(splitQuoted), folder)],
  };
}

/** Processes that stand in for an image's containers. */
export function processes(image: Image | undefined): Environment {
  return {
    paths: intoFolder,
    program: (container) => {
      const { environment, folder, port } = container;
      return {
        ...programOf(image, container),
        environment: {
          ...intoFolder(environment, folder),
          SAGEMAKER_BASE_DIR: folder.base,
          ...(port === undefined ? {} : serverEnvironment(folder.base, port)),
        },
      };
    },
  };
}
