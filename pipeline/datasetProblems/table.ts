import type { Report } from "../configFields";
import { tableBucket } from "../dataset";
import type { Dataset } from "../datasetFields";

/** Glue databases that a stack must not create: Athena's, and SageMaker's, in which jobs create and drop tables. */
const databasesOfTheAccount = ["default", "sagemaker_processing"];

/** Finds problems with the table's place: the stack's own database, or an existing table. */
export function tableProblems(dataset: Dataset, problem: Report): void {
  const { database, kmsKeyArn, location, selectedTable, source, table } = dataset;
  if (databasesOfTheAccount.includes(database ?? "")) {
    problem(
      ["database"],
      `"${database}" belongs to the account, not to the stack; choose another name`,
    );
  }
  if (kmsKeyArn !== undefined && location === undefined && tableBucket(source) === undefined) {
    problem(
      ["kmsKeyArn"],
      "only applies to files at location, which is not set; the stack's own bucket uses the stack's key",
    );
  }
  if (selectedTable === table) {
    problem(["selectedTable"], `"${table}" is the table itself`);
  }
  if (source === undefined) {
    return;
  }
  if (tableBucket(source) !== undefined) {
    tableBucketProblems(dataset, problem);
  } else if (location === undefined) {
    problem(
      ["location"],
      "is missing: set the location of the existing table's files, so that the roles can read them",
    );
  }
  if (source.asOf !== undefined && source.baseTables.length > 0) {
    problem(
      ["source", "asOf"],
      "only applies to an Iceberg table, but with baseTables it is a view",
    );
  }
  const ownTable = "only applies to the stack's own table, but source names an existing one";
  for (const key of ["database", "selectedTable"] as const) {
    if (dataset[key] !== undefined) {
      problem([key], ownTable);
    }
  }
  if (dataset.partitions.some(({ projection }) => projection !== undefined)) {
    problem(["partitions"], `projection ${ownTable}`);
  }
}

/** Finds keys that do not apply to a table in S3 Tables. */
function tableBucketProblems(dataset: Dataset, problem: Report): void {
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
  if ((dataset.source?.baseTables.length ?? 0) > 0) {
    problem(["source", "baseTables"], `${reason}: there are no views`);
  }
}
