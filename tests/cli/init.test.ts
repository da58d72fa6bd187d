import { deepEqual, equal, match } from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

import { parse } from "yaml";

import { datasetSchema } from "../../pipeline/datasetSchema";
import type { JsonObject } from "../../pipeline/language/json";
import { pythonInterpreter } from "../../local/environments/python";
import { commandLine } from "../support/commandLine";
import { type Ended, local } from "../support/localRun";
import { Initiation, rows } from "./initiated";

describe("npm run restate -- init", function () {
  this.timeout(300_000);
  const initiation = new Initiation();
  const { folder, output } = initiation;
  const init = initiation.init.bind(initiation);
  const write = initiation.write.bind(initiation);
  const written = initiation.written.bind(initiation);

  describe("writes a configuration that runs unchanged", () => {
    const german = rows.map(({ area, n, price, town }) =>
      [
        `${String(area)},5`,
        town,
        `"${Math.floor(price / 1000)}.${String(Math.floor(price % 1000)).padStart(3, "0")},25"`,
        n % 10 === 0 ? "k.A." : String(1950 + (n % 60)),
        `${String((n % 28) + 1).padStart(2, "0")}.01.2024`,
        `Angebot ${n}`,
      ].join(";"),
    );
    const header = "Fläche (m²);Ort;Kaufpreis;Baujahr;Verkauft;Notiz";

    it("for a file with quotes, decimal commas, a null text, dates and free text", async () => {
      const path = write("flats.csv", `\uFEFF${[header, ...german].join("\r\n")}\r\n`);
      const { code, stderr, stdout } = await init(path, "--target", "Kaufpreis", "--force");
      equal(code, 0, stderr);
      equal(stdout, "Pulumi.own.yaml\n");
      equal(
        stderr,
        [
          "200 rows, 6 columns; target kaufpreis; 2 numeric features, ort one-hot, verkauft by parts",
          "Values are in double quotes: Athena reads all of them as text through OpenCSVSerde, and the query casts them.",
          "Athena skips 1 line at the top, and reads columns by position.",
          "Not used:",
          "  notiz: it identifies rows: each value occurs once",
          "next: npm run local -- --config-file Pulumi.own.yaml",
          "",
        ].join("\n"),
      );
      deepEqual(written()["restate:dataset"], {
        table: "flats",
        headerLines: 1,
        delimiter: ";",
        quoted: true,
        nullTexts: ["k.A."],
        thousands: ".",
        decimal: ",",
        columns: [
          { name: "flache_m2", type: "double", header: "Fläche (m²)" },
          { name: "ort", type: "string" },
          { name: "kaufpreis", type: "double" },
          { name: "baujahr", type: "int" },
          { name: "verkauft", type: "string" },
          { name: "notiz", type: "string" },
        ],
        target: "kaufpreis",
        dropped: ["notiz"],
        dateFormats: { verkauft: "%d.%m.%Y" },
        // All are of one month.
        dateParts: { verkauft: ["dayOfWeek", "daysSinceEpoch"] },
        missingValues: "keep",
        split: { train: 0.7, validation: 0.2, test: 0.1 },
        crossValidation: { folds: 5, repeats: 3 },
      });
      equal(written()["restate:dataFile"], path);

      const small = join(folder, "small.yaml");
      writeFileSync(small, readFileSync(output));
      appendFileSync(small, tree);
      // The environment may be about another table.
      const run = await local(
        ["--config-file", small, "--work-folder", join(folder, "w"), "--json"],
        { RESTATE_DATA: "/nowhere.data" },
      );
      equal(run.code, 0, run.stderr);
      const { candidates } = JSON.parse(run.stdout) as { candidates: { r2: number }[] };
      equal((candidates[0]?.r2 ?? 0) > 0.9, true, run.stdout);
    });

    it("with mean-target encoding for text with many labels", async () => {
      const lines = Array.from(
        { length: 400 },
        (_, n) => `${n},Street ${n % 60},0${n % 70},${n % 3}`,
      );
      const path = write("streets.csv", ["rent,street,code,rooms", ...lines].join("\n"));
      const { code, stderr } = await init(path, "--target", "rent", "--force");
      equal(code, 0, stderr);
      match(
        stderr,
        /^400 rows, 4 columns; target rent; 1 numeric feature, street, code by mean target$/m,
      );
      deepEqual((written()["restate:dataset"] as JsonObject)["encode"], {
        street: { as: "target" },
        code: { as: "target" },
      });
    });

    for (const [encoding, encoded] of [
      ["latin-1", (text: string) => Buffer.from(text, "latin1")],
      ["utf-16", (text: string) => Buffer.from(`\uFEFF${text}`, "utf16le")],
      ["utf-16", (text: string) => Buffer.from(`\uFEFF${text}`, "utf16le").swap16()],
    ] as const) {
      it(`for a file in ${encoding}, using a UTF-8 copy`, async () => {
        const lines = rows.map(({ area, price, town }) => `${area},${town}\u00e4,${price}`);
        const text = ["Fl\u00e4che,Ort,price", ...lines].join("\r\n");
        const path = join(folder, "umlauts.csv");
        writeFileSync(path, encoded(text));
        const { code, stderr } = await init(
          path,
          ...["--target", "price", "--force", "--encoding", encoding],
        );
        equal(code, 0, stderr);
        const copy = join(folder, "umlauts.utf8.csv");
        equal(readFileSync(copy, "utf8"), text);
        equal(written()["restate:dataFile"], copy);
        deepEqual((written()["restate:dataset"] as { columns: unknown[] }).columns[0], {
          name: "flache",
          type: "int",
          header: "Fl\u00e4che",
        });
        const again = await init(path, "--target", "price", "--encoding", encoding);
        match(again.stderr, /umlauts\.utf8\.csv exists: --force overwrites it\n$/);
        const other = await init(path, "--target", "price", "--force", "--encoding", "utf-7");
        match(other.stderr, /--encoding: utf-7 is not a known encoding; such are windows-1252/);
      });
    }

    it("for an Iceberg table, using a Parquet file with its current rows", async () => {
      const script = join(__dirname, "..", "support", "iceberg_table.py");
      const before = execFileSync(pythonInterpreter(), [script, folder], { encoding: "utf8" });
      const path = join(folder, "warehouse", "sales", "flats");
      const { code, stderr } = await init(path, "--target", "rent", "--force");
      equal(code, 0, stderr);
      match(stderr, /^40 rows, 3 columns; target rent; 2 numeric features$/m);
      equal(written()["restate:dataFile"], `${path}.parquet`);
      const encoded = await init(path, "--target", "rent", "--force", "--encoding", "latin-1");
      match(encoded.stderr, /--encoding: .*flats must be a file that is not packed\n$/);
      const again = await init(path, "--target", "rent");
      match(again.stderr, /flats\.parquet exists: --force overwrites it with the Iceberg table's/);
      // The folder itself is data of any of its versions.
      const asOf = before.trim();
      const adopted = (version: string): Promise<Ended> => {
        const source = `{ database: sales, table: flats, asOf: "${version}" }`;
        const config = readFileSync(output, "utf8")
          .replace(
            "    target:",
            `    location: s3://team/flats/\n    source: ${source}\n    target:`,
          )
          .replace(/^ +restate:dataFile.*$/m, "");
        const sql = `SELECT count(*) AS n FROM flats FOR VERSION AS OF ${version}`;
        const options = ["--json", "--config-file", write("v.yaml", config), "--data", path];
        return commandLine(["query", "--local", ...options, sql], { INIT_CWD: folder });
      };
      const all = await adopted(asOf);
      equal(all.stdout, '[{"n":60}]\n', all.stderr);
      match((await adopted("7")).stderr, new RegExp(`no snapshot for asOf 7; .*${asOf} of 20`));
    });

    it("with a commented-out split by time, if each row has a date", async () => {
      const dated = (day: (n: number) => string): Promise<Ended> => {
        const lines = rows.map(({ area, n, price }) => [area, day(n), price].join(","));
        const path = write("dated.csv", ["area,sold,price", ...lines].join("\n"));
        return init(path, "--target", "price", "--force");
      };
      const proposed = (): string | undefined =>
        /^ +# (split: \{ by.*)$/m.exec(readFileSync(output, "utf8"))?.[1];
      const day = (n: number): string => `2024-01-${String(1 + (n % 28)).padStart(2, "0")}`;
      for (const time of ["", "T12:00:00Z"]) {
        equal((await dated((n) => `${day(n)}${time}`)).code, 0);
        equal(proposed(), "split: { by: time, column: sold }");
        const split = parse(proposed() ?? "") as JsonObject;
        const dataset = { ...(written()["restate:dataset"] as JsonObject), ...split };
        deepEqual(datasetSchema.safeParse(dataset).error, undefined);
      }
      equal((await dated((n) => (n === 7 ? "" : day(n)))).code, 0);
      equal(proposed(), undefined);
    });

    it("for files with missing dates, or without any feature but a date", async () => {
      const day = (n: number): string =>
        new Date(Date.UTC(1968, 0, 1 + n * 97)).toISOString().slice(0, 10);
      const lines = rows.map(({ n }) => {
        const [year = "", month = "", date = ""] = day(n).split("-");
        const signed = n % 9 === 0 ? "unknown" : `${day(n)}T0${n % 10}:30:00Z`;
        const seen = n % 7 === 0 ? "" : `${day(n)} 1${n % 10}:00:00`;
        const open = `${7 + (n % 5)}:${10 + (n % 50)}`;
        return `${day(n)},${month}/${date}/${year},${signed},${seen},${Number(year) % 5},${n * 3},${open}`;
      });
      const header = "Sold On,built,signed,seen,sold_on_month,price,open";
      const path = write("sales.csv", [header, ...lines].join("\n"));
      const { code, stderr } = await init(path, "--target", "price", "--force");
      equal(code, 0, stderr);
      match(
        stderr,
        /^200 rows, 7 columns; target price; 1 numeric feature, sold_on, built, signed, seen, open by parts\n/,
      );
      const { columns, dateFormats, dateParts, dropped, nullTexts } = written()[
        "restate:dataset"
      ] as JsonObject;
      deepEqual(
        (columns as JsonObject[]).map(({ type }) => type),
        ["date", "string", "string", "timestamp", "int", "int", "string"],
      );
      deepEqual(dateFormats, {
        built: "%m/%d/%Y",
        signed: "%Y-%m-%dT%H:%i:%sZ",
        open: "%H:%i",
      });
      const parts = ["year", "month", "dayOfWeek", "daysSinceEpoch"];
      deepEqual(dateParts, {
        sold_on: parts.filter((part) => part !== "month"),
        built: parts,
        signed: [...parts, "hour"],
        seen: [...parts, "hour"],
        open: ["minuteOfDay"],
      });
      deepEqual([dropped, nullTexts], [undefined, ["unknown"]]);
      match(
        readFileSync(output, "utf8"),
        /^ +- \{ name: built, type: string \} +# 1968-01-01 to 2020-11-06; dates in text, in the format %m\/%d\/%Y$/m,
      );
      match(
        readFileSync(output, "utf8"),
        /^ +- \{ name: open, type: string \} +# 07:10:00 to 11:59:00; times of day in text, in the format %H:%i$/m,
      );

      const small = join(folder, "dates.yaml");
      writeFileSync(small, readFileSync(output));
      appendFileSync(small, tree);
      const options = ["--config-file", small, "--work-folder", join(folder, "dates"), "--json"];
      const asked = await local(["query", ...options]);
      deepEqual((JSON.parse(asked.stdout) as JsonObject[])[0], {
        sold_on: "1968-01-01",
        built: "1968-01-01",
        signed: null,
        seen: null,
        ...{ open: "1970-01-01 07:10:00", open_minute_of_day: 430 },
        sold_on_month: 3,
        price: 0,
        ...{ sold_on_year: 1968, sold_on_day_of_week: 1, sold_on_days_since_epoch: -731 },
        ...{ built_year: 1968, built_month: 1, built_day_of_week: 1 },
        built_days_since_epoch: -731,
        ...{ signed_year: null, signed_month: null, signed_day_of_week: null },
        ...{ signed_days_since_epoch: null, signed_hour: null },
        ...{ seen_year: null, seen_month: null, seen_day_of_week: null },
        ...{ seen_days_since_epoch: null, seen_hour: null },
      });
      const run = await local(options, { RESTATE_DATA: "/nowhere.data" });
      equal(run.code, 0, run.stderr);
      const { candidates } = JSON.parse(run.stdout) as { candidates: { r2: number }[] };
      equal((candidates[0]?.r2 ?? 0) > 0.9, true, run.stdout);

      const only = write(
        "only.csv",
        ["sold,price", ...rows.map(({ n }) => `${day(n)},${n}`)].join("\n"),
      );
      equal((await init(only, "--target", "price", "--force")).code, 0);
    });

    it("for a folder with partitions", async () => {
      for (const year of [2023, 2024]) {
        mkdirSync(join(folder, "lake", `year=${year}`), { recursive: true });
        const part = rows.filter(({ n }) => n % 2 === year % 2);
        const lines = part.map(({ area, price, town }) => [area, town, price].join(","));
        const content = ["area,town,price", ...lines].join("\n");
        write(`lake/year=${year}/part.csv.gz`, gzipSync(content));
      }
      const { code, stderr } = await init(join(folder, "lake"), "--target", "price", "--force");
      equal(code, 0, stderr);
      const { columns, partitions } = written()["restate:dataset"] as JsonObject;
      deepEqual(partitions, [{ name: "year", type: "int" }]);
      match(stderr, /^Partition keys, for filters and splits, not features: year$/m);
      deepEqual(columns, [
        { name: "area", type: "int" },
        { name: "town", type: "string" },
        { name: "price", type: "double" },
      ]);
    });

    it("with texts that YAML could misread", async () => {
      const labels = ["a: b # c", '"q" {x}', "\u001b[31mred", "no"];
      const lines = rows.map(({ n, price }) => `${labels[n % 4] ?? ""}|${price}|${n % 5}`);
      const path = write("odd.csv", ["y: {#|null|n", ...lines].join("\n"));
      const { code, stderr } = await init(path, "--target", "null", "--force");
      equal(code, 0, stderr);
      equal(stderr.includes("\u001b"), false);
      equal(readFileSync(output, "utf8").includes("\u001b"), false);
      const { columns, target } = written()["restate:dataset"] as JsonObject;
      equal(target, "null");
      deepEqual(columns, [
        { name: "y", type: "string" },
        { name: "null", type: "double" },
        { name: "n", type: "int" },
      ]);
    });
  });
});

/** One candidate of one trial, so that a run takes seconds. */
const tree = `
  restate:candidates:
    - name: Tree
      algorithm: decision-tree
      hyperparameters: { random_state: 1 }
      ranges: { max_depth: { type: integer, min: 8, max: 9, scaling: Linear } }
      strategy: Random
      maxJobs: 1
      maxParallelJobs: 1
`;
