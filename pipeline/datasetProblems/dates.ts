import { castType } from "../columnTypes";
import type { Report } from "../configFields";
import { momentType, partColumns, typeInQuery } from "../dataset";
import type { Dataset } from "../datasetFields";
import { dateFormatProblem, partsOfTime } from "../dateParts";
import { unknownColumn } from "./names";

/** Finds problems with the formats of dates, and with their parts that become features. */
export function dateProblems(dataset: Dataset, problem: Report): void {
  const names = dataset.columns.map(({ name }) => name);
  for (const key of ["dateFormats", "dateParts"] as const) {
    for (const name of Object.keys(dataset[key]).filter((one) => !names.includes(one))) {
      problem([key, name], unknownColumn(name, names));
    }
  }
  for (const { name, type } of dataset.columns) {
    const format = dataset.dateFormats[name];
    const isText = /^(string|varchar)/.test(type);
    const wrong = format === undefined ? undefined : dateFormatProblem(format);
    if (format !== undefined && !isText) {
      problem(
        ["dateFormats", name],
        `"${name}" is of type ${type}, but formats only apply to string and varchar`,
      );
    } else if (wrong !== undefined) {
      problem(["dateFormats", name], wrong);
    }
    partsProblems(dataset, name, problem);
  }
}

function partsProblems(dataset: Dataset, name: string, problem: Report): void {
  const parts = dataset.dateParts[name];
  const type = momentType(dataset, name);
  if (parts === undefined) {
    return;
  }
  if (name === dataset.target || dataset.dropped.includes(name)) {
    const what = name === dataset.target ? "the target" : "listed under dropped";
    problem(["dateParts", name], `"${name}" is ${what}`);
  }
  if (type === undefined) {
    const own = typeInQuery(dataset, name) ?? "";
    const hint = castType(own) === "string" ? "; if it holds dates, add it to dateFormats" : "";
    problem(["dateParts", name], `"${name}" is of type ${own}, not a date or timestamp${hint}`);
    return;
  }
  (parts === "auto" ? [] : parts).forEach((part, place) => {
    const what = type === "date" ? "date" : "time of day";
    if (type !== "timestamp" && partsOfTime.includes(part) === (type === "date")) {
      problem(["dateParts", name, place], `"${name}" is a ${what}, which has no ${part}`);
    }
  });
  const columns = partColumns(dataset);
  const others = new Set(dataset.columns.map((column) => column.name));
  for (const column of columns) {
    if (others.has(column.name) && column.source === name) {
      problem(["dateParts", name], `"${column.name}" would be the name of two columns`);
    }
    others.add(column.name);
  }
}
