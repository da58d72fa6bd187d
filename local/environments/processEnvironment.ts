import { type Image, splitQuoted } from "../standins/images";
import type { Container, Environment, Program } from "./environment";
import { intoFolder } from "./jobFolder";
import { serverEnvironment } from "./server";

/** The script of an entry point, or the module that stands in for the image's own. */
function programOf(
  image: Image | undefined,
  { folder, task }: Container,
): Pick<Program, "arguments" | "program"> {
  if (typeof task === "string") {
    return { program: { module: image?.trainingModule ?? "" }, arguments: [task] };
  }
  const { arguments: values = [], entrypoint = [] } = task;
  const [, script, ...rest] = entrypoint;
  if (script !== undefined) {
    return {
      program: { script: intoFolder(script, folder) },
      arguments: intoFolder([...rest, ...values], folder),
    };
  }
  return {
    program: { module: image?.processingModule ?? "" },
    arguments: intoFolder(values.flatMap(splitQuoted), folder),
  };
}

/** Processes of this machine, which stand in for the containers of an image. */
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
