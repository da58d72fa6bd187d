import { castType, columnType } from "./columnTypes";
import { datasetFields, featureColumns } from "./dataset";
import { type ConfigValue, sqlLiteral } from "./literals";
import { partitionProblems } from "./partitions";

/** Glue databases that are not for a stack to make: Athena's, and SageMaker's, in which jobs make and drop tables. */
const databasesOfTheAccount = ["default", "sagemaker_processing"];

/** The table to train on, as stack config states it. */
export const datasetSchema = datasetFields.superRefine((dataset, context) => {
  const problem = (path: (string | number)[], message: string): void => {
    context.addIssue({ code: "custom", path, message });
  };
  const types = new Map(dataset.columns.map(({ name, type }) => [name, type]));
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
  const dropped = new Set(dataset.dropped);

  dataset.columns.forEach(({ name, type }, index) => {
    if (dataset.columns.findIndex((other) => other.name === name) < index) {
      problem(
        ["columns", index, "name"],
        `"${name}" occurs twice (names are compared in lower case)`,
      );
    }
    if (columnType(type) !== undefined && castType(type) === undefined && !dropped.has(name)) {
      problem(
        ["columns", index, "type"],
        `"${name}" is a ${type}, which has no numeric form: list it under dropped`,
      );
    }
  });
  if (databasesOfTheAccount.includes(dataset.database ?? "")) {
    problem(
      ["database"],
      `"${dataset.database}" belongs to the account, not to the stack; choose another name`,
    );
  }
  if (known(["target"], dataset.target)) {
    if (castType(types.get(dataset.target) ?? "") === "string") {
      problem(["target"], `"${dataset.target}" is a string; the target of a regression is numeric`);
    }
    if (dropped.has(dataset.target)) {
      problem(["target"], `"${dataset.target}" is listed under dropped`);
    }
  }
  dataset.dropped.forEach((name, index) => known(["dropped", index], name));
  dataset.categorical.forEach((name, index) => {
    if (known(["categorical", index], name) && (dropped.has(name) || name === dataset.target)) {
      problem(["categorical", index], `"${name}" is dropped or the target, so it is not a feature`);
    }
  });
  const filterable = new Map(
    [...dataset.columns, ...dataset.partitions].map(({ name, type }) => [name, type]),
  );
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
        // Athena would read no partition, and say nothing.
        problem(
          ["filter", index, ...path],
          `${one.column}: ${JSON.stringify(value)} is none of the projected values, ${key.values.join(", ")}`,
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
        problem([key], "is for CSV files, but format is parquet");
      }
    }
  }
  if (dataset.thousands === dataset.decimal) {
    problem(["thousands"], `"${dataset.decimal}" stands before decimal places already`);
  }
  for (const key of ["thousands", "decimal"] as const) {
    if (!dataset.quoted && dataset[key] === dataset.delimiter) {
      problem([key], "separates values too, which only quotes would tell apart: set quoted: true");
    }
  }
  dataset.columns.forEach(({ header }, index) => {
    if (header !== undefined && dataset.headerLines === 0) {
      problem(["columns", index, "header"], "is for files with a header, but headerLines is 0");
    }
  });
  const fixed = dataset.filter.filter(({ operator }) => operator === "=");
  partitionProblems(
    dataset.partitions,
    new Set(types.keys()),
    new Set(fixed.map((one) => one.column)),
  ).forEach(({ message, path }) => {
    problem(["partitions", ...path], message);
  });
  if (dataset.kmsKeyArn !== undefined && dataset.location === undefined) {
    problem(
      ["kmsKeyArn"],
      "is the key of the files at location, which is not set; the stack's own bucket has the stack's key",
    );
  }
  if (dataset.source !== undefined) {
    const ownTable = "is about a table of the stack's own, but source names an existing one";
    if (dataset.location === undefined) {
      problem(
        ["location"],
        "is missing: where the files of the existing table lie, for the roles to read them",
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
  if (featureColumns(dataset).length === 0) {
    problem(["columns"], "no column is left as a feature");
  }
});
