import type { Dataset } from "./dataset";
import { projectionParameters } from "./partitions";

/** Glue's name of the table's format, and the classes that read and write it. */
export function tableFormat(dataset: Dataset): {
  classification: string;
  inputFormat: string;
  outputFormat: string;
  serializationLibrary: string;
  serializationParameters: Record<string, string>;
  tableParameters: Record<string, string>;
} {
  if (dataset.format === "parquet") {
    return {
      classification: "parquet",
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
    inputFormat: "org.apache.hadoop.mapred.TextInputFormat",
    outputFormat: "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
    serializationLibrary: "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
    serializationParameters: { "field.delim": ",", "serialization.format": "," },
    tableParameters: {
      classification: "csv",
      ...(dataset.headerLines > 0 ? { "skip.header.line.count": String(dataset.headerLines) } : {}),
      ...projectionParameters(dataset.partitions),
    },
  };
}
