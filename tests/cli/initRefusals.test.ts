import { deepEqual, equal, match } from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";

import { stackName } from "../../cli/ownTable/names";
import { firstOf } from "../../cli/ownTable/words";
import { commandLine } from "../support/commandLine";
import { Initiation, rows } from "./initiated";

describe("npm run restate -- init", function () {
  this.timeout(120_000);
  const initiation = new Initiation();
  const { folder, output } = initiation;
  const init = initiation.init.bind(initiation);
  const write = initiation.write.bind(initiation);

  const plain = ["area,town,price", ...rows.map((row) => [row.area, row.town, row.price].join())];
  const twenty = (target: (n: number) => string): string =>
    ["area,price", ...rows.map(({ area, n }) => `${area},${target(n)}`)].join("\n");
  const refused: readonly (readonly [string, string | Buffer, string, RegExp])[] = [
    ["an empty file", "", "price", /empty\.csv is empty\n$/],
    [
      "a file of few rows",
      plain.slice(0, 6).join("\n"),
      "price",
      /has 5 rows; a model needs at least 20\n$/,
    ],
    [
      "a last line with too many columns",
      [...plain, "1,2,3,4"].join("\n"),
      "price",
      new RegExp(
        `has 0 rows below line ${plain.length + 1}, where the number of columns changes; a model needs at least 20\n$`,
      ),
    ],
    [
      "an archive",
      Buffer.from("PK\u0003\u0004\u0000\u0001"),
      "x",
      /is a zip archive or an Excel workbook/,
    ],
    [
      "a binary file",
      Buffer.from([1, 0, 2, 3, 4, 5]),
      "x",
      /is not a text file: it contains null bytes\n$/,
    ],
    ["JSON", '{"a": 1}\n', "a", /is JSON, but the table must be CSV or Parquet\n$/],
    [
      "UTF-16",
      Buffer.from(`\uFEFF${plain.join("\n")}`, "utf16le"),
      "price",
      /is UTF-16: save it as UTF-8; or let init write a UTF-8 copy: --encoding utf-16\n$/,
    ],
    [
      "Latin-1",
      Buffer.from(plain.join("\n").replace("Ulm", "Köln"), "latin1"),
      "price",
      /: line 2: is not UTF-8, .*: save it as UTF-8; or let init write a UTF-8 copy: --encoding windows-1252\n$/,
    ],
    [
      "lines of different length",
      [...plain.slice(0, 50), "1,Ulm", ...plain.slice(50)].join("\n"),
      "price",
      /1 of 201 lines has the wrong number of columns; first in line 51: 2 columns, expected 3\n$/,
    ],
    [
      "line breaks inside of quotes",
      ["town,price", ...rows.map(({ price, town }) => `"${town}\nCity",${price}`)].join("\n"),
      "price",
      /line 2: a quote or backslash inside a value; OpenCSVSerde reads values in quotes on one line/,
    ],
    [
      "\\N beside quotes",
      [
        "town,price",
        '"Ulm, City",\\N',
        ...rows.map(({ price, town }) => `"${town}",${price}`),
      ].join("\n"),
      "price",
      /line 2: .* treats a backslash as an escape; write missing values as nothing or as NA, not as \\N\n$/,
    ],
    [
      "a target that is not there",
      plain.join("\n"),
      "prize",
      /--target: there is no column prize; the columns are area, town, price\n$/,
    ],
    [
      "a target of text",
      plain.join("\n"),
      "town",
      /--target: town is text, such as "Bern" and "Ulm", but the target of a regression is numeric\n$/,
    ],
    [
      "a constant target",
      twenty(() => "5"),
      "price",
      /--target: price is constant, so there is nothing to predict\n$/,
    ],
    [
      "a target that is nearly all missing",
      twenty((n) => (n < 15 ? String(n) : "")),
      "price",
      /--target: price has a value in only 15 of 200 rows\n$/,
    ],
    [
      "a table without features",
      ["town,price", ...rows.map(({ n, price }) => `id ${n},${price}`)].join("\n"),
      "price",
      /no column is left to predict price from:\n {2}town: it identifies rows: each value occurs once\n$/,
    ],
  ];
  for (const [what, content, target, message] of refused) {
    it(`refuses ${what}`, async () => {
      const path = write(`${what.split(" ").at(-1) === "file" ? "empty" : "table"}.csv`, content);
      const { code, stderr, stdout } = await commandLine(
        ["init", path, "--target", target, "--output", join(folder, "none.yaml")],
        { INIT_CWD: folder },
      );
      match(stderr, message);
      match(stderr, /^error: /);
      equal(code, 1);
      equal(stdout, "");
      equal(existsSync(join(folder, "none.yaml")), false);
    });
  }

  it("refuses a file that is none of the table's, as Athena would read it too", async () => {
    mkdirSync(join(folder, "stray"));
    write("stray/flats.csv", plain.join("\n"));
    write("stray/README.txt", "See the wiki.");
    const { code, stderr } = await init(join(folder, "stray"), "--target", "price");
    match(stderr, /^error: README.txt does not look like a table's file, .*: move it elsewhere\n$/);
    equal(code, 1);
  });

  it("refuses a missing path, and keeps existing files", async () => {
    const gone = await init(join(folder, "gone.csv"), "--force");
    equal(gone.stderr, `error: file or folder does not exist: ${join(folder, "gone.csv")}\n`);
    const device = await init("/dev/null", "--force");
    equal(device.stderr, "error: /dev/null is neither a file nor a folder\n");
    mkdirSync(join(folder, "linked"));
    write("linked/flats.csv", plain.join("\n"));
    symlinkSync("/nowhere", join(folder, "linked", "more.csv"));
    const linked = await init(join(folder, "linked"), "--target", "price", "--force");
    match(linked.stderr, /^error: there is no such file or folder: cannot stat .*more\.csv\n$/);
    const before = "kept: as it is\n";
    write("Pulumi.own.yaml", before);
    const kept = await init(write("kept.csv", plain.join("\n")), "--target", "price");
    equal(kept.code, 1);
    equal(
      kept.stderr,
      "error: Pulumi.own.yaml already exists; overwrite it with --force, or choose another file with --output FILE\n",
    );
    equal(readFileSync(output, "utf8"), before);
  });

  it("chooses a stack name that the program accepts", async () => {
    deepEqual(
      [
        "flats.csv",
        "Sales Model 2024.csv",
        "my_deployer.csv",
        "2024.csv",
        "dev.csv",
        "Läden_Straße.csv",
      ].map(stackName),
      ["flats", "salesmodel2024", "mydeployer", "table-2024", "dev-table", "laden-strasse"],
    );
    const taken = join(folder, "Pulumi.my-model.yaml");
    const path = write("taken.csv", plain.join("\n"));
    const refused = await init(path, "--target", "price", "--output", taken);
    equal(refused.code, 1);
    match(refused.stderr, /stack name "my-model": must not have "model" after a hyphen/);
    equal(existsSync(taken), false);
  });

  it("says why no column seems to be a target", async () => {
    const rows = Array.from(
      { length: 30 },
      (_, row) => `${row},5,${row % 2},${"ab"[row % 2] ?? ""}`,
    );
    const path = write("none.csv", ["number,always,flag,kind", ...rows].join("\n"));
    const { stderr } = await init(path, "--force");
    equal(
      stderr,
      "error: no column seems to be a target; if one is, name it by --target: " +
        "number has 30 values (it numbers the rows); always is constant, so there is nothing to predict; " +
        'flag has 2 values; kind is text, such as "a" and "b", but the target of a regression is numeric\n',
    );
  });

  it("says what to do about more columns than a query can cast", async () => {
    const places = Array.from({ length: 80 }, (_, at) => at);
    const name = (at: number): string => `sensor_${at}_of_the_machine_in_the_hall_behind_the_yard`;
    const lines = Array.from({ length: 30 }, (_, row) =>
      places.map((at) => Math.sin(row * 80 + at ** 2).toFixed(3)),
    );
    const wide = async (field: (text: string) => string): ReturnType<typeof init> => {
      const rows = [places.map(name), ...lines].map((line) => line.map(field).join());
      return init(write("wide.csv", rows.join("\n")), "--force", "--target", name(0));
    };
    equal((await wide((text) => text)).code, 0);
    const { stderr } = await wide((text) => `"${text}"`);
    match(
      stderr,
      /restate:dataset: step "DataWranglerProcess", .*QueryString: \d+ characters; must be at most 4096; give the columns /,
    );
  });

  it("lists at most twenty columns", () => {
    const names = Array.from({ length: 22 }, (_, at) => `c${at}`);
    deepEqual(firstOf(names), [...names.slice(0, 20), "2 more"]);
    deepEqual(firstOf(names.slice(0, 20)), names.slice(0, 20));
  });

  it("suggests a target if nobody can be asked", async () => {
    const { code, stderr } = await init(write("ask.csv", plain.join("\n")), "--force");
    equal(code, 1);
    equal(
      stderr,
      "error: --target is missing: name the column to predict, perhaps --target price; the numeric columns are price, area\n",
    );
  });
});
