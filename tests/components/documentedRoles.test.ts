import { deepEqual } from "node:assert/strict";
import { readFileSync } from "node:fs";

import { californiaHousing } from "../../pipeline/californiaHousing";
import { program } from "../support/definitions";
import { text } from "../support/json";

describe("docs/security.md", () => {
  it("has a row for each role of a stack that has all of them", async () => {
    const { resources } = await program({
      network: { mode: "create", flowLogs: true },
      crawler: "on-demand",
      dataset: { ...californiaHousing, partitions: [{ name: "year", type: "int" }] },
      tracking: "mlflow",
      mlflowLogging: "outside-network",
      deployers: ["repo:team/houses:environment:prod"],
    });
    const made = resources
      .filter(({ type }) => type === "aws:iam/role:Role")
      .map(({ inputs }) => text(inputs["name"]).replace(/^restate-test-/, ""));
    const guide = readFileSync("docs/security.md", "utf8");
    const [, table = ""] = /^## Roles\n(.*?)^## /ms.exec(guide) ?? [];
    const listed = [...table.matchAll(/^\| `([\w-]+)` \|/gm)].map(([, role]) => role);
    deepEqual(listed.sort(), made.sort());
  });
});
