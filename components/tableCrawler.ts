import * as glue from "@pulumi/aws/glue";
import * as pulumi from "@pulumi/pulumi";

import type { StackNames } from "./stackNames";

export interface TableCrawlerArgs {
  readonly names: Pick<StackNames, "crawlerName">;
  readonly databaseName: pulumi.Input<string>;
  readonly tableName: pulumi.Input<string>;
  readonly roleArn: pulumi.Input<string>;
  /** Schedule: a cron expression, in UTC; undefined: only on demand. */
  readonly schedule: string | undefined;
}

/** A Glue crawler that adds new partitions to the table, and logs files that do not fit it. */
export class TableCrawler extends pulumi.ComponentResource {
  constructor(name: string, args: TableCrawlerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("restate:index:TableCrawler", name, {}, opts);
    new glue.Crawler(
      `${name}-crawler`,
      {
        name: args.names.crawlerName,
        description: "Adds new partitions to the table",
        role: args.roleArn,
        databaseName: args.databaseName,
        catalogTargets: [{ databaseName: args.databaseName, tables: [args.tableName] }],
        schedule: args.schedule,
        // The program defines the columns, and a crawler with a catalogue target may not delete.
        schemaChangePolicy: { updateBehavior: "LOG", deleteBehavior: "LOG" },
        configuration: JSON.stringify({
          Version: 1,
          CrawlerOutput: { Partitions: { AddOrUpdateBehavior: "InheritFromTable" } },
          Grouping: { TableGroupingPolicy: "CombineCompatibleSchemas" },
        }),
      },
      { parent: this },
    );
    this.registerOutputs({});
  }
}
