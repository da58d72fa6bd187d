import { UserError } from "../../errors/userError";
import type { PipelineDefinition } from "../../pipeline/language/definition";
import { allSteps } from "../../pipeline/language/graph";
import { removeContainers } from "../environments/docker";
import { prepare } from "../preparation/preparation";
import { findTableData } from "../preparation/tableData";
import { endKilled } from "../records/recorder";
import { obedienceOf } from "./authorization";
import type { Execution } from "./execution";
import { inputsHash } from "./interrupted";
import { type Checked, OpenSession } from "./openSession";
import type { SessionOptions } from "./options";
import type { RunResult } from "./scheduler";
import { Stopping } from "./stopping";

/** A finished run. */
export interface Session {
  readonly executionId: string;
  readonly executionArn: string;
  readonly execution: Execution;
  readonly result: RunResult;
}

/** A started run. */
interface StartedSession extends Pick<Session, "executionArn" | "executionId"> {
  /** Resolves when it has ended in any way. */
  readonly ended: Promise<Session>;
}

/**
 * Runs a pipeline in a work folder. The configuration, the definition, the parameters and the data are checked before
 * anything of earlier runs is changed.
 *
 * @throws UserError for users' mistakes
 */
export async function runSession(options: SessionOptions): Promise<Session> {
  return (await startSession(options)).ended;
}

/**
 * Starts a run; see {@link runSession}.
 * @returns as soon as the first step can begin
 * @throws UserError for users' mistakes
 */
export async function startSession(options: SessionOptions): Promise<StartedSession> {
  const checked = await check(options);
  if (options.stopped.aborted) {
    throw new UserError("stopped before any step began");
  }
  const stopping = new Stopping(options.stopped);
  const unlock = await lock(options, stopping);
  let session: OpenSession | undefined;
  const leave = async (): Promise<void> => {
    stopping.close();
    await session?.close();
    await unlock();
  };
  try {
    session = new OpenSession(options, checked, stopping);
    await session.begin();
  } catch (error) {
    await leave();
    throw error;
  }
  const { execution, executionArn } = session;
  const executionId = execution.id;
  return {
    executionId,
    executionArn,
    ended: session
      .run()
      .then((result) => ({ executionId, executionArn, execution, result }))
      .finally(leave),
  };
}

/** Checks a run before anything of earlier ones is changed. */
async function check(options: SessionOptions): Promise<Checked> {
  const { program, say } = options;
  const definition = options.definition ?? program.definition;
  const request = options.request ?? { pipelineName: program.pipelineName };
  const { images, parameters } = await prepare(options, definition);
  const obedience = obedienceOf(
    program,
    definition,
    options.authorization ?? true,
    request.roleArn,
  );
  if (obedience === "not checked: roles of others") {
    say(
      `the definition uses roles other than those of stack ${program.stack}, so permissions are not checked`,
    );
  }
  const data = await dataOf(options, definition);
  const inputs = await inputsHash(definition, images, [data, options.s3]);
  return { definition, request, images, parameters, obedience, data, inputs };
}

/**
 * Keeps other processes' runs out of the work folder, and clears up after those that were killed.
 * @returns a function that lets them in again
 */
function lock(
  { docker, say, workspace }: SessionOptions,
  stopping: Stopping,
): Promise<() => Promise<void>> {
  return workspace.lock(stopping.loseFolder, {
    say,
    opened: async () => {
      endKilled(workspace);
      if (docker) {
        await removeContainers(workspace.folder);
      }
    },
  });
}

/** The file or folder with the table's data; undefined if no step queries a table. */
async function dataOf(
  { data: named, program, say }: SessionOptions,
  definition: PipelineDefinition,
): Promise<string | undefined> {
  const [table] = program.tables;
  const queries = allSteps(definition).some(
    ({ step }) =>
      step.Type === "Processing" &&
      step.Arguments.ProcessingInputs?.some(
        (input) => input.DatasetDefinition?.AthenaDatasetDefinition,
      ),
  );
  if (table === undefined || !queries) {
    return undefined;
  }
  return findTableData(table, program.dataset, { named, uploaded: program.dataFile }, say);
}
