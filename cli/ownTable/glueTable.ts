import { GetCatalogCommand, GetTableCommand, GlueClient, type Table } from "@aws-sdk/client-glue";

import { UserError } from "../../errors/userError";
import { columnType } from "../../pipeline/columnTypes";
import { AwsError, explaining } from "../../sageMaker/awsErrors";
import type { ProfiledColumn, TableProfile } from "./profile";

/** An existing table or view of the Glue Data Catalog. */
export interface GlueTable {
  readonly region: string;
  /** The catalogue of its bucket, if it is in S3 Tables: `s3tablescatalog/BUCKET`. */
  readonly catalog: string | undefined;
  readonly database: string;
  readonly table: string;
  /** The tables that a view reads, as `database.table`. */
  readonly baseTables: readonly string[];
  /** S3 URI of the folder with its files; undefined in S3 Tables. */
  readonly location: string | undefined;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  /** Columns that a dataset cannot have, and why. */
  readonly skipped: Readonly<Record<string, string>>;
  readonly partitions: readonly { readonly name: string; readonly type: string }[];
  /** The dialect of its CSV files; null for other tables, whose rows are Parquet on this machine. */
  readonly form: TableProfile["form"];
}

const identifier = /^[a-z_][a-z0-9_]{0,127}$/;
const keyTypes = ["tinyint", "smallint", "int", "bigint", "string", "date"];

/** Reads a table's name: `[CATALOG.]database.table`, where the catalogue is AwsDataCatalog or that of a table bucket. */
function parseTableName(name: string): Pick<GlueTable, "catalog" | "database" | "table"> {
  const parts = name.toLowerCase().split(".");
  const [table = "", database = "", catalog = "awsdatacatalog"] = parts.reverse();
  if (parts.length > 3 || !identifier.test(table) || !identifier.test(database)) {
    throw new UserError(`--table: ${name} must be <database>.<table>`);
  }
  if (catalog === "awsdatacatalog") {
    return { catalog: undefined, database, table };
  }
  if (!/^s3tablescatalog\/[a-z0-9-]+$/.test(catalog)) {
    throw new UserError(
      `--table: the catalogue ${catalog} is neither the account's own, AwsDataCatalog, nor ` +
        "s3tablescatalog/<table bucket>; create a view of the table in AwsDataCatalog",
    );
  }
  return { catalog, database, table };
}

/** Whether Glue has no such thing. */
const isNotFound = (error: unknown): boolean =>
  error instanceof AwsError && error.code === "EntityNotFoundException";

/**
 * Glue's id of a table bucket's catalogue, with the account, which is in the ARN of the catalogue above.
 * Sources: S3 guide, "Integrating Amazon S3 Tables with AWS analytics services" (GetCatalog of `s3tablescatalog`); Lake
 * Formation guide, "Creating S3 tables" (ids such as `123456789012:s3tablescatalog/test`); open-metadata/OpenMetadata#25356
 * (GetTable with them, tried on S3 Tables).
 */
async function catalogId(client: GlueClient, catalog: string, region: string): Promise<string> {
  const [above = ""] = catalog.split("/");
  try {
    const { Catalog: found } = await client.send(new GetCatalogCommand({ CatalogId: above }));
    return `${found?.ResourceArn?.split(":")[4] ?? ""}:${catalog}`;
  } catch (error) {
    throw isNotFound(error)
      ? new UserError(
          `--table: S3 Tables is not integrated with the Glue Data Catalog in ${region}: there is no catalogue ${above}`,
        )
      : error;
  }
}

/**
 * The tables after FROM and JOIN in the SQL of a view. Its text is JSON in base64.
 * Source of the form: Trino's ViewReaderUtil ("Presto View").
 */
function namedTables(text: string, database: string): readonly string[] {
  const [, encoded = ""] = /^\/\* Presto View: (\S+) \*\/$/.exec(text.trim()) ?? [];
  if (encoded === "") {
    return [];
  }
  const view = JSON.parse(Buffer.from(encoded, "base64").toString()) as {
    readonly originalSql?: string;
    readonly schema?: string;
  };
  const name = /\b(?:from|join)\s+((?:"?\w+"?\.){0,2}"?\w+"?)/gi;
  const found = [...(view.originalSql ?? "").matchAll(name)].map(([, one = ""]) =>
    one.replaceAll('"', "").toLowerCase().split(".").slice(-2),
  );
  return [
    ...new Set(
      found.map((parts) =>
        (parts.length === 2 ? parts : [view.schema ?? database, ...parts]).join("."),
      ),
    ),
  ];
}

/** The dialect of a CSV table's files, if a dataset can express it. */
function formOf({
  Parameters: parameters,
  StorageDescriptor: storage,
}: Table): TableProfile["form"] {
  const { Parameters: settings = {}, SerializationLibrary: library = "" } =
    storage?.SerdeInfo ?? {};
  const isQuoted = library.endsWith(".OpenCSVSerde");
  const delimiter =
    (isQuoted
      ? settings["separatorChar"]
      : (settings["field.delim"] ?? settings["serialization.format"])) ??
    (isQuoted ? "," : "\u0001");
  const isText =
    storage?.Columns?.every(({ Type: type }) => type?.toLowerCase() === "string") === true;
  const isKnown = isQuoted
    ? isText && (settings["quoteChar"] ?? '"') === '"'
    : library.endsWith(".LazySimpleSerDe") && settings["escape.delim"] === undefined;
  if (!isKnown || !/^(?![\w"\\.+-])[\t -~]$/.test(delimiter)) {
    return null;
  }
  const nullText =
    settings["serialization.null.format"] ?? parameters?.["serialization.null.format"];
  return {
    delimiter,
    quoted: isQuoted,
    headerLines: Number(parameters?.["skip.header.line.count"] ?? 0),
    nullTexts: nullText === undefined || nullText === "\\N" || isQuoted ? [] : [nullText],
    thousands: null,
    decimal: ".",
  };
}

/** The folder of a table's files, as the key `location` takes it. */
function folderOf(table: Table): string | undefined {
  const location = table.StorageDescriptor?.Location?.replace(/^s3[an]:/, "s3:").replace(
    /\/?$/,
    "/",
  );
  return location?.startsWith("s3://") === true ? location : undefined;
}

/**
 * Reads a table of the Glue Data Catalog. Credentials, region and AWS_ENDPOINT_URL are the SDK's defaults.
 * @throws UserError if there is no such table, or a dataset cannot describe it
 */
export async function readGlueTable(name: string): Promise<GlueTable> {
  const { catalog, database, table } = parseTableName(name);
  const client = explaining(new GlueClient({}), "glue");
  const region = await client.config.region().catch(() => {
    throw new UserError(
      "--table: no AWS region found; set AWS_REGION, or the region of the profile in AWS_PROFILE",
    );
  });
  const CatalogId = catalog === undefined ? undefined : await catalogId(client, catalog, region);
  const get = async (one: string, other: string): Promise<Table | undefined> => {
    try {
      const request = { CatalogId, DatabaseName: one, Name: other };
      return (await client.send(new GetTableCommand(request))).Table;
    } catch (error) {
      if (isNotFound(error)) {
        return undefined;
      }
      throw error;
    }
  };
  const found = await get(database, table);
  if (found === undefined) {
    const where = catalog === undefined ? region : `${catalog} in ${region}`;
    throw new UserError(
      `--table: there is no table ${table} in the database ${database} of ${where}`,
    );
  }
  const baseTables: string[] = [];
  const folders = new Set([folderOf(found)]);
  if (found.TableType === "VIRTUAL_VIEW") {
    folders.clear();
    for (const base of namedTables(found.ViewOriginalText ?? "", database)) {
      const [one = "", other = ""] = base.split(".");
      const read = await get(one, other);
      // A table that does not exist is a name defined in WITH.
      if (read !== undefined) {
        baseTables.push(base);
        folders.add(folderOf(read));
      }
    }
  }
  // Only S3 Tables knows where its files are.
  const [location] = catalog === undefined ? folders : [];
  if (catalog === undefined && (folders.size !== 1 || location === undefined)) {
    const what = [...folders].map((folder) => folder ?? "none in S3").join(", ");
    throw new UserError(
      `--table: the files of ${database}.${table} are in ${folders.size} folders (${what || "none known"}), but ` +
        "dataset.location is a single one: create a table with the rows with CREATE TABLE AS, and use that",
    );
  }
  // Glue keeps removed columns of Iceberg tables. Source: dbt-athena, impl.py (_is_current_column).
  const current = (found.StorageDescriptor?.Columns ?? []).filter(
    ({ Parameters: settings }) => settings?.["iceberg.field.current"] !== "false",
  );
  const columns = current.map((column) => ({
    name: (column.Name ?? "").toLowerCase(),
    type: (column.Type ?? "")
      .toLowerCase()
      .replaceAll(" ", "")
      .replace(/^integer$/, "int"),
  }));
  const problems = columns.flatMap((column) => {
    const known = columnType(column.type) !== undefined;
    const reason = known ? "its name is not allowed in a dataset" : `it is a ${column.type}`;
    return known && identifier.test(column.name) ? [] : [[column.name, reason] as const];
  });
  const skipped = Object.fromEntries(problems);
  return {
    region,
    catalog,
    database,
    table,
    baseTables,
    location,
    columns: columns.filter((column) => !(column.name in skipped)),
    skipped,
    partitions: (found.PartitionKeys ?? []).flatMap(({ Name: key = "", Type: type = "" }) =>
      keyTypes.includes(type) ? [{ name: key.toLowerCase(), type }] : [],
    ),
    // Columns of text are read by position, so none may be left out.
    form: problems.length > 0 || found.TableType === "VIRTUAL_VIEW" ? null : formOf(found),
  };
}

/** A column's name in sample files of the table. Athena reads columns of text by position. */
export function nameInFiles(table: GlueTable, files: TableProfile, name: string): string {
  const place = table.columns.findIndex((column) => column.name === name.toLowerCase());
  return table.form === null ? name : (files.columns[place]?.name ?? name);
}

/**
 * The profile of an existing table: from Glue, and from sample files if there are any.
 * Without files the number of rows is 0.
 */
export function profileOf(table: GlueTable, files: TableProfile | undefined): TableProfile {
  const columns = table.columns.map(({ name, type }, place): ProfiledColumn => {
    // Athena reads columns of text by position, others by name.
    const known =
      table.form === null
        ? files?.columns.find((column) => column.name === name)
        : files?.columns[place];
    // To Glue, everything that OpenCSVSerde reads is a string.
    const meant = table.form?.quoted === true ? (known?.type ?? type) : type;
    return {
      ...(known ?? unknownColumn),
      name,
      type: meant,
      dateFormat: /^(string|varchar)/.test(meant) ? (known?.dateFormat ?? null) : null,
      drop: known?.drop ?? null,
    };
  });
  const isNumber = ({ type }: ProfiledColumn): boolean =>
    !/^(string|char|varchar|date|time|bool)/.test(type);
  const numbers = columns.filter(isNumber).map(({ name }) => name);
  const ownName = (name: string): string =>
    columns[files?.columns.findIndex((column) => column.name === name) ?? -1]?.name ?? name;
  const copies = Object.entries(files?.copies ?? {});
  const renamed = Object.fromEntries(
    table.form === null ? copies : copies.map(([name, why]) => [ownName(name), why]),
  );
  return {
    rows: files?.rows ?? 0,
    form: table.form,
    columns,
    skipped: table.skipped,
    copies: renamed,
    targets: numbers.reverse(),
    plainBooleans: (files?.plainBooleans ?? []).map(table.form === null ? String : ownName),
  };
}

const unknownColumn: Omit<ProfiledColumn, "dateFormat" | "drop" | "name" | "type"> = {
  header: null,
  missing: 0,
  distinct: 0,
  low: "",
  high: "",
  middle: "",
  labels: [],
  remark: "",
};
