import { Command } from "commander";
import { existsSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";

import { UserError } from "../../errors/userError";
import { findEncoding } from "../../local/preparation/encoding";
import { writeIcebergRows } from "../../local/preparation/icebergRows";
import { checkRequest } from "../../local/preparation/tableData";
import { runService } from "../../local/environments/service";
import { dataFileProblems } from "../../pipeline/dataFiles/check";
import { icebergFolder } from "../../pipeline/dataFiles/paths";
import { stackNamed } from "../../offline/stackConfig";
import { wrapped } from "../../terminal/fittedTable";
import { typedPath } from "../../terminal/options";
import { widthOf } from "../../terminal/output";
import { convertToUtf8, likelyEncoding } from "../ownTable/convert";
import { findTableFiles, type PartitionKey, type TableFiles } from "../ownTable/files";
import { type GlueTable, nameInFiles, profileOf, readGlueTable } from "../ownTable/glueTable";
import { stackName, tableName } from "../ownTable/names";
import { profileTable, type TableProfile } from "../ownTable/profile";
import { features, formRemarks, reasonToDrop, stackFile } from "../ownTable/stackFile";
import { askTarget, checkRows, targetOf } from "../ownTable/target";
import { counted, firstOf, shown } from "../ownTable/words";
import { note, print, type Terminal } from "../terminal";
import { stackProgram } from "../stackProgram";

interface InitOptions {
  readonly table?: string;
  readonly target?: string;
  readonly output?: string;
  readonly encoding?: string;
  readonly force?: boolean;
}

const root = resolve(__dirname, "..", "..");

/** A path relative to where the command was called. */
function shownPath(path: string): string {
  const typed = relative(typedPath("."), path);
  return typed.startsWith("..") ? path : typed;
}

/**
 * Checks that the pipeline runs with a configuration: the program accepts it, and each value of the files has its type.
 * @throws UserError with every problem
 */
async function checkStackFile(
  path: string,
  stack: string,
  data: string | undefined,
): Promise<void> {
  const program = await stackProgram({ configFile: path, stack });
  const [table] = program.tables;
  if (data === undefined || table === undefined) {
    return;
  }
  const problems = dataFileProblems(data, program.dataset, { values: false });
  if (problems.length > 0) {
    throw new UserError(problems.join("\n"));
  }
  const encoding = findEncoding(program.definition, program.uploads);
  await runService(
    "local.standins.athena.table_data",
    checkRequest(table, program.dataset, data, encoding),
  );
}

/** The columns that are not features, with the reasons. */
function unused(profile: TableProfile, target: string): readonly string[] {
  const drops = profile.columns.flatMap((column) => {
    const reason = reasonToDrop(column, profile, target);
    return reason === undefined ? [] : [[column.name, reason] as const];
  });
  const lines = [...drops, ...Object.entries(profile.skipped)].map(
    ([name, reason]) => `${shown(name)}: ${shown(reason, 200)}`,
  );
  return firstOf(lines).map((line) => `  ${line}`);
}

/** A summary of what was found, in a few lines. */
function summary(
  profile: TableProfile,
  target: string,
  partitions: readonly PartitionKey[],
): readonly string[] {
  const { byTarget, dates, numbers, oneHot } = features(profile, target);
  const others = unused(profile, target);
  const kept = [
    ...(numbers > 0 ? [counted(numbers, "numeric feature")] : []),
    ...(oneHot.length > 0 ? [`${oneHot.map(({ name }) => name).join(", ")} one-hot`] : []),
    ...(byTarget.length > 0
      ? [`${byTarget.map(({ name }) => name).join(", ")} by mean target`]
      : []),
    ...(dates.length > 0 ? [`${dates.map(({ name }) => name).join(", ")} by parts`] : []),
  ];
  const rows = profile.rows === 0 ? "" : `${counted(profile.rows, "row")}, `;
  return [
    `${rows}${counted(profile.columns.length, "column")}; target ${target}; ${kept.join(", ")}`,
    ...formRemarks(profile),
    ...(partitions.length > 0
      ? [
          `Partition keys, for filters and splits, not features: ${partitions.map(({ name }) => name).join(", ")}`,
        ]
      : []),
    ...(others.length > 0 ? ["Not used:", ...others] : []),
  ];
}

/** What is known of a table: its files, their profile for a target, and the Glue table that they belong to. */
interface Found {
  readonly files: TableFiles | undefined;
  readonly source: GlueTable | undefined;
  readonly profile: (target: string | undefined) => Promise<TableProfile>;
}

async function find(path: string | undefined, tableName: string | undefined): Promise<Found> {
  const files = path === undefined ? undefined : findTableFiles(path);
  const source = tableName === undefined ? undefined : await readGlueTable(tableName);
  if (
    source !== undefined &&
    files !== undefined &&
    (source.form === null) !== (files.format === "parquet")
  ) {
    const format = source.form === null ? "Parquet" : "CSV, as the table's own";
    throw new UserError(
      `${files.path}: rows of ${source.database}.${source.table} must be ${format}`,
    );
  }
  return {
    files,
    source,
    profile: async (target) => {
      const profile = files && (await profileTable(files, target));
      if (source !== undefined) {
        const own = profile && nameInFiles(source, profile, target ?? "");
        const known = files && own !== target ? await profileTable(files, own) : profile;
        return profileOf(source, known);
      }
      if (profile === undefined) {
        throw new UserError(
          "give a file or folder with the table's data, or an existing table with --table",
        );
      }
      return profile;
    },
  };
}

/** The file to read: the user's, or a copy that Athena can read. */
async function readableFile(
  path: string | undefined,
  { encoding, force }: InitOptions,
  terminal: Terminal,
): Promise<string | undefined> {
  const iceberg = path === undefined || encoding !== undefined ? undefined : icebergFolder(path);
  if (iceberg !== undefined) {
    const copy = `${iceberg}.parquet`;
    if (existsSync(copy) && force !== true) {
      throw new UserError(`${copy} exists: --force overwrites it with the Iceberg table's rows`);
    }
    await writeIcebergRows(iceberg, copy);
    note(
      terminal,
      `${shownPath(copy)} has the Iceberg table's current rows, and is read from here on`,
    );
    return copy;
  }
  if (encoding === undefined) {
    return path;
  }
  if (path === undefined) {
    throw new UserError("--encoding is about a file, and none is given");
  }
  const copy = await convertToUtf8(path, encoding, force === true);
  note(terminal, `${shownPath(copy)} is a UTF-8 copy, which is read from here on`);
  return copy;
}

/** Adds to an error about a file's encoding the option that helps. */
function withEncodingHint(error: unknown): unknown {
  const message = error instanceof Error && error.name === "UserError" ? error.message : "";
  const encoding = likelyEncoding(message);
  return encoding === undefined
    ? error
    : new UserError(`${message}; or let init write a UTF-8 copy: --encoding ${encoding}`);
}

async function writeStackFile(
  path: string | undefined,
  { force, output, table, target: named }: InitOptions,
  terminal: Terminal,
): Promise<void> {
  const own = table === undefined ? (path ?? "") : (table.split(".").at(-1) ?? "");
  const target =
    output === undefined ? join(root, `Pulumi.${stackName(own)}.yaml`) : typedPath(output);
  if (existsSync(target) && force !== true) {
    throw new UserError(
      `${shownPath(target)} already exists; overwrite it with --force, or choose another file with --output FILE`,
    );
  }
  if (!existsSync(dirname(target))) {
    throw new UserError(`--output: folder does not exist: ${dirname(target)}`);
  }
  const found = await find(path, table);
  const { files, source } = found;
  const what = source === undefined ? (path ?? "") : `${source.database}.${source.table}`;
  const first = await found.profile(named);
  if (files !== undefined) {
    checkRows(first, files.path);
  }
  const column = named === undefined ? await askTarget(first, terminal) : targetOf(first, named);
  const profile = column === named ? first : await found.profile(column);
  const { byTarget, dates, numbers, oneHot } = features(profile, column);
  if (numbers + oneHot.length + byTarget.length + dates.length === 0) {
    throw new UserError(
      `no column is left to predict ${column} from:\n${unused(profile, column).join("\n")}`,
    );
  }
  const inside = relative(root, path ?? root);
  const dataFile = inside.startsWith("..") ? path : inside;
  const data =
    source === undefined ? "" : ` --data ${path === undefined ? "FILE" : shownPath(path)}`;
  const command = `npm run local -- --config-file ${shownPath(target)}${data}`;
  const partitions = source?.partitions ?? files?.partitions ?? [];
  const text = stackFile({
    region: source?.region ?? "us-east-1",
    what,
    profile,
    partitions,
    source,
    table: tableName(own),
    target: column,
    dataFile: source === undefined ? dataFile : undefined,
    command,
  });
  const draft = join(dirname(target), `.${basename(target)}.draft`);
  try {
    writeFileSync(draft, text);
    await checkStackFile(draft, stackNamed({ configFile: target }), files?.path);
    renameSync(draft, target);
  } catch (error) {
    rmSync(draft, { force: true });
    if (error instanceof Error && error.name === "UserError") {
      throw new UserError(
        `${what} cannot be read as a table:\n  ${error.message.split("\n").join("\n  ")}`,
      );
    }
    throw error;
  }
  for (const line of summary(profile, column, partitions)) {
    note(terminal, wrapped(line, widthOf(terminal.stderr), "  ").join("\n"));
  }
  print(terminal, shownPath(target));
  note(terminal, `next: ${command}`);
}

/** `init [PATH]`: writes a stack's configuration for a table, from files or from Glue. */
export function init(terminal: Terminal): Command {
  return new Command("init")
    .argument(
      "[path]",
      "file or folder with the table's data, CSV or Parquet; with --table, some of its rows",
    )
    .option("--local", "no effect: files are always read on this machine")
    .option(
      "--table <database.table>",
      "an existing table or view in the Glue Data Catalog, to read unchanged; in S3 Tables, " +
        "s3tablescatalog/<bucket>.<namespace>.<table>",
    )
    .option("--target <column>", "the column to predict (default: ask in the terminal)")
    .option("--output <file>", "the file to write (default: Pulumi.<table>.yaml)")
    .option(
      "--encoding <name>",
      "the encoding of the file, such as windows-1252 or utf-16: write a UTF-8 copy next to it, and read that",
    )
    .option("--force", "overwrite the file")
    .action(async (typed: string | undefined, options: InitOptions) => {
      const path = typed === undefined ? undefined : typedPath(typed);
      try {
        const file = await readableFile(path, options, terminal);
        await writeStackFile(file, options, terminal);
      } catch (error) {
        throw options.encoding === undefined ? withEncodingHint(error) : error;
      }
    });
}
