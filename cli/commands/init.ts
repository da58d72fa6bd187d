import { Command } from "commander";
import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";

import { UserError } from "../../errors/userError";
import { findEncoding } from "../../local/preparation/encoding";
import { checkRequest } from "../../local/preparation/tableData";
import { runService } from "../../local/environments/service";
import { dataFileProblems } from "../../pipeline/dataFiles/check";
import { typedPath } from "../../terminal/options";
import { findTableFiles, type TableFiles } from "../ownTable/files";
import { profileTable, type TableProfile } from "../ownTable/profile";
import { features, formRemarks, reasonToDrop, stackFile } from "../ownTable/stackFile";
import { askTarget, checkRows, targetOf } from "../ownTable/target";
import { counted, shown } from "../ownTable/words";
import { note, print, type Terminal } from "../terminal";
import { programOf } from "../world";

/** The options of `init`. */
interface InitOptions {
  readonly target?: string;
  readonly output?: string;
  readonly force?: boolean;
}

const root = resolve(__dirname, "..", "..");

/** Words of a file's name, in lower case. */
function nameWords(path: string): readonly string[] {
  const name = basename(path).replace(/(\.(csv|tsv|txt|data|parquet|gz|bz2))+$/i, "");
  const plain = name.normalize("NFKD").toLowerCase();
  return plain.split(/[^a-z0-9]+/).filter((word) => word !== "");
}

/** Name of a table, as Glue has it. */
function tableName(path: string): string {
  const name = nameWords(path).join("_").slice(0, 60).replace(/_$/, "");
  return /^[a-z]/.test(name) ? name : `table${name === "" ? "" : `_${name}`}`;
}

/** Name of a stack for the file: what every physical name can carry. */
function stackName(path: string): string {
  const name = tableName(path).replaceAll("_", "-").slice(0, 20).replace(/-$/, "");
  return name === "dev" || name === "prod" ? `${name}-table` : name;
}

/** A path as it is typed where the command was called. */
function shownPath(path: string): string {
  const typed = relative(typedPath("."), path);
  return typed.startsWith("..") ? path : typed;
}

/**
 * Sees that the pipeline runs with a configuration: the program takes it, and each value of the files is what it says.
 * @throws UserError with every problem
 */
async function checkStackFile(path: string, { path: data }: TableFiles): Promise<void> {
  const folder = mkdtempSync(join(dirname(path), ".restate-init-"));
  try {
    const program = await programOf({ configFile: path, workFolder: folder });
    const [table] = program.tables;
    const problems = dataFileProblems(data, program.dataset, { values: false });
    if (problems.length > 0 || table === undefined) {
      throw new UserError(problems.join("\n  "));
    }
    const encoding = findEncoding(program.definition, program.uploads);
    await runService(
      "local.standins.athena.table_data",
      checkRequest(table, program.dataset, data, encoding),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The columns that are not features, and why. */
function unused(profile: TableProfile, target: string): readonly string[] {
  const drops = profile.columns.flatMap((column) => {
    const reason = reasonToDrop(column, profile, target);
    return reason === undefined ? [] : [[column.name, reason] as const];
  });
  return [...drops, ...Object.entries(profile.skipped)].map(
    ([name, reason]) => `  ${shown(name)}: ${shown(reason, 200)}`,
  );
}

/** What was found, in a few lines. */
function summary(profile: TableProfile, target: string): readonly string[] {
  const { numbers, oneHot } = features(profile, target);
  const others = unused(profile, target);
  const kept = [
    ...(numbers > 0 ? [counted(numbers, "numeric feature")] : []),
    ...(oneHot.length > 0 ? [`${oneHot.map(({ name }) => name).join(", ")} one-hot`] : []),
  ];
  return [
    `${counted(profile.rows, "row")}, ${counted(profile.columns.length, "column")}; target ${target}; ${kept.join(", ")}`,
    ...formRemarks(profile),
    ...(others.length > 0 ? ["Not used:", ...others] : []),
  ];
}

async function writeStackFile(
  path: string,
  { force, output, target: named }: InitOptions,
  terminal: Terminal,
): Promise<void> {
  const target =
    output === undefined ? join(root, `Pulumi.${stackName(path)}.yaml`) : typedPath(output);
  if (existsSync(target) && force !== true) {
    throw new UserError(
      `${shownPath(target)} exists: --force overwrites it, --output FILE writes another`,
    );
  }
  if (!existsSync(dirname(target))) {
    throw new UserError(`--output: there is no folder ${dirname(target)}`);
  }
  const files = findTableFiles(path);
  const first = await profileTable(files, named);
  checkRows(first, path);
  const column = named === undefined ? await askTarget(first, terminal) : targetOf(first, named);
  const profile = column === named ? first : await profileTable(files, column);
  const { numbers, oneHot } = features(profile, column);
  if (numbers + oneHot.length === 0) {
    throw new UserError(
      `no column is left to learn ${column} from:\n${unused(profile, column).join("\n")}`,
    );
  }
  const inside = relative(root, path);
  const command = `npm run local -- --config-file ${shownPath(target)}`;
  const text = stackFile({
    files,
    profile,
    table: tableName(path),
    target: column,
    dataFile: inside.startsWith("..") ? path : inside,
    command,
  });
  const draft = join(dirname(target), `.${basename(target)}.draft`);
  try {
    writeFileSync(draft, text);
    await checkStackFile(draft, files);
    renameSync(draft, target);
  } catch (error) {
    rmSync(draft, { force: true });
    if (error instanceof Error && error.name === "UserError") {
      throw new UserError(
        `${path} cannot be read as a table:\n  ${error.message.split("\n").join("\n  ")}`,
      );
    }
    throw error;
  }
  for (const line of summary(profile, column)) {
    note(terminal, line);
  }
  print(terminal, shownPath(target));
  note(terminal, `next: ${command}`);
}

/** `init PATH`: writes a stack's configuration for a table. */
export function init(terminal: Terminal): Command {
  return new Command("init")
    .argument("<path>", "file or folder with the table's data: CSV or Parquet")
    .option("--local", "as without it: files are read on this machine")
    .option("--target <column>", "the column to predict (default: asked on a terminal)")
    .option("--output <file>", "the file to write (default: Pulumi.<name of the data>.yaml)")
    .option("--force", "overwrite the file")
    .action(async (path: string, options: InitOptions) => {
      await writeStackFile(typedPath(path), options, terminal);
    });
}
