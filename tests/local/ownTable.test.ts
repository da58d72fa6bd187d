import { deepEqual, equal, match } from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { appendFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { stringify } from "yaml";

import { pythonInterpreter } from "../../local/environments/python";
import { algorithms } from "../../pipeline/algorithms";
import type { JsonObject } from "../../pipeline/language/json";
import { type Ended, local, temporaryFolder } from "../support/localRun";

const columns = [
  { name: "y", type: "double" },
  { name: "x", type: "float" },
  { name: "i", type: "int" },
  { name: "big", type: "bigint" },
  { name: "money", type: "decimal(10,2)" },
  { name: "yes", type: "boolean" },
  { name: "town", type: "string" },
  { name: "flag", type: "char(2)" },
  { name: "day", type: "date" },
  { name: "moment", type: "timestamp" },
];
const row = "0.1,0.1,-5,9007199254740993,1.25,true,Ulm,a,2020-01-10,2020-01-10 12:30:00";
const filter: readonly JsonObject[] = [
  { column: "y", operator: "=", value: 0.1 },
  { column: "x", operator: "in", values: [0.1, 2] },
  { column: "i", operator: "=", value: -5 },
  { column: "big", operator: "=", value: "9007199254740993" },
  { column: "money", operator: "=", value: 1.25 },
  { column: "yes", operator: "=", value: true },
  { column: "town", operator: "not in", values: ["Bern", "it's"] },
  { column: "flag", operator: "=", value: "a" },
  { column: "day", operator: "<=", value: "2020-01-10" },
  { column: "moment", operator: ">", value: "2020-01-10" },
];

/** What `models --card` prints, as far as it is looked at. */
interface ModelCardAnswer {
  readonly status: string;
  readonly content: {
    readonly intended_uses: { readonly intended_uses: string };
    readonly training_details: {
      readonly training_job_details: {
        readonly hyper_parameters: readonly { readonly name: string; readonly value: string }[];
      };
    };
    readonly evaluation_details: readonly [
      {
        readonly metric_groups: readonly [
          {
            readonly name: string;
            readonly metric_data: readonly { readonly name: string; readonly value: number }[];
          },
        ];
      },
    ];
  };
}

describe("npm run local, on a custom table,", function () {
  this.timeout(180_000);
  const folder = temporaryFolder();

  function configFile(dataset: JsonObject, candidates?: readonly JsonObject[]): string {
    const path = join(folder, "config.yaml");
    const candidate = {
      name: "Tree",
      algorithm: "decision-tree",
      hyperparameters: { random_state: 1 },
      ranges: { max_depth: { type: "integer", min: 2, max: 3, scaling: "Linear" } },
      strategy: "Random",
      maxJobs: 1,
      maxParallelJobs: 1,
    };
    const config = {
      "aws:region": "us-east-1",
      "restate:dataset": { table: "own", target: "y", ...dataset },
      "restate:candidates": candidates ?? [candidate],
      "restate:minimumR2": "-100",
      "restate:modelCard": { intendedUses: 'To try a "table" of one\'s own.' },
      "restate:network": { mode: "none" },
    };
    writeFileSync(path, stringify({ config }));
    return path;
  }

  const filesBelow = (path: string): readonly string[] =>
    readdirSync(path, { recursive: true, encoding: "utf8" }).map((one) => join(path, one));

  function run(dataset: JsonObject, data: string, ...verb: readonly string[]): Promise<Ended> {
    const options = ["--work-folder", join(folder, "work"), "--data", data, "--config-file"];
    return local([...verb, ...options, configFile(dataset)]);
  }

  /** For what is known before the first trial. */
  const untilPreprocess = ["run", "--until", "Preprocess"];

  for (const quoted of [false, true]) {
    it(`filters rows by literals of each type${quoted ? ", on text that the query casts" : ""}`, async () => {
      const data = join(folder, "rows.csv");
      const others = row.split(",").map((_, place) =>
        row
          .split(",")
          .map((value, other) => (other === place ? "" : value))
          .join(","),
      );
      const inQuotes = row.replaceAll(/[^,]+/g, '"$&"');
      writeFileSync(data, [quoted ? inQuotes : row, ...others].join("\n"));
      const dataset = { columns, dropped: ["day", "moment"], quoted };
      const sql = ["query", "--json"];
      const { code, stderr, stdout } = await run({ ...dataset, filter }, data, ...sql);
      equal(code, 0, stderr);
      // An empty town is a town, though none that is excluded.
      deepEqual(
        (JSON.parse(stdout) as JsonObject[]).map(({ y, money, town, day }) => [
          y,
          money,
          town,
          day,
        ]),
        ["Ulm", ""].map((town) => [0.1, 1.25, town, "2020-01-10"]),
      );
    });
  }

  it("runs on an existing table, with rows from local files", async () => {
    const data = join(folder, "adopted.csv");
    const rows = Array.from({ length: 60 }, (_, n) => `${n * 2};${n % 7};NA`);
    writeFileSync(data, ["y;x;town", ...rows].join("\n"));
    const dataset = {
      columns: [
        { name: "y", type: "int" },
        { name: "x", type: "int" },
        { name: "town", type: "string" },
      ],
      headerLines: 1,
      delimiter: ";",
      nullTexts: ["NA"],
      dropped: ["town"],
      segments: ["x", "town"],
      source: { database: "sales", table: "flats_2024", asOf: "1234567890123456789" },
      location: "s3://theirs/flats/",
    };
    const sql =
      'SELECT count(*) AS n, count(town) AS towns FROM "sales"."flats_2024" FOR VERSION AS OF 1234567890123456789';
    const asked = await run(dataset, data, "query", sql, "--json");
    deepEqual(JSON.parse(asked.stdout), [{ n: 60, towns: 0 }], asked.stderr);
    const trained = await run(dataset, data);
    equal(trained.code, 0, trained.stderr);
    const card = (version: string): Promise<Ended> =>
      local(["models", "--card", version, "--work-folder", join(folder, "work")]);
    const { code, stderr, stdout } = await card("1");
    equal(code, 0, stderr);
    const { content, status } = JSON.parse(stdout) as ModelCardAnswer;
    equal(status, "Draft");
    equal(content.intended_uses.intended_uses, 'To try a "table" of one\'s own.');
    const { hyper_parameters: hyperparameters } = content.training_details.training_job_details;
    deepEqual(
      hyperparameters.map(({ name, value }) => [name, Number(value) > 0]),
      [
        ["random_state", true],
        ["max_depth", true],
      ],
    );
    const [job] = content.evaluation_details;
    deepEqual(
      job.metric_groups[0].metric_data.map(({ name, value }) => [name, typeof value]),
      ["r2", "mse", "rmse", "mae", "rows"].map((name) => [name, "number"]),
    );
    deepEqual(
      job.metric_groups.map(({ name }) => name.replace(/^Target .*/, "Target")),
      [
        "Regression",
        ...Array<string>(4).fill("Target"),
        "x 0 to 3",
        "x = 4",
        "x = 5",
        "x = 6",
        "town missing",
      ],
    );
    const report = readFileSync(join(folder, "work", "report", "index.html"), "utf8");
    match(report, /<th scope="rowgroup" rowspan="1">town<\/th>\s*<td>missing<\/td>/);
    const none = await card("9");
    equal(none.code, 1);
    match(none.stderr, /has no version 9; it has version 1$/m);
  });

  it("trains, evaluates and explains a model of every algorithm with its default tuning", async () => {
    const data = join(folder, "families.csv");
    const rows = Array.from(
      { length: 200 },
      (_, n) => `${(n % 7) * 10 + (n % 5)},${n % 7},${n % 5}`,
    );
    writeFileSync(data, rows.join("\n"));
    const dataset = {
      columns: ["y", "x", "z"].map((name) => ({ name, type: "int" })),
    };
    const candidates = Object.keys(algorithms).map((algorithm) => ({
      name: algorithm.replaceAll("-", ""),
      algorithm,
      maxJobs: 1,
    }));
    const { code, stderr, stdout } = await local([
      ...["--json", "--work-folder", join(folder, "families"), "--data", data],
      ...["--config-file", configFile({ table: "families", ...dataset }, candidates)],
    ]);
    equal(code, 0, stderr);
    const result = JSON.parse(stdout) as {
      readonly report: string;
      readonly candidates: readonly { readonly name: string; readonly r2: number }[];
    };
    deepEqual(
      result.candidates.filter(({ r2 }) => !(r2 > 0.5)).map(({ name }) => name),
      [],
    );
    equal(result.candidates.length, candidates.length);
    match(readFileSync(result.report, "utf8"), /SHAP values of \d+ test rows/);
  });

  it("counts excluded rows by reason, even if the query is not run again", async () => {
    const data = join(folder, "left.csv");
    // A third has no x, a fifth no y, and 30 are below the filter.
    const rows = Array.from({ length: 120 }, (_, n) => {
      const y = n % 5 === 0 ? "" : (n * n * 31) % 997;
      return `${y},${n % 3 === 0 ? "" : (n * 7) % 11},${n}`;
    });
    writeFileSync(data, ["y,x,n", ...rows].join("\n"));
    const dataset = {
      columns: ["y", "x", "n"].map((name) => ({ name, type: "double" })),
      ...{ headerLines: 1, missingValues: "drop" },
      filter: [{ column: "n", operator: ">=", value: 30 }],
    };
    const line =
      /^120 rows in the table, 30 excluded by the filter, 30 excluded by the flow; 60 rows read, 12 without y, 48 used: 34 \/ 9 \/ 5; /m;
    const config = configFile(dataset);
    // Of a file that the stack uploads, the content is known, so results are taken from the cache.
    appendFileSync(config, `  restate:dataFile: ${JSON.stringify(data)}\n`);
    const options = ["--work-folder", join(folder, "left"), "--config-file", config];
    match((await local(options)).stdout, line);
    const page = readFileSync(join(folder, "left", "report", "index.html"), "utf8");
    match(page, /120 rows in the table, 30 excluded by the filter/);
    const again = await local(options);
    match(again.stdout, /DataWranglerProcess .*as in execution/);
    match(again.stdout, line);
    const counting = configFile({ ...dataset, countExcluded: true });
    const work = join(folder, "counted");
    const counted = await local([
      ...untilPreprocess,
      ...["--work-folder", work, "--config-file", counting, "--data", data],
    ]);
    match(counted.stdout, line);
    // Preprocess knows it too, as in AWS.
    const [written = ""] = filesBelow(work).filter((one) => /s3.*metadata.*report.json$/.test(one));
    match((JSON.parse(readFileSync(written, "utf8")) as { summary: string }).summary, line);
  });

  it("reports warnings about the rows before it trains, or stops if configured", async () => {
    const data = join(folder, "doubted.csv");
    const rows = Array.from({ length: 120 }, (_, n) => {
      const y = (n * n * 31) % 997;
      return `${n % 12 === 0 ? "" : y},${n % 7},${y * 2}`;
    });
    writeFileSync(data, ["y,x,twice", ...rows].join("\n"));
    const columns = ["y", "x", "twice"].map((name) => ({ name, type: "double" }));
    const dataset = { columns, headerLines: 1 };
    const said = [
      "120 rows read, 10 without y, 110 used: 77 / 22 / 11; 2 columns, 2 features; 1 warning",
      "warning: twice: gives the target away: R2 1.0000 by this column alone",
      "▶ TuneTree",
    ];
    const first = await run(dataset, data);
    equal(first.code, 0, first.stderr);
    const lines = first.stdout.split("\n");
    const start = lines.indexOf(said[0] ?? "");
    deepEqual(lines.slice(start, start + 3), said);
    const page = readFileSync(join(folder, "work", "report", "index.html"), "utf8");
    match(page, /Table <strong>own<\/strong>, target <strong>y<\/strong>:\s+120 rows read/);
    match((await run(dataset, data)).stdout, /^120 rows read, 10 without y, 110 used/m);
    const stopped = await run({ ...dataset, dataChecks: "fail" }, data);
    equal(stopped.code, 1);
    match(
      stopped.stderr,
      /step Preprocess failed: dataChecks is fail, and twice: gives the target/,
    );
    equal(stopped.stdout.includes("▶ TuneTree"), false);
  });

  for (const format of ["csv", "parquet"]) {
    it(`splits ${format} by time, so that the test rows are the latest, and by group`, async () => {
      const csv = join(folder, "dated.csv");
      const day = (n: number): string => `2024-${String(1 + (n % 12)).padStart(2, "0")}-15`;
      const rows = Array.from(
        { length: 120 },
        (_, n) => `${n},${n % 7},${day(n)},"shop, ${n % 10}"`,
      );
      writeFileSync(csv, ["y,x,day,shop", ...rows].join("\n"));
      const data = format === "csv" ? csv : join(folder, "dated.parquet");
      if (format === "parquet") {
        const copy = `copy (select y::double y, x::int x, day::timestamp "day", shop from '${csv}') to '${data}'`;
        execFileSync(pythonInterpreter(), ["-c", `import duckdb; duckdb.sql("""${copy}""")`]);
      }
      const dataset = {
        columns: [
          { name: "y", type: "double" },
          { name: "x", type: "int" },
          { name: "day", type: format === "csv" ? "date" : "timestamp" },
          { name: "shop", type: "string" },
        ],
        format,
        ...(format === "csv" ? { headerLines: 1, quoted: true } : {}),
      };
      const parts = async (split: JsonObject, dropped: readonly string[]): Promise<number[][]> => {
        rmSync(join(folder, "work"), { recursive: true, force: true });
        const { code, stderr } = await run(
          { ...dataset, split, dropped },
          data,
          ...untilPreprocess,
        );
        equal(code, 0, stderr);
        return ["train", "validation", "test"].map((name) => {
          const path = filesBelow(join(folder, "work")).find((one) => one.endsWith(`/${name}.csv`));
          return readFileSync(path ?? "", "utf8")
            .trim()
            .split("\n")
            .map(parseFloat);
        });
      };
      const months = (await parts({ by: "time", column: "day" }, ["shop"])).map((part) => [
        ...new Set(part.map((y) => y % 12)),
      ]);
      deepEqual(
        months.map((part) => part.sort((a, b) => a - b)),
        [[0, 1, 2, 3, 4, 5, 6, 7], [8, 9, 10], [11]],
      );
      const shops = (await parts({ by: "group", column: "shop" }, ["day"])).map(
        (part) => new Set(part.map((y) => y % 10)).size,
      );
      deepEqual(shops, [7, 2, 1]);
    });
  }

  it("encodes labels using only the train rows, and reports how much R² varies on others", async () => {
    const data = join(folder, "streets.csv");
    // Labels as CSV and Spark find them hard; the last occurs once.
    const streets = ["a, b", 'say ""c""', "", " d ", "日本", "d"];
    const rows = Array.from({ length: 101 }, (_, n) => {
      const street = n === 100 ? "rare" : streets[n % 6];
      return `"${n}","${n % 5}","${street}"`;
    });
    writeFileSync(data, ["y,floor,street", ...rows].join("\n"));
    const columns = [
      { name: "y", type: "double" },
      { name: "floor", type: "int" },
      { name: "street", type: "string" },
    ];
    const labels = ["4", "0", "2"];
    const encode = { street: { as: "target", minRows: 2 }, floor: { as: "oneHot", labels } };
    rmSync(join(folder, "work"), { recursive: true, force: true });
    const { code, stderr, stdout } = await run(
      {
        ...{ columns, headerLines: 1, quoted: true, nullTexts: [""], encode },
        crossValidation: { folds: 3, repeats: 2 },
      },
      data,
    );
    equal(code, 0, stderr);
    match(stdout, /^warning: floor: 40 of 101 rows have labels that are not listed$/m);
    match(
      stdout,
      /^cross-validation: Tree R² -?\d\.\d{4} ± \d\.\d{4} \(mean and standard deviation of 6 models on other rows\)$/m,
    );
    const page = readFileSync(join(folder, "work", "report", "index.html"), "utf8");
    match(page, /<li>cross-validation: Tree R² /);
    const read = (name: string): string =>
      readFileSync(
        filesBelow(join(folder, "work")).find((one) => one.endsWith(`/${name}`)) ?? "",
        "utf8",
      );
    deepEqual(JSON.parse(read("feature_names.json")), [
      ...["floor_4", "floor_0", "floor_2", "street"],
    ]);
    const [train = [], others = []] = [["train"], ["validation", "test"]].map((names) =>
      names.flatMap((name) =>
        read(`${name}.csv`)
          .trim()
          .split("\n")
          .map((line) => line.split(",").map(Number)),
      ),
    );
    for (const [y = 0, ...floor] of [...train, ...others]) {
      const place = labels.indexOf(String(y % 5));
      deepEqual(
        floor.slice(0, 3),
        [0, 1, 2].map((one) => Number(one === place)),
      );
    }
    const learnt = JSON.parse(read("text_encodings.json")) as { encodings: JsonObject[] };
    const {
      labels: known,
      missing,
      other,
      values,
    } = learnt.encodings[1] as {
      labels: string[];
      values: number[];
      other: number;
      missing: number;
    };
    deepEqual(known, ["a, b", "d", 'say "c"', "日本"]);
    const expected = (y: number): number | undefined => {
      const street = (streets[y % 6] ?? "").replaceAll('""', '"').trim();
      return y === 100 ? other : street === "" ? missing : values[known.indexOf(street)];
    };
    deepEqual(
      others.map((row) => row.at(-1)),
      others.map(([y = 0]) => expected(y)),
    );
    // A train row has what the other folds say, which is never what all rows do.
    equal(
      train.some((row) => row.at(-1) === expected(row[0] ?? 0)),
      false,
    );
  });

  it("trains on the parts of dates, including text in a custom format, and names values in another", async () => {
    const data = join(folder, "sales.csv");
    const rows = Array.from({ length: 140 }, (_, n) => {
      // From 1969 on, every 37th day.
      const day = new Date(Date.UTC(1969, 10, 1 + n * 37)).toISOString().slice(0, 10);
      const [year = "", month = "", date = ""] = day.split("-");
      const seen = n % 10 === 0 ? "" : `${day} ${String(n % 24).padStart(2, "0")}:30:00`;
      return `${Number(year) * 10 + Number(month)},${date}.${month}.${year},${seen}`;
    });
    writeFileSync(data, rows.join("\n"));
    const dataset = {
      columns: [
        { name: "y", type: "double" },
        { name: "Sold", type: "string" },
        { name: "seen", type: "timestamp" },
      ],
      dateFormats: { sold: "%d.%m.%Y" },
      dateParts: { Sold: ["year", "month", "dayOfWeek"], seen: ["hour", "daysSinceEpoch"] },
      categorical: ["sold_day_of_week"],
      filter: [{ column: "sold", operator: "<", value: "1980-01-01" }],
    };
    const [first, ...others] = JSON.parse(
      (await run(dataset, data, "query", "--json")).stdout,
    ) as JsonObject[];
    deepEqual(first, {
      y: 19701,
      sold: "1969-11-01",
      seen: null,
      sold_year: 1969,
      sold_month: 11,
      sold_day_of_week: 6,
      seen_hour: null,
      seen_days_since_epoch: null,
    });
    deepEqual(Object.values(others[0] ?? {}).slice(3), [1969, 12, 1, 1, -24]);
    equal(others.length, 100);
    const trained = await run(dataset, data, "--json");
    equal(trained.code, 0, trained.stderr);
    const { candidates } = JSON.parse(trained.stdout) as { candidates: { r2: number }[] };
    equal((candidates[0]?.r2 ?? 0) > 0.9, true, trained.stdout);

    writeFileSync(data, [...rows, "19700,1970-02-30,"].join("\n"));
    const wrong = await run(dataset, data);
    equal(wrong.code, 1);
    match(
      wrong.stderr,
      /\n {2}sales\.csv: sold: 1 of 141 values is '1970-02-30', not a date in the form %d\.%m\.%Y; first in line 141\n$/,
    );
  });

  it("reads quoted values and bzip2, and warns about a column that may be an id", async () => {
    const rows = Array.from({ length: 120 }, (_, n) => `"${n * 2}";"id ${n}";"${n % 7}"`);
    const script =
      "import bz2, sys; sys.stdout.buffer.write(bz2.compress(sys.stdin.buffer.read()))";
    const content = ["Measured in 2024", '"Y";"Key";"X"', ...rows].join("\n");
    const data = join(folder, "rows.csv.bz2");
    writeFileSync(data, execFileSync(pythonInterpreter(), ["-c", script], { input: content }));
    const dataset = {
      columns: [
        { name: "y", type: "double" },
        { name: "key", type: "string" },
        { name: "x", type: "int" },
      ],
      headerLines: 2,
      delimiter: ";",
      quoted: true,
    };
    const warning =
      /^warning: key: 120 labels in 120 rows become as many features, .* list the column under dataset\.dropped, otherwise under dataset\.encode$/m;
    const first = await run(dataset, data, ...untilPreprocess);
    equal(first.code, 0, first.stderr);
    match(first.stdout, warning);
    match((await run(dataset, data, ...untilPreprocess)).stdout, warning);
    const semicolons = await run({ ...dataset, delimiter: "," }, data);
    equal(semicolons.code, 1);
    match(
      semicolons.stderr,
      /^error: .*\n {2}rows\.csv\.bz2: line 2: ";" separates 3 values, and "," 1: set delimiter: ";"\n$/,
    );
  });
});
