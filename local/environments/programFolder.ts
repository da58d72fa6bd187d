import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";

import { UserError } from "../../errors/userError";
import type { Image } from "../standins/images";

const isFile = (path: string): boolean => existsSync(path) && statSync(path).isFile();

/**
 * Runs the jobs of an image whose program is in a folder: a Python package that runs as `python -m PACKAGE train`, as in
 * `container/`, or Python scripts named `train` and `serve`, as in "Adapting your own training container".
 *
 * @param option the option with the folder, for errors
 * @throws UserError if there is no program in the folder
 */
export function programFolder(option: string, folder: string): Image {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) {
    throw new UserError(`${option}: folder does not exist: ${folder}`);
  }
  const hasScripts = ["train", "serve"].some((name) => isFile(join(folder, name)));
  const packages = readdirSync(folder).filter((name) => isFile(join(folder, name, "__main__.py")));
  const [first = "", ...others] = hasScripts ? [basename(folder)] : packages;
  if (first === "" || others.length > 0) {
    const found = packages.length === 0 ? "none" : packages.join(", ");
    throw new UserError(
      `${option}: ${folder} must contain one Python package with a __main__.py (found: ${found}), ` +
        "or a Python script named train or serve",
    );
  }
  const module = "local.standins.jobs.program_folder";
  return {
    trainingModule: module,
    processingModule: module,
    moduleArguments: [folder, hasScripts ? "" : first],
    runsScripts: true,
    sources: [folder, "local/standins/script_mode/launch.py"],
  };
}
