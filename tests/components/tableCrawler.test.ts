import { deepEqual, equal } from "node:assert/strict";

import { TableCrawler, type TableCrawlerArgs } from "../../components/tableCrawler";
import { construct } from "../support/construct";

const args: TableCrawlerArgs = {
  names: { crawlerName: "the-crawler" },
  databaseName: "census",
  tableName: "houses",
  roleArn: "the-role",
  schedule: undefined,
};

describe("TableCrawler", () => {
  it("creates a crawler that only adds partitions to the table", async () => {
    const { registered } = await construct((options) => new TableCrawler("table", args, options));
    deepEqual(registered, {
      "glue/crawler table-crawler": {
        catalogTargets: [{ databaseName: "census", tables: ["houses"] }],
        configuration: {
          Version: 1,
          CrawlerOutput: { Partitions: { AddOrUpdateBehavior: "InheritFromTable" } },
          Grouping: { TableGroupingPolicy: "CombineCompatibleSchemas" },
        },
        databaseName: "census",
        description: "Adds new partitions to the table",
        name: "the-crawler",
        role: "the-role",
        schemaChangePolicy: { deleteBehavior: "LOG", updateBehavior: "LOG" },
      },
    });
  });

  it("runs on a schedule if it has one", async () => {
    const schedule = "cron(0 6 * * ? *)";
    const { registered } = await construct(
      (options) => new TableCrawler("table", { ...args, schedule }, options),
    );
    equal(registered["glue/crawler table-crawler"]?.["schedule"], schedule);
  });
});
