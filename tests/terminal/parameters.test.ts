import { deepEqual, equal, throws } from "node:assert/strict";

import type { PipelineDefinition } from "../../pipeline/language/definition";
import { parameterValues } from "../../terminal/parameters";

const job = (key: { readonly VolumeKmsKeyId?: string }): PipelineDefinition => ({
  Version: "2020-12-01",
  Parameters: [
    { Name: "Type", Type: "String", DefaultValue: "ml.m5.xlarge" },
    { Name: "Deep", Type: "Boolean", DefaultValue: true },
    { Name: "Count", Type: "Integer", DefaultValue: 1 },
    { Name: "Limit", Type: "Float", DefaultValue: 1 },
  ],
  Steps: [
    {
      Name: "Train",
      Type: "Training",
      Arguments: {
        AlgorithmSpecification: { TrainingInputMode: "File" },
        OutputDataConfig: { S3OutputPath: "s3://team-bucket/models" },
        ResourceConfig: { InstanceType: { Get: "Parameters.Type" }, ...key },
        RoleArn: "arn:aws:iam::111122223333:role/team",
        StoppingCondition: {},
      },
    },
  ],
});

describe("the instance type of a start", () => {
  const disks = new Map([["Type", "ml.m5d.xlarge"]]);

  it("is refused if its disks accept no key, but the definition sets a volume key", () => {
    throws(() => parameterValues(job({ VolumeKmsKeyId: "key" }), disks), {
      name: "UserError",
      message:
        "parameter Type: ml.m5d.xlarge has local disks, which do not support a KMS key, but the definition sets one " +
        "for the volume; choose a type without local disks, such as ml.m5.xlarge",
    });
  });

  it("is accepted if the definition sets no key, or the volume accepts one", () => {
    equal(parameterValues(job({}), disks).get("Type"), "ml.m5d.xlarge");
    const other = new Map([["Type", "ml.c5.xlarge"]]);
    equal(parameterValues(job({ VolumeKmsKeyId: "key" }), other).get("Type"), "ml.c5.xlarge");
  });
});

describe("a Boolean parameter of a start", () => {
  it("accepts true and false, also as the SageMaker Python SDK writes them, and nothing else", () => {
    const read = (value: string): unknown =>
      parameterValues(job({}), new Map([["Deep", value]])).get("Deep");
    deepEqual(["true", "True", "false", "False"].map(read), [true, true, false, false]);
    throws(() => read("1"), { message: 'parameter Deep: "1" is not of type Boolean' });
  });
});

describe("a number of a start", () => {
  const read = (name: string, value: string): unknown =>
    parameterValues(job({}), new Map([[name, value]])).get(name);

  it("is in decimal notation", () => {
    deepEqual(
      ["7", "-7", "+7", "007"].map((value) => read("Count", value)),
      [7, -7, 7, 7],
    );
    deepEqual(
      ["7", "-0.5", ".5", "5.", "1e3", "1E-3"].map((value) => read("Limit", value)),
      [7, -0.5, 0.5, 5, 1000, 0.001],
    );
  });

  it("is refused in another form, or if an integer is too large to be exact", () => {
    for (const value of ["0x10", " 3", "1e2", "1.0", "", "9007199254740993"]) {
      throws(() => read("Count", value), {
        message: `parameter Count: "${value}" is not of type Integer`,
      });
    }
    for (const value of ["0x10", "1 ", "Infinity", "NaN", "1e999", "."]) {
      throws(() => read("Limit", value), {
        message: `parameter Limit: "${value}" is not of type Float`,
      });
    }
  });
});
