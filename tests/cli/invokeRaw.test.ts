import { deepEqual, equal, match } from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

import { local, temporaryFolder } from "../support/localRun";

describe("npm run restate -- invoke --raw", () => {
  const folder = temporaryFolder();
  /** Content-Type and body of each request. */
  let requests: [string, string][] = [];
  /** What follows each prediction on its line. */
  let ends = "";
  /** Most records that the model takes at once: one more is too large. */
  const most = 3;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const type = request.headers["content-type"] ?? "";
      const body = Buffer.concat(chunks).toString();
      requests.push([type, body]);
      const records = type === "text/csv" ? body.split(/\n(?=\d)/) : body.trim().split("\n");
      response.writeHead(records.length > most ? 413 : 200, { "content-type": "text/csv" });
      response.end(records.map((one) => `${/\d+/.exec(one)?.[0] ?? ""}${ends}\n`).join(""));
    });
  });
  const invoke = (...args: readonly string[]): ReturnType<typeof local> => {
    const { port } = server.address() as AddressInfo;
    return local(["invoke", "--raw", "--port", String(port), "--json", ...args]);
  };
  const file = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };

  before((done) => {
    server.listen(0, "127.0.0.1", done);
  });
  after(() => {
    server.close();
  });
  beforeEach(() => {
    requests = [];
    ends = "";
  });

  it("keeps quoted line breaks and delimiters", async () => {
    const text = '1;"a\nb; ""c"""\n\n2;x\r\n';
    deepEqual(JSON.parse((await invoke(file("rows.csv", text))).stdout), [1, 2]);
    deepEqual(requests, [["text/csv", '1;"a\nb; ""c"""\n2;x\n']]);
    const { code, stderr } = await invoke(file("open.csv", '1;"a\n2;x\n'));
    deepEqual([code, stderr], [1, "error: line 1: a quote opens a value, and none closes it\n"]);
  });

  it("sends JSON records one per line, from a list, a JSON Lines file, or the command line", async () => {
    const lines = '{"a":1}\n{"a":2}\n';
    for (const given of [
      file("list.json", '[{"a": 1},\n {"a": 2}]'),
      file("instances.json", '{"instances": [{"a": 1}, {"a": 2}]}'),
      file("lines.jsonl", lines),
      '[{"a": 1}, {"a": 2}]',
    ]) {
      deepEqual(JSON.parse((await invoke("--", given)).stdout), [1, 2], given);
    }
    deepEqual(requests, Array(4).fill(["application/jsonlines", lines]));
    match((await invoke("--", '{"a": }')).stderr, /^error: the rows are not JSON: /);
  });

  it("sends fewer rows at a time if the model rejects too many, and keeps the order", async () => {
    const rows = Array.from({ length: 10 }, (_, index) => `${index};x`);
    const { stdout } = await invoke(file("many.csv", rows.join("\n")));
    deepEqual(
      JSON.parse(stdout),
      rows.map((_, index) => index),
    );
    deepEqual(
      requests.map(([, body]) => body.trim().split("\n").length),
      [10, 5, 3, 2, 5, 3, 2],
    );
  });

  it("shows the model's intervals as text or JSON", async () => {
    ends = ",-1.5,2.5";
    const rows = file("intervals.csv", "1;x\n2;y\n");
    deepEqual(JSON.parse((await invoke(rows)).stdout), [
      { score: 1, interval: [-1.5, 2.5] },
      { score: 2, interval: [-1.5, 2.5] },
    ]);
    const { port } = server.address() as AddressInfo;
    const shown = await local(["invoke", "--raw", "--port", String(port), rows]);
    equal(shown.stdout, "1,-1.5,2.5\n2,-1.5,2.5\n");
  });

  it("says so if there is neither a row nor a file", async () => {
    const { code, stderr } = await invoke("nothing");
    equal(code, 1);
    match(stderr, /^error: "nothing" is neither a row nor a file: there is no file .*nothing\n$/);
  });
});
