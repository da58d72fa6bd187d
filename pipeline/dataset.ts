import { castType } from "./columnTypes";
import { type DatePart, formatType, type MomentType, partName, usualParts } from "./dateParts";
import { type Dataset, defaultFractions, ownCatalog, type Source } from "./datasetFields";

/** The table bucket of the table, if it is in S3 Tables. */
export function tableBucket(source: Pick<Source, "catalog"> | undefined): string | undefined {
  return source === undefined || source.catalog === ownCatalog
    ? undefined
    : source.catalog.slice(source.catalog.indexOf("/") + 1);
}

/** The fraction of the rows in each part; unused by a split by column. */
export function splitFractions({
  split: { test, train, validation },
}: Dataset): typeof defaultFractions {
  return train === undefined || validation === undefined || test === undefined
    ? defaultFractions
    : { train, validation, test };
}

/** The query's column with the split key, as text, for Preprocess; a table's columns must not have this name. */
export const splitKey = "restate_split";

/** The query's column with the value of one of `segments`, as percent-encoded text, for Preprocess. */
export const segmentColumn = (place: number): string => `restate_segment_${place + 1}`;

/** The columns that the query adds to the table's, as text. */
export function addedColumns({ segments, split }: Dataset): readonly string[] {
  return [
    ...(split.column === undefined ? [] : [splitKey]),
    ...segments.map((_, place) => segmentColumn(place)),
  ];
}

/** The type of a column; for text with a date format, what the format describes. */
function formattedType(
  { columns, dateFormats, partitions }: Dataset,
  column: string,
): string | undefined {
  const isNamed = ({ name }: { readonly name: string }): boolean => name === column;
  const type = (columns.find(isNamed) ?? partitions.find(isNamed))?.type;
  const format = dateFormats[column];
  return format !== undefined && /^(string|varchar)/.test(type ?? "") ? formatType(format) : type;
}

/** The type of a column in the query, in which a time of day is a timestamp of 1970-01-01, like date_parse's. */
export function typeInQuery(dataset: Dataset, column: string): string | undefined {
  const type = formattedType(dataset, column);
  return type === "time" ? "timestamp" : type;
}

/** What a column of dates or times holds; undefined for others. */
export function momentType(dataset: Dataset, column: string): MomentType | undefined {
  const type = formattedType(dataset, column);
  return type === "date" || type === "time" || type === "timestamp" ? type : undefined;
}

/** A column that a model is trained on. */
type FeatureColumn = Pick<Dataset["columns"][number], "name" | "type">;

/** A feature that the query computes from a part of a date or timestamp, its source. */
interface PartColumn extends FeatureColumn {
  readonly source: string;
  readonly part: DatePart;
}

/** The features that the query computes from dates and timestamps, in the table's order and then the configuration's. */
export function partColumns(dataset: Dataset): readonly PartColumn[] {
  return dataset.columns.flatMap(({ name: source }) => {
    const given = dataset.dateParts[source] ?? [];
    const type = momentType(dataset, source) ?? "timestamp";
    return (given === "auto" ? usualParts(type) : given).map((part) => {
      return { name: partName(source, part), type: "bigint", source, part };
    });
  });
}

/**
 * The columns other than the target that do not become features: dropped ones, dates that are replaced by their parts, the
 * column to split by, unless it is kept, and the weight.
 */
export function droppedColumns({
  columns,
  dateParts,
  dropped,
  sampleWeight,
  split: { column, keep },
}: Dataset): readonly string[] {
  const onlyKeys = columns.filter(({ name }) => name === column && !keep).map(({ name }) => name);
  const weight = sampleWeight === undefined ? [] : [sampleWeight];
  return [...new Set([...dropped, ...Object.keys(dateParts), ...onlyKeys, ...weight])];
}

/** The columns that are neither the target nor dropped, in the table's order, followed by the parts of dates. */
export function featureColumns(dataset: Dataset): readonly FeatureColumn[] {
  const others = [dataset.target, ...droppedColumns(dataset)];
  return [...dataset.columns.filter(({ name }) => !others.includes(name)), ...partColumns(dataset)];
}

/**
 * Whether the table only has text, which the query casts, because its SerDe cannot read the values as their types:
 * OpenCSVSerde rejects empty numbers; LazySimpleSerDe only knows one null text, and numbers in Java's format.
 * Source: Athena's guide, "Open CSV SerDe"; Trino's SimpleDeserializer and TextEncodingOptions.
 */
export function isCastByQuery({
  decimal,
  nullTexts,
  quoted,
  thousands,
}: Pick<Dataset, "decimal" | "nullTexts" | "quoted" | "thousands">): boolean {
  return quoted || nullTexts.length > 1 || thousands !== undefined || decimal !== ".";
}

/** The features whose values are labels, except those in `encode`. */
function labelColumns(dataset: Dataset): readonly string[] {
  if (dataset.flow !== undefined) {
    // The user's own flow decides about them.
    return [];
  }
  return featureColumns(dataset)
    .filter(({ name, type }) => castType(type) === "string" || dataset.categorical.includes(name))
    .map(({ name }) => name)
    .filter((name) => dataset.encode[name] === undefined);
}

/** The features that the flow encodes one-hot. */
export function categoricalColumns(dataset: Dataset): readonly string[] {
  return dataset.servedRows === "raw" ? [] : labelColumns(dataset);
}

/**
 * How Preprocess encodes features, in order: those in `encode`, and one-hot those that the flow does not encode, because
 * only Preprocess's encodings are stored with the model.
 */
export function encodings(dataset: Dataset): ReadonlyMap<string, Dataset["encode"][string]> {
  const oneHot = dataset.servedRows === "raw" ? labelColumns(dataset) : [];
  return new Map(
    featureColumns(dataset).flatMap(({ name }) => {
      const given = dataset.encode[name] ?? (oneHot.includes(name) ? { as: "oneHot" } : undefined);
      return given === undefined ? [] : [[name, given] as const];
    }),
  );
}

/** The columns of text that the query percent-encodes, and Preprocess decodes. */
export function percentEncoded(dataset: Dataset): readonly string[] {
  const encoded = encodedColumns(dataset);
  return dataset.servedRows === "raw"
    ? dataset.columns
        .filter(({ name, type }) => encoded.includes(name) && castType(type) === "string")
        .map(({ name }) => name)
    : [];
}

/** The features that Preprocess encodes, in order. */
export function encodedColumns(dataset: Dataset): readonly string[] {
  return [...encodings(dataset).keys()];
}
