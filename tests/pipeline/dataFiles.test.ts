import { deepEqual, equal, match } from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";

import { columnType } from "../../pipeline/columnTypes";
import { dataFileProblems } from "../../pipeline/dataFiles/check";
import { isCsvValue, isValue } from "../../pipeline/dataFiles/values";
import { datasetSchema } from "../../pipeline/datasetSchema";
import type { JsonObject } from "../../pipeline/language/json";
import { pythonInterpreter } from "../../local/environments/python";

const names = "price,town,floor_area\n";
const rows = "770.01,Ulm,76\n455.5,Bern,45\n";

describe("the check of a table's files", () => {
  const folder = mkdtempSync(join(tmpdir(), "restate-files-"));
  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const dataset = (change: JsonObject) =>
    datasetSchema.parse({
      table: "flats",
      columns: [
        { name: "price", type: "double" },
        { name: "town", type: "string" },
        { name: "floor_area", type: "int" },
      ],
      target: "price",
      ...change,
    });

  /** The problems of one file. */
  function problems(
    content: string | Buffer,
    change: JsonObject = {},
    name = "a.csv",
  ): readonly string[] {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
    return dataFileProblems(path, dataset(change), { values: true });
  }

  const fits: readonly (readonly [string, string | Buffer, JsonObject, string?])[] = [
    ["rows alone", rows, {}],
    ["missing values", ",,\n\\N,,\\N\n", {}],
    ...[
      ["%d.%m.%Y", "01.2.2024"],
      ["%Y-%m-%dT%H:%i:%s.%f", "2024-01-31T23:59:59.123456"],
      ["%M %e (%y) 100%%", "february 3 (24) 100%"],
      ["%b/%d/%Y %r", "Jan/31/2024 11:05:06 PM"],
      ["%Y%m%d %T", "20240131 00:00:00"],
    ].map(([format = "", text = ""]): readonly [string, string, JsonObject] => [
      `dates in the form ${format}, and missing ones`,
      `1,${text},2\n2,,3\n3,\\N,4\n`,
      { dateFormats: { town: format }, dropped: ["town"] },
    ]),
    ["a header in another spelling", `Price,"Town",Floor Area\n${rows}`, { headerLines: 1 }],
    ["a title above the header", `Flats 2024\n${names}${rows}`, { headerLines: 2 }],
    [
      "a header by names of its own",
      `Preis (CHF),Ort,Fläche\n${rows}`,
      {
        headerLines: 1,
        columns: [
          { name: "price", type: "double", header: "Preis (CHF)" },
          { name: "town", type: "string", header: "Ort" },
          { name: "floor_area", type: "int", header: "Fläche" },
        ],
      },
    ],
    ["semicolons, declared", "1,5;Ulm;7\n".replace(",", "."), { delimiter: ";" }],
    ["tabs, declared", rows.replaceAll(",", "\t"), { delimiter: "\t" }],
    [
      "quotes, declared",
      '"770.01","Ulm, ""Old"" Town","76"\n455.5,Bern,45\n"","",\n',
      { quoted: true },
    ],
    ["lines that end by CR LF", rows.replaceAll("\n", "\r\n"), {}],
    ["lines that end by CR alone", rows.replaceAll("\n", "\r"), {}],
    ["a byte order mark before a header", `\uFEFF${names}${rows}`, { headerLines: 1 }],
    ["gzip", gzipSync(names + rows), { headerLines: 1 }, "a.csv.gz"],
    ["an empty file", "", { headerLines: 1 }],
    ["inches", '1,a 3" pipe,2\n', {}],
  ];
  for (const [what, content, change, name] of fits) {
    it(`accepts ${what}`, () => {
      deepEqual(problems(content, change, name), []);
    });
  }

  const refused: readonly (readonly [string, string | Buffer, JsonObject, string, string?])[] = [
    [
      "columns in another order",
      `floor_area,price,town\n${rows}`,
      { headerLines: 1 },
      "line 1: the columns have another order than in dataset.columns, and Athena reads them by position: " +
        "floorarea, price, town here, price, town, floor_area there",
    ],
    [
      "other names",
      `price,city,area\n${rows}`,
      { headerLines: 1 },
      'line 1: column 2 is "city", but town in dataset.columns, and 1 more: rename it there, or add header: "city"',
    ],
    [
      "a name too many",
      `id,price,town,floor_area\n${rows}`,
      { headerLines: 1 },
      "line 1: names 4 columns, expected 3 (price, town, floor_area)",
    ],
    [
      "a header that is not declared",
      names + rows,
      {},
      "line 1: contains column names, not values: set headerLines: 1",
    ],
    [
      "a declared header that is a row",
      rows,
      { headerLines: 1 },
      "line 1: contains values, not column names: set headerLines: 0",
    ],
    [
      "semicolons",
      "price;town;floor_area\n291,65;Bern;29\n",
      { headerLines: 1 },
      'line 1: ";" separates 3 values, and "," 1: set delimiter: ";"',
    ],
    [
      "tabs",
      rows.replaceAll(",", "\t"),
      {},
      'line 1: "\\t" separates 3 values, and "," 1: set delimiter: "\\t"',
    ],
    [
      "commas where others are declared",
      rows,
      { delimiter: "|" },
      'line 1: "," separates 3 values, and "|" 1: set delimiter: ","',
    ],
    [
      "quotes around a comma",
      `${rows}770.01,"Ulm, Harbour",76\n`,
      {},
      "line 3: values are in double quotes, which Athena treats as part of the value: set quoted: true",
    ],
    [
      "quotes around all",
      '"770.01","Ulm","76"\n',
      {},
      "line 1: values are in double quotes, which Athena treats as part of the value: set quoted: true",
    ],
    [
      "a value in quotes over two lines",
      '1,"Ulm\nHarbour",2\n',
      { quoted: true },
      "line 1: a quote or backslash inside a value; OpenCSVSerde reads values in quotes on one line, with quotes " +
        "inside doubled, and treats a backslash as an escape",
    ],
    [
      "a backslash where it escapes",
      `${rows}1,C:\\Ulm,2\n`,
      { quoted: true },
      "line 3: a quote or backslash inside a value; OpenCSVSerde reads values in quotes on one line, with quotes " +
        "inside doubled, and treats a backslash as an escape",
    ],
    ["UTF-16", Buffer.from(`\uFEFF${rows}`, "utf16le"), {}, "is UTF-16: save it as UTF-8"],
    ["UTF-16 without a mark", Buffer.from(rows, "utf16le"), {}, "is UTF-16: save it as UTF-8"],
    [
      "Latin-1",
      Buffer.from(`${rows}1,Zürich,2\n`, "latin1"),
      {},
      "line 3: is not UTF-8, but perhaps Latin-1 or Windows-1252: save it as UTF-8",
    ],
    [
      "a byte order mark before values",
      `\uFEFF${rows}`,
      {},
      "begins with a byte order mark: save it as UTF-8 without one",
    ],
    ["bytes", Buffer.from(`${rows}1,\u0000,2`), {}, "is not a text file: it contains null bytes"],
    [
      "a zip archive",
      Buffer.from("PK\u0003\u0004rest"),
      {},
      "is a zip archive or an Excel workbook, which Athena cannot read: unpack it, or save it as CSV",
    ],
    ["Parquet", Buffer.from("PAR1rest"), {}, "is a Parquet file: set format: parquet"],
    [
      "a damaged gzip file",
      Buffer.concat([Buffer.from("1f8b08ff", "hex"), Buffer.alloc(40, 0xff)]),
      {},
      "is a damaged gzip file: unknown header flags set",
      "a.csv.gz",
    ],
    [
      "gzip without its suffix",
      gzipSync(rows),
      {},
      "is compressed with gzip, which Athena recognises by the suffix: rename it to a.csv.gz",
    ],
    [
      "the suffix of gzip without it",
      rows,
      {},
      "is not compressed with gzip, although its suffix says so: rename it",
      "a.csv.gz",
    ],
    [
      "a tar archive",
      gzipSync(rows),
      {},
      "is a tar archive, which Athena cannot read: unpack it",
      "a.tar.gz",
    ],
    [
      "one wrong value",
      `${rows}1,Ulm,2.5\n`,
      {},
      "floor_area: 1 of 3 values is '2.5', not an int; first in line 3",
    ],
    [
      "dates in another form than dateFormats says",
      "1,31.12.2024,2\n2,1.2.2024,3\n3,2024-01-31,3\n4,31.13.2024,3\n",
      { dateFormats: { town: "%d.%m.%Y" }, dateParts: { town: "auto" } },
      "town: 2 of 4 values are not a date in the form %d.%m.%Y, such as '2024-01-31', '31.13.2024'; first in line 3",
    ],
    [
      "times of day in another form than dateFormats says",
      "1,9:30,2\n2,23:59,3\n3,24:00,3\n",
      { dateFormats: { town: "%H:%i" }, dateParts: { town: "auto" } },
      "town: 1 of 3 values is '24:00', not a time in the form %H:%i; first in line 3",
    ],
    [
      "hours of twelve that no clock has",
      "1,12:30 am,2\n2,1:05 PM,3\n3,0:30 am,3\n4,13:05 PM,4\n",
      { dateFormats: { town: "%h:%i %p" }, dateParts: { town: "auto" } },
      "town: 2 of 4 values are not a time in the form %h:%i %p, such as '0:30 am', '13:05 PM'; first in line 3",
    ],
    [
      "numbers with a comma before their decimal places",
      "1,5;Ulm;2\n2,25;Bern;3\n",
      { delimiter: ";" },
      `price: 2 of 2 values are not a double, such as '1,5', '2,25': set decimal: ","; first in line 1`,
    ],
    [
      "one value that stands for missing ones",
      `${names}${rows}?,Ulm,\n?,Bern,\n`,
      { headerLines: 1 },
      "price: 2 of 4 values are '?', not a double; first in line 4",
    ],
    [
      "wrong values, with nothing that a terminal obeys",
      `1,Ulm,a\n\n1,Ulm,\u001b[31m\n2,Bern,${"long".repeat(20)}\n3,Bern,x\n`,
      {},
      `floor_area: 4 of 4 values are not an int, such as 'a', '\uFFFD[31m', '${"long".repeat(7)}l…'; first in line 1`,
    ],
    [
      "lines of another length",
      `${rows}1,Ulm\n1,Ulm,2,3\n`,
      {},
      "2 of 4 lines have the wrong number of columns; first in line 3: 2 columns, expected 3",
    ],
    [
      "only the beginning of a long file",
      `${"1,Ulm,2\n".repeat(40_000)}x,Ulm,2\n`.replace("1,Ulm,2", "x,Ulm,2"),
      {},
      "price: 1 of the first 32,768 values is 'x', not a double; first in line 1",
    ],
  ];
  for (const [what, content, change, problem, name = "a.csv"] of refused) {
    it(`names ${what}`, () => {
      deepEqual(problems(content, change, name), [`${name}: ${problem}`]);
    });
  }

  it("checks the content of bzip2 files if it can unpack them, and their suffix in any case", () => {
    const script =
      "import bz2, sys; sys.stdout.buffer.write(bz2.compress(sys.stdin.buffer.read()))";
    const packed = execFileSync(pythonInterpreter(), ["-c", script], { input: "1;Ulm;2\n" });
    deepEqual(problems(packed, {}, "b.csv.bz2"), []);
    const unpackBzip2 = (): Buffer => Buffer.from("1;Ulm;2\n");
    deepEqual(
      dataFileProblems(join(folder, "b.csv.bz2"), dataset({}), { values: true, unpackBzip2 }),
      ['b.csv.bz2: line 1: ";" separates 3 values, and "," 1: set delimiter: ";"'],
    );
    deepEqual(problems(packed), [
      "a.csv: is compressed with bzip2, which Athena recognises by the suffix: rename it to a.csv.bz2",
    ]);
  });

  it("can leave values to a later check of all rows", () => {
    writeFileSync(join(folder, "a.csv"), "x,Ulm,y\n");
    deepEqual(dataFileProblems(join(folder, "a.csv"), dataset({}), { values: false }), []);
  });

  it("checks each file of a folder with its partition, and reports up to twenty problems", () => {
    const lake = join(folder, "lake");
    for (let day = 1; day <= 25; day += 1) {
      mkdirSync(join(lake, `Year=2024/day=2024-01-${day}`), { recursive: true });
      writeFileSync(join(lake, `Year=2024/day=2024-01-${day}`, "a.csv"), "x,Ulm,2\n");
    }
    mkdirSync(join(lake, "year=latest/day=2024-01-01"), { recursive: true });
    writeFileSync(join(lake, "year=latest/day=2024-01-01/b.csv"), rows);
    writeFileSync(join(lake, "a.csv"), rows);
    writeFileSync(join(lake, "_SUCCESS"), "x");
    const partitions = [
      { name: "year", type: "int" },
      { name: "day", type: "date" },
    ];
    const found = dataFileProblems(lake, dataset({ partitions }), { values: true });
    equal(found.length, 21);
    equal(
      found[0],
      "Year=2024/day=2024-01-1/a.csv: price: 1 of 1 value is 'x', not a double; first in line 1",
    );
    equal(found[20], "and 7 more problems");
    rmSync(join(lake, "Year=2024"), { recursive: true });
    deepEqual(dataFileProblems(lake, dataset({ partitions }), { values: true }), [
      "a.csv: is not in a folder year=<value>/day=<value>/",
      "year=latest/day=2024-01-01/b.csv: year: 'latest' is not of its type, int",
    ]);
  });

  describe("values", () => {
    const values = JSON.parse(
      readFileSync("tests/support/typedValues.json", "utf8"),
    ) as readonly (readonly [string, string, boolean])[];
    for (const [type, text, fit] of values) {
      it(`${fit ? "accepts" : "refuses"} '${text}' as a ${type}`, () => {
        const known = columnType(type);
        equal(known && isValue(known, text), fit);
      });
    }
  });

  describe("values in a custom format", () => {
    const values = JSON.parse(
      readFileSync("tests/support/writtenValues.json", "utf8"),
    ) as readonly (readonly [JsonObject, string, string, boolean])[];
    for (const [form, type, text, fit] of values) {
      it(`${fit ? "accepts" : "refuses"} '${text}' as a ${type} with ${JSON.stringify(form)}`, () => {
        const known = columnType(type);
        const whole = dataset({ delimiter: "|", ...form });
        equal(known && isCsvValue(known, text, whole), fit);
      });
    }
  });

  describe("Parquet files", () => {
    /** Files of one column x, by what pyarrow is told. */
    const files = {
      bool: "pa.array([True])",
      int8: "pa.array([1], pa.int8())",
      int32: "pa.array([1], pa.int32())",
      int64: "pa.array([1], pa.int64())",
      uint64: "pa.array([1], pa.uint64())",
      float: "pa.array([1], pa.float32())",
      double: "pa.array([1], pa.float64())",
      "decimal(9,2)": "pa.array([Decimal('1.50')], pa.decimal128(9, 2))",
      "decimal(18,0)": "pa.array([Decimal(1)], pa.decimal128(18, 0))",
      "decimal(30,0)": "pa.array([Decimal(1)], pa.decimal128(30, 0))",
      string: "pa.array(['a'])",
      binary: "pa.array([b'a'])",
      fixed: "pa.array([b'a'], pa.binary(1))",
      date: "pa.array([date(2020, 1, 1)])",
      timestamp: "pa.array([datetime(2020, 1, 1)])",
      time: "pa.array([1], pa.time64('us'))",
      list: "pa.array([[1]])",
      struct: "pa.array([{'X': 1}])",
    } as const;
    const integers = ["int8", "int32", "int64", "uint64", "decimal(18,0)"] as const;
    const taken: Readonly<Record<string, readonly (keyof typeof files)[]>> = {
      boolean: ["bool"],
      tinyint: integers,
      int: integers,
      bigint: [...integers, "timestamp"],
      float: ["float"],
      double: ["float", "double"],
      "decimal(10,2)": ["int8", "int32", "decimal(9,2)", "decimal(18,0)", "decimal(30,0)"],
      "decimal(38,2)": ["decimal(9,2)", "decimal(18,0)", "decimal(30,0)"],
      string: ["string", "binary"],
      "varchar(5)": ["string", "binary"],
      "char(5)": ["string", "binary"],
      date: ["int32", "date"],
      timestamp: ["timestamp"],
    };
    const parquet = (name: string): string => join(folder, `${name}.parquet`);
    const found = (name: string, type: string): readonly string[] =>
      dataFileProblems(
        parquet(name),
        dataset({
          format: "parquet",
          columns: [
            { name: "y", type: "double" },
            { name: "y2", type: "double" },
            { name: "X", type },
          ],
          target: "y",
          dropped: ["date", "timestamp"].includes(type) ? ["x"] : [],
        }),
        { values: true },
      );

    before(() => {
      const write = (name: string, array: string): string =>
        `pq.write_table(pa.table({"Y": [1.0], "y2": [1.0], "before": [[1]], "x": ${array}}), ${JSON.stringify(parquet(name))})`;
      const script = [
        "import pyarrow as pa, pyarrow.parquet as pq",
        "from datetime import date, datetime",
        "from decimal import Decimal",
        ...Object.entries(files).map(([name, array]) => write(name, array)),
        `pq.write_table(pa.table({"y": [1.0], "y2": [1.0]}), ${JSON.stringify(parquet("missing"))})`,
        `pq.write_table(pa.table({"y": [1.0], "y2": [1.0], "x": [1], "X": [2]}), ${JSON.stringify(parquet("twice"))})`,
      ];
      execFileSync(pythonInterpreter(), ["-c", script.join("\n")]);
    });

    for (const [type, good] of Object.entries(taken)) {
      it(`reads the same stored types as ${type} as Trino's reader`, () => {
        const names = Object.keys(files) as (keyof typeof files)[];
        deepEqual(
          names.filter((name) => found(name, type).length === 0),
          names.filter((name) => good.includes(name)),
        );
      });
    }

    it("names file, column and both types", () => {
      deepEqual(found("decimal(9,2)", "double"), [
        "decimal(9,2).parquet: x: HIVE_BAD_DATA: FIXED_LEN_BYTE_ARRAY (DECIMAL(9,2)) in the file, but double in the table",
      ]);
      deepEqual(found("timestamp", "string"), [
        "timestamp.parquet: x: HIVE_BAD_DATA: INT64 (TIMESTAMP_MICROS) in the file, but string in the table",
      ]);
      deepEqual(found("list", "int"), [
        "list.parquet: x: HIVE_BAD_DATA: LIST in the file, but int in the table",
      ]);
    });

    it("accepts files without a column that others have, which Athena reads as NULL", () => {
      const both = join(folder, "both");
      mkdirSync(both);
      copyFileSync(parquet("missing"), join(both, "a.parquet"));
      copyFileSync(parquet("int32"), join(both, "b.parquet"));
      const numbers = ["y", "y2"].map((name) => ({ name, type: "double" }));
      const problems = (type: "int" | "double"): readonly string[] =>
        dataFileProblems(
          both,
          dataset({
            format: "parquet",
            columns: [...numbers, { name: "x", type }],
            target: "y",
          }),
          { values: true },
        );
      deepEqual(problems("int"), []);
      deepEqual(problems("double"), [
        "b.parquet: x: HIVE_BAD_DATA: INT32 in the file, but double in the table",
      ]);
    });

    it("refuses the files of an Iceberg table, some of whose rows may be deleted", () => {
      const flats = join(folder, "flats");
      for (const name of ["data", "metadata"]) {
        mkdirSync(join(flats, name), { recursive: true });
      }
      copyFileSync(parquet("int32"), join(flats, "data", "0-0.parquet"));
      writeFileSync(join(flats, "metadata", "00001-7.metadata.json"), "{}");
      for (const path of [flats, join(flats, "data")]) {
        const problems = dataFileProblems(path, dataset({ format: "parquet" }), { values: true });
        equal(problems.length, 1);
        match(
          problems[0] ?? "",
          /^.*\/flats.* is an Iceberg table, .*`npm run restate -- init .*\/flats` writes its current rows/,
        );
      }
    });

    it("names columns that are missing or duplicate, and files that are damaged or not Parquet", () => {
      deepEqual(found("missing", "int"), [
        "missing.parquet: x: there is no such column; the file has y, y2",
      ]);
      deepEqual(found("twice", "int"), ["twice.parquet: x: two columns differ only by case: x, X"]);
      const whole = readFileSync(parquet("int32"));
      writeFileSync(
        parquet("damaged"),
        Buffer.concat([whole.subarray(0, 30), Buffer.alloc(200, 0x19), whole.subarray(-8)]),
      );
      deepEqual(found("damaged", "int"), ["damaged.parquet: is a damaged Parquet file"]);
      writeFileSync(parquet("text"), names + rows);
      deepEqual(found("text", "int"), [
        "text.parquet: is not a Parquet file, but dataset.format is parquet",
      ]);
    });
  });
});
