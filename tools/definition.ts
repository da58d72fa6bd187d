import { Command } from "commander";

import { UserError } from "../local/errors";
import { evaluateProgram } from "../local/program";
import { stackConfig } from "../local/stackConfig";
import { canonicalJson } from "../pipeline/render";

interface Options {
  readonly stack: string;
  readonly canonical?: boolean;
}

const command = new Command("definition")
  .description(
    "Prints the pipeline's definition as the program renders it, without an account: the account id and " +
      "the ids that AWS assigns are placeholders.",
  )
  .option("--stack <name>", "stack whose configuration to use", "dev")
  .option("--canonical", "print it as it is deployed: compact, with keys in order")
  .action(async ({ canonical, stack }: Options) => {
    const { definition } = await evaluateProgram(stack, stackConfig(stack));
    process.stdout.write(`${canonicalJson(definition, canonical === true ? undefined : 2)}\n`);
  });

command.parseAsync().catch((error: unknown) => {
  if (!(error instanceof UserError)) {
    throw error;
  }
  process.stderr.write(`error: ${error.message}\n`);
  process.exitCode = 1;
});
