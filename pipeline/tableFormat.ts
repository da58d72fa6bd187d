import { isCastByQuery } from "./dataset";
import type { Dataset } from "./datasetFields";
import { projectionParameters } from "./partitions";

/** The classes that read CSV files, and their parameters. */
function csvSerialization(dataset: Dataset): {
  serializationLibrary: string;
  serializationParameters: Record<string, string>;
} {
  const { delimiter, nullTexts, quoted } = dataset;
  const [nullText] = isCastByQuery(dataset) ? [] : nullTexts;
  return quoted
    ? {
        serializationLibrary: "org.apache.hadoop.hive.serde2.OpenCSVSerde",
        serializationParameters: { separatorChar: delimiter, quoteChar: '"', escapeChar: "\\" },
      }
    : {
        serializationLibrary: "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
        serializationParameters: {
          "field.delim": delimiter,
          "serialization.format": delimiter,
          ...(nullText === undefined ? {} : { "serialization.null.format": nullText }),
        },
      };
}

/**
 * Glue's name of the table's format, its columns, and the classes that read and write it. OpenCSVSerde refuses empty values
 * for numbers, and only reads dates as numbers of days, so all its columns are text.
 * Source: Athena's guide, "Open CSV SerDe" and "Lazy Simple SerDe for CSV, TSV, and custom-delimited files".
 */
export function tableFormat(dataset: Dataset): {
  classification: string;
  columns: { name: string; type: string }[];
  inputFormat: string;
  outputFormat: string;
  serializationLibrary: string;
  serializationParameters: Record<string, string>;
  tableParameters: Record<string, string>;
} {
  const columns = dataset.columns.map(({ name, type }) => ({
    name,
    type: isCastByQuery(dataset) ? "string" : type,
  }));
  if (dataset.format === "parquet") {
    return {
      classification: "parquet",
      columns,
      inputFormat: "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
      outputFormat: "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
      serializationLibrary: "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
      serializationParameters: { "serialization.format": "1" },
      tableParameters: {
        classification: "parquet",
        ...projectionParameters(dataset.partitions),
      },
    };
  }
  return {
    classification: "csv",
    columns,
    inputFormat: "org.apache.hadoop.mapred.TextInputFormat",
    outputFormat: "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
    ...csvSerialization(dataset),
    tableParameters: {
      classification: "csv",
      ...(dataset.headerLines > 0 ? { "skip.header.line.count": String(dataset.headerLines) } : {}),
      ...projectionParameters(dataset.partitions),
    },
  };
}
