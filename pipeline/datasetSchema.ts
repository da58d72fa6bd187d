import { castType, columnType } from "./columnTypes";
import type { Report } from "./configFields";
import {
  addedColumns,
  droppedColumns,
  featureColumns,
  momentType,
  partColumns,
  splitKey,
  tableBucket,
  typeInQuery,
} from "./dataset";
import { type Dataset, datasetFields } from "./datasetFields";
import { dateProblems } from "./dateProblems";
import { type ConfigValue, sqlLiteral } from "./literals";
import { encodeProblems } from "./encodeProblems";
import { castColumns } from "./ownFlow";
import { partitionProblems } from "./partitions";

/** Glue databases that a stack must not create: Athena's, and SageMaker's, in which jobs create and drop tables. */
const databasesOfTheAccount = ["default", "sagemaker_processing"];

/** Kinds of types for a split by time, and for one by a column. */
const keyKinds: Readonly<Record<"column" | "time", readonly string[]>> = {
  time: ["char", "date", "decimal", "double", "float", "integer", "string", "timestamp", "varchar"],
  column: ["char", "string", "varchar"],
};

/** A problem with the split, and its key; undefined: the split itself. */
function splitProblems(
  dataset: Dataset,
): readonly (readonly [key: keyof Dataset["split"] | undefined, message: string])[] {
  const { columns, dateParts, dropped, partitions, split, target } = dataset;
  const { by, column, keep } = split;
  const parts = ["train", "validation", "test"] as const;
  const missing = parts.find((name) => split[name] === undefined);
  const given = parts.flatMap((name) => split[name] ?? []);
  if (given.length > 0 && by === "column") {
    return [
      [undefined, "by: column does not allow fractions, because the column decides the parts"],
    ];
  }
  if (given.length > 0 && missing !== undefined) {
    return [[missing, "is missing: set all of train, validation and test, or none"]];
  }
  if (given.length > 0 && Math.abs(given.reduce((sum, one) => sum + one) - 1) >= 1e-9) {
    return [[undefined, "train, validation and test must add up to 1"]];
  }
  if (by === "random") {
    return column === undefined && !keep
      ? []
      : [["by", "is random, which uses no column: use time, group or column"]];
  }
  if (column === undefined) {
    return [["column", `is missing: by: ${by} needs a column`]];
  }
  const keys = [...columns, ...partitions];
  const type = keys.find(({ name }) => name === column)?.type ?? "";
  const { kind } = columnType(type) ?? {};
  if (kind === undefined) {
    const names = keys.map(({ name }) => name).join(", ");
    return [["column", `"${column}" is not one of the columns: ${names}`]];
  }
  if (column === target) {
    return [["column", `"${column}" is the target`]];
  }
  if (by !== "group" && !keyKinds[by].includes(kind)) {
    return [
      [
        "column",
        `"${column}" is of type ${type}, but ${by} needs one of ${keyKinds[by].join(", ")}`,
      ],
    ];
  }
  if (by === "time" && momentType(dataset, column) === "time") {
    return [["column", `"${column}" is a time of day, so it does not say which rows are later`]];
  }
  // Parts of a date are features anyway.
  const isKept = castType(type) !== undefined && !dropped.includes(column);
  if (keep && !isKept && !(column in dateParts)) {
    const why = dropped.includes(column)
      ? "listed under dropped"
      : `a ${type}, which has no numeric form: instead of keep, set dateParts: { ${column}: auto }`;
    return [["keep", `"${column}" is ${why}`]];
  }
  return [];
}

/** The problem with the column that weights the rows, if any. */
function weightProblem({
  columns,
  dropped,
  flow,
  sampleWeight,
  split,
  target,
}: Dataset): string | undefined {
  const type = columns.find(({ name }) => name === sampleWeight)?.type;
  if (sampleWeight === undefined || type === undefined) {
    return undefined;
  }
  const kinds = ["integer", "float", "double", "decimal"];
  const problems: readonly (readonly [boolean, string])[] = [
    [
      !kinds.includes(columnType(type)?.kind ?? ""),
      `"${sampleWeight}" is of type ${type}, but a weight must be one of ${kinds.join(", ")}`,
    ],
    [sampleWeight === target, `"${sampleWeight}" is the target`],
    [sampleWeight === split.column, `"${sampleWeight}" is the column to split by`],
    [
      dropped.includes(sampleWeight),
      `"${sampleWeight}" is listed under dropped; remove it there, because a weight is never a feature`,
    ],
    [
      flow !== undefined,
      "cannot be combined with flow, whose transforms could change the weights; remove one of them",
    ],
  ];
  return problems.find(([isWrong]) => isWrong)?.[1];
}

/** Finds settings that conflict with a user's own flow, and columns that it requires. */
function ownFlowProblems(dataset: Dataset, problem: Report): void {
  const { categorical, columns, dropped, encode, flow, missingValues, servedRows, target } =
    dataset;
  if (flow === undefined) {
    return;
  }
  const set = {
    dropped: dropped.length > 0,
    categorical: categorical.length > 0,
    encode: Object.keys(encode).length > 0,
    missingValues: missingValues !== "keep",
    servedRows: servedRows !== "encoded",
  };
  for (const [key] of Object.entries(set).filter(([, isSet]) => isSet)) {
    problem([key], "is decided by the flow that dataset.flow names; remove it");
  }
  const cast = castColumns(flow);
  const names = [...columns, ...partColumns(dataset)].map(({ name }) => name);
  const unknown = (cast ?? []).filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    problem(["flow"], `casts ${unknown.join(", ")}; the columns are ${names.join(", ")}`);
  }
  if (cast?.includes(target) === false) {
    problem(["flow"], `leaves out the target "${target}", since its cast does not name it`);
  }
}

/** The table to train on, in the stack's configuration. */
export const datasetSchema = datasetFields.superRefine((dataset, context) => {
  const problem: Report = (path, message) => {
    context.addIssue({ code: "custom", path, message });
  };
  const types = new Map(
    dataset.columns.map(({ name, type }) => [name, typeInQuery(dataset, name) ?? type]),
  );
  const known = (
    path: (string | number)[],
    name: string,
    names: readonly string[] = [...types.keys()],
  ): boolean => {
    if (!names.includes(name)) {
      problem(path, `"${name}" is not one of the columns: ${names.join(", ")}`);
    }
    return names.includes(name);
  };
  const dropped = new Set(droppedColumns(dataset));

  dataset.columns.forEach(({ name }, index) => {
    const type = types.get(name) ?? "";
    if (dataset.columns.findIndex((other) => other.name === name) < index) {
      problem(
        ["columns", index, "name"],
        `"${name}" occurs twice (names are compared in lower case)`,
      );
    }
    const isFeature = dataset.flow === undefined && !dropped.has(name);
    if (columnType(type) !== undefined && castType(type) === undefined && isFeature) {
      problem(
        ["columns", index, "type"],
        `"${name}" is a ${type}, which has no numeric form: ` +
          `list it under dropped, or turn its parts into features with dateParts: { ${name}: auto }`,
      );
    }
  });
  for (const name of new Set([splitKey, ...addedColumns(dataset)])) {
    if (types.has(name)) {
      const purpose = name === splitKey ? "the split" : "segments";
      problem(
        ["columns"],
        `"${name}" is reserved for the column that the query adds for ${purpose}; choose another name`,
      );
    }
  }
  splitProblems(dataset).forEach(([key, message]) => {
    problem(key === undefined ? ["split"] : ["split", key], message);
  });
  if (dataset.crossValidation !== undefined && dataset.split.by === "column") {
    problem(["crossValidation"], "draws its own parts, but split.by is column");
  }
  if (databasesOfTheAccount.includes(dataset.database ?? "")) {
    problem(
      ["database"],
      `"${dataset.database}" belongs to the account, not to the stack; choose another name`,
    );
  }
  if (known(["target"], dataset.target)) {
    if (castType(types.get(dataset.target) ?? "") === "string") {
      problem(
        ["target"],
        `"${dataset.target}" is a string, but the target of a regression is numeric`,
      );
    }
    if (dataset.dropped.includes(dataset.target)) {
      problem(["target"], `"${dataset.target}" is listed under dropped`);
    }
  }
  if (dataset.sampleWeight !== undefined) {
    known(["sampleWeight"], dataset.sampleWeight);
    const wrong = weightProblem(dataset);
    if (wrong !== undefined) {
      problem(["sampleWeight"], wrong);
    }
  }
  dataset.dropped.forEach((name, index) => known(["dropped", index], name));
  dateProblems(dataset, problem);
  const features = featureColumns(dataset).map(({ name }) => name);
  dataset.categorical.forEach((name, index) => {
    const candidates = [...new Set([...types.keys(), ...features])];
    if (known(["categorical", index], name, candidates) && !features.includes(name)) {
      const why =
        name === dataset.sampleWeight
          ? "the weight"
          : dataset.dateParts[name] === undefined
            ? "dropped or the target"
            : "replaced by its parts";
      problem(["categorical", index], `"${name}" is ${why}, so it is not a feature`);
    }
  });
  encodeProblems(dataset, problem);
  ownFlowProblems(dataset, problem);
  const filterable = new Map([
    ...types,
    ...dataset.partitions.map(({ name, type }) => [name, type] as const),
  ]);
  dataset.filter.forEach((one, index) => {
    const type = filterable.get(one.column) ?? "";
    if (
      !known(["filter", index, "column"], one.column, [...filterable.keys()]) ||
      columnType(type) === undefined
    ) {
      return;
    }
    const key = dataset.partitions.find(({ name }) => name === one.column)?.projection;
    const compared = (path: (string | number)[], value: ConfigValue): void => {
      const literal = sqlLiteral(type, value);
      const isListed = key?.type !== "enum" || key.values.includes(String(value));
      if (!isListed && ["=", "in"].includes(one.operator)) {
        // Athena would silently read no partition.
        problem(
          ["filter", index, ...path],
          `${one.column}: ${JSON.stringify(value)} is not one of the projected values, ${key.values.join(", ")}`,
        );
      }
      if ("problem" in literal) {
        problem(
          ["filter", index, ...path],
          `${one.column}: ${JSON.stringify(value)} ${literal.problem}`,
        );
      }
    };
    if ("value" in one) {
      compared(["value"], one.value);
    } else if ("values" in one) {
      one.values.forEach((value, place) => {
        compared(["values", place], value);
      });
    }
  });
  if (dataset.format === "parquet") {
    const ofCsv = {
      headerLines: dataset.headerLines > 0,
      delimiter: dataset.delimiter !== ",",
      quoted: dataset.quoted,
      nullTexts: dataset.nullTexts.length > 0,
      thousands: dataset.thousands !== undefined,
      decimal: dataset.decimal !== ".",
    };
    for (const [key, isSet] of Object.entries(ofCsv)) {
      if (isSet) {
        problem([key], "only applies to CSV files, but format is parquet");
      }
    }
  }
  if (dataset.thousands === dataset.decimal) {
    problem(["thousands"], `"${dataset.decimal}" is already the decimal separator`);
  }
  for (const key of ["thousands", "decimal"] as const) {
    if (!dataset.quoted && dataset[key] === dataset.delimiter) {
      problem([key], "is also the delimiter, so values must be quoted: set quoted: true");
    }
  }
  dataset.columns.forEach(({ header }, index) => {
    if (header !== undefined && dataset.headerLines === 0) {
      problem(
        ["columns", index, "header"],
        "only applies to files with a header, but headerLines is 0",
      );
    }
  });
  dataset.segments.forEach((name, index) => {
    const type = filterable.get(name) ?? "";
    const path = ["segments", index];
    if (!known(path, name, [...filterable.keys()])) {
      return;
    }
    if (name === dataset.target) {
      problem(path, `"${name}" is the target, whose quarters are always reported`);
    } else if (dataset.segments.indexOf(name) < index) {
      problem(path, `"${name}" occurs twice`);
    } else if (castType(type) === undefined) {
      problem(path, `"${name}" is a ${type}; segments are of numbers, text or booleans`);
    }
  });
  const fixed = dataset.filter.filter(({ operator }) => operator === "=");
  partitionProblems(
    dataset.partitions,
    new Set(types.keys()),
    new Set(fixed.map((one) => one.column)),
    (path, message) => {
      problem(["partitions", ...path], message);
    },
  );
  const inTableBucket = tableBucket(dataset.source) !== undefined;
  if (dataset.kmsKeyArn !== undefined && dataset.location === undefined && !inTableBucket) {
    problem(
      ["kmsKeyArn"],
      "only applies to files at location, which is not set; the stack's own bucket uses the stack's key",
    );
  }
  if (dataset.source !== undefined) {
    const ownTable = "only applies to the stack's own table, but source names an existing one";
    if (inTableBucket) {
      const reason = "does not apply to a table in S3 Tables";
      if (dataset.location !== undefined) {
        problem(["location"], `${reason}, whose files only S3 Tables knows`);
      }
      if (dataset.format !== "parquet") {
        problem(["format"], "must be parquet for a table in S3 Tables, which are Iceberg tables");
      }
      if (dataset.partitions.length > 0) {
        problem(["partitions"], `${reason}: list them as columns`);
      }
      if (dataset.source.baseTables.length > 0) {
        problem(["source", "baseTables"], `${reason}: there are no views`);
      }
    } else if (dataset.location === undefined) {
      problem(
        ["location"],
        "is missing: set the location of the existing table's files, so that the roles can read them",
      );
    }
    if (dataset.source.asOf !== undefined && dataset.source.baseTables.length > 0) {
      problem(
        ["source", "asOf"],
        "only applies to an Iceberg table, but with baseTables it is a view",
      );
    }
    for (const key of ["database", "selectedTable"] as const) {
      if (dataset[key] !== undefined) {
        problem([key], ownTable);
      }
    }
    if (dataset.partitions.some(({ projection }) => projection !== undefined)) {
      problem(["partitions"], `projection ${ownTable}`);
    }
  }
  if (dataset.selectedTable === dataset.table) {
    problem(["selectedTable"], `"${dataset.table}" is the table itself`);
  }
  if (features.length === 0) {
    problem(["columns"], "no column is left as a feature");
  }
});
