import { closeSync, fstatSync, openSync, readSync } from "node:fs";

import { type ColumnType, columnType } from "../columnTypes";
import type { Dataset } from "../datasetFields";
import accepted from "./parquetTypes.json";
import { UnreadableFile } from "./sample";
import { ThriftReader, type ThriftStruct, type ThriftValue } from "./thrift";

/** A top-level column of a Parquet file. */
interface ParquetColumn {
  readonly name: string;
  /** The physical type; undefined for groups of columns, such as lists. */
  readonly physical?: string | undefined;
  /** The meaning of stored values, in the terms of parquetTypes.json. */
  readonly meaning: string;
  /** The type for messages, such as INT64 (DECIMAL(10,2)). */
  readonly text: string;
}

/** Names by number. Source: parquet-format, parquet.thrift: Type, ConvertedType and LogicalType. */
const physicalTypes =
  "BOOLEAN INT32 INT64 INT96 FLOAT DOUBLE BYTE_ARRAY FIXED_LEN_BYTE_ARRAY".split(" ");
const convertedTypes =
  "UTF8 MAP MAP_KEY_VALUE LIST ENUM DECIMAL DATE TIME_MILLIS TIME_MICROS TIMESTAMP_MILLIS TIMESTAMP_MICROS " +
  "UINT_8 UINT_16 UINT_32 UINT_64 INT_8 INT_16 INT_32 INT_64 JSON BSON INTERVAL";
const logicalTypes =
  "? STRING MAP LIST ENUM DECIMAL DATE TIME TIMESTAMP ? INTEGER NULL JSON BSON UUID FLOAT16";

const meanings: readonly (readonly [RegExp, string])[] = [
  [/^(UTF8|STRING|ENUM|JSON)$/, "text"],
  [/^(U?INT_\d+|INTEGER)$/, "integer"],
  [/^TIMESTAMP/, "timestamp"],
  [/^DATE$/, "date"],
];

/** Max digits of decimals that are 64-bit numbers in Trino. */
const maxShortPrecision = 18;

function numberOf(value: ThriftValue | undefined): number | undefined {
  return typeof value === "number" ? value : undefined;
}

function readColumn(element: ThriftStruct): ParquetColumn {
  const name = (element.get(4) as Buffer).toString();
  const physical = physicalTypes[numberOf(element.get(1)) ?? -1];
  const logical = element.get(10) as ThriftStruct | undefined;
  const [logicalId] = logical?.keys() ?? [];
  const converted = convertedTypes.split(" ")[numberOf(element.get(6)) ?? -1];
  const annotation = converted ?? logicalTypes.split(" ")[logicalId ?? -1];
  if (physical === undefined || annotation === undefined) {
    return {
      name,
      physical,
      meaning: "none",
      text: physical ?? annotation ?? "a group of columns",
    };
  }
  if (annotation === "DECIMAL") {
    const [scale, precision] = [numberOf(element.get(7)) ?? 0, numberOf(element.get(8)) ?? 0];
    const isWhole = scale === 0 && precision <= maxShortPrecision;
    return {
      name,
      physical,
      meaning: isWhole ? "whole decimal" : "decimal",
      text: `${physical} (DECIMAL(${precision},${scale}))`,
    };
  }
  const meaning = meanings.find(([pattern]) => pattern.test(annotation))?.[1];
  return { name, physical, meaning: meaning ?? "other", text: `${physical} (${annotation})` };
}

/**
 * Reads the columns of a Parquet file from its footer.
 * @throws UnreadableFile if it is not a Parquet file
 */
function readColumns(path: string): readonly ParquetColumn[] {
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    const read = (length: number, position: number): Buffer => {
      const bytes = Buffer.alloc(Math.max(0, Math.min(length, size)));
      readSync(file, bytes, 0, bytes.length, Math.max(position, 0));
      return bytes;
    };
    const tail = read(8, size - 8);
    if (size < 12 || tail.toString("latin1", 4) !== "PAR1") {
      throw new UnreadableFile("is not a Parquet file, but dataset.format is parquet");
    }
    const length = tail.readUInt32LE(0);
    const footer = new ThriftReader(read(length, size - 8 - length)).struct();
    const [root, ...elements] = footer.get(2) as readonly ThriftStruct[];
    const columns: ParquetColumn[] = [];
    // The schema is a tree in depth-first order; the children of groups are skipped.
    for (let place = 0; place < elements.length && root !== undefined;) {
      columns.push(readColumn(elements[place] ?? root));
      for (let open = 1; open > 0; place += 1) {
        open += (numberOf(elements[place]?.get(5)) ?? 0) - 1;
      }
    }
    return columns;
  } catch (error) {
    throw error instanceof RangeError || error instanceof TypeError
      ? new UnreadableFile("is a damaged Parquet file")
      : error;
  } finally {
    closeSync(file);
  }
}

function acceptedTypes(type: ColumnType): Readonly<Record<string, readonly string[] | undefined>> {
  switch (type.kind) {
    case "integer":
      return type.bits === 64 ? accepted.bigint : accepted.integer;
    case "decimal":
      return type.precision <= maxShortPrecision
        ? accepted["short decimal"]
        : accepted["long decimal"];
    case "char":
    case "string":
    case "varchar":
      return accepted.text;
    default:
      return accepted[type.kind];
  }
}

/** The names of a Parquet file's columns in lower case; none if it cannot be read. */
export function parquetNames(path: string): readonly string[] {
  try {
    return readColumns(path).map(({ name }) => name.toLowerCase());
  } catch (error) {
    if (error instanceof UnreadableFile) {
      return [];
    }
    throw error;
  }
}

/**
 * The problems of a Parquet file. Athena finds columns by name, ignoring case, and only reads the pairs of types in
 * parquetTypes.json. Source: trino's ColumnReaderFactory (lib/trino-parquet); other pairs fail with HIVE_BAD_DATA
 * (aws-sdk-pandas#57).
 *
 * @param others the columns of the table's other files, which are NULL in a file that lacks them
 */
export function parquetProblems(
  path: string,
  columns: Dataset["columns"],
  others: ReadonlySet<string>,
): readonly string[] {
  const stored = readColumns(path);
  return columns.flatMap(({ name, type }) => {
    const found = stored.filter((column) => column.name.toLowerCase() === name);
    const [column] = found;
    if (column === undefined) {
      if (others.has(name)) {
        return [];
      }
      const names = stored.map((one) => one.name).join(", ");
      return [`${name}: there is no such column; the file has ${names}`];
    }
    if (found.length > 1) {
      return [
        `${name}: two columns differ only by case: ${found.map((one) => one.name).join(", ")}`,
      ];
    }
    const known = columnType(type);
    const isAccepted =
      known !== undefined &&
      acceptedTypes(known)[column.physical ?? ""]?.includes(column.meaning) === true;
    return isAccepted
      ? []
      : [`${name}: HIVE_BAD_DATA: ${column.text} in the file, but ${type} in the table`];
  });
}
