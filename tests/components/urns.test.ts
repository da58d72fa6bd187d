import { deepEqual } from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

import * as pulumi from "@pulumi/pulumi";

import { ExampleAccount } from "../../offline/program";
import { californiaHousing } from "../../pipeline/californiaHousing";
import type { JsonObject } from "../../pipeline/language/json";
import { housingRows, writeRows } from "../support/housing";

const load = createRequire(__filename);

/** What the program registers for a configuration: types from the outermost component inwards, and the name. */
async function urns(config: JsonObject): Promise<readonly string[]> {
  await pulumi.runtime.setMocks(new ExampleAccount("us-east-1"), "restate", "test", false);
  pulumi.runtime.setAllConfig({
    "aws:region": "us-east-1",
    ...Object.fromEntries(
      Object.entries(config).map(([key, value]) => [
        `restate:${key}`,
        typeof value === "string" ? value : JSON.stringify(value),
      ]),
    ),
  });
  const types = new Map<pulumi.Resource, string>();
  const found: string[] = [];
  await pulumi.runtime.runInPulumiStack(() => {
    pulumi.runtime.registerStackTransformation(({ name, opts, resource, type }) => {
      const outer = opts.parent && types.get(opts.parent);
      const chain = outer === undefined ? type : `${outer}$${type}`;
      types.set(resource, chain);
      found.push(`${chain}::${name}`);
      return undefined;
    });
    const index = load.resolve("../..");
    // eslint-disable-next-line @typescript-eslint/no-dynamic-delete
    delete load.cache[index];
    return Promise.resolve(load(index) as object);
  });
  await pulumi.runtime.disconnect(false);
  return found;
}

const partitioned = { ...californiaHousing, partitions: [{ name: "year", type: "int" }] };
const deployed = {
  deployers: ["repo:team/houses:environment:prod"],
  permissionsBoundary: "arn:aws:iam::111122223333:policy/limit",
};

describe("the URNs of a stack", () => {
  it("are those of deployed stacks: a changed one would replace its resource", async () => {
    const folder = mkdtempSync(join(tmpdir(), "restate-urns-"));
    const dataFile = writeRows(join(folder, "houses.csv"), housingRows(50));
    const all = [
      ...(await urns({
        ...deployed,
        network: { mode: "create", flowLogs: true },
        crawler: "on-demand",
        dataset: partitioned,
        encryptCatalog: true,
        dataQualityBaseline: true,
        sageMakerImage: true,
        schedule: "rate(1 day)",
        startOnNewData: true,
        notifyEmails: ["a@example.com"],
        dashboard: true,
        monthlyBudget: 10,
        modelConsumers: ["222233334444"],
        accessLogBucket: "logs",
        tracking: "both",
        mlflowLogging: "outside-network",
      })),
      ...(await urns({ network: { mode: "none" }, dataFile })),
    ];
    rmSync(folder, { recursive: true });
    const known = readFileSync("tests/components/urns.txt", "utf8").trim().split("\n");
    deepEqual([...new Set(all)].sort(), known);
  });
});
