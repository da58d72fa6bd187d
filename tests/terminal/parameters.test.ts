import { deepEqual, throws } from "node:assert/strict";

import type { JsonObject } from "../../pipeline/expressions";
import { parameterValues } from "../../terminal/parameters";

const job = (key: JsonObject): JsonObject => ({
  Parameters: [{ Name: "Type", Type: "String", DefaultValue: "ml.m5.xlarge" }],
  Steps: [{ Arguments: { ResourceConfig: { InstanceType: { Get: "Parameters.Type" }, ...key } } }],
});

describe("the instance type that an execution is started with", () => {
  const disks = new Map([["Type", "ml.m5d.xlarge"]]);

  it("is refused where its disks take no key, and the definition names one for the volume", () => {
    throws(() => parameterValues(job({ VolumeKmsKeyId: "key" }), disks), {
      name: "UserError",
      message:
        "parameter Type: ml.m5d.xlarge has disks of its own, which take no KMS key, but the definition names one for " +
        "the volume; choose a type without, such as ml.m5.xlarge",
    });
  });

  it("is taken where the definition names no key, and where the volume takes one", () => {
    deepEqual([...parameterValues(job({}), disks)], [["Type", "ml.m5d.xlarge"]]);
    deepEqual(
      [...parameterValues(job({ VolumeKmsKeyId: "key" }), new Map([["Type", "ml.c5.xlarge"]]))],
      [["Type", "ml.c5.xlarge"]],
    );
  });
});
