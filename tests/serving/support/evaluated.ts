import { ok } from "node:assert/strict";

import type { Json, JsonObject } from "../../../pipeline/language/json";
import { AwsServices, constraints } from "./awsServices";
import { mainExports, serve, type Served } from "./serving";

export type Config = Readonly<Record<string, Json>>;

export const bucket = "sagemaker-restate-dev-444455556666";
export const vpcConfig = { subnets: ["subnet-1", "subnet-2"], securityGroupIds: ["sg-1"] };
export const monitored: Config = {
  capturePercentage: 20,
  monitoring: { mode: "data-quality" },
};

/** The program, evaluated with AWS on loopback, which a suite has while its tests run. */
export class EvaluatedServing {
  readonly aws = new AwsServices();
  served: Served = { resources: [], outputs: {} as Served["outputs"] };

  constructor() {
    before(() => this.aws.start());
    after(() => {
      this.aws.stop();
    });
  }

  /** Evaluates it with version 7 as the approved model. */
  async evaluate(config: Config, exported: object = mainExports): Promise<void> {
    this.aws.models = [{ version: 7, approval: "Approved" }];
    this.aws.objects.set("s3://baselines/7/constraints.json", constraints(["_c0", "_c1"]));
    this.served = await serve(config, exported as Readonly<Record<string, unknown>>);
  }

  /** The inputs of a resource, by its logical name. */
  inputs(name: string): JsonObject {
    const found = this.served.resources.find((resource) => resource.name === name);
    ok(found, `no resource ${name}`);
    return found.inputs;
  }

  /** The logical names of AWS's resources. */
  names(): readonly string[] {
    return this.served.resources
      .filter(({ type }) => type.startsWith("aws:"))
      .map(({ name }) => name)
      .sort();
  }
}
