import { deepEqual, equal, notDeepEqual, ok } from "node:assert/strict";

import * as pulumi from "@pulumi/pulumi";

import type { Program } from "../../offline/program";
import type { JsonObject } from "../../pipeline/language/json";
import type { PipelineDefinition } from "../../pipeline/language/definition";
import { allSteps } from "../../pipeline/language/graph";
import { text } from "../support/json";
import { jobNetwork } from "../../components/jobNetwork";
import { Network } from "../../components/network";
import { account, construct, valueOf } from "../support/construct";
import { type Config, program } from "../support/definitions";

const key = "arn:aws:kms:us-east-1:111122223333:key/data-key";

/** The network settings of each job in a definition, by step. */
function jobNetworks(definition: PipelineDefinition): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    allSteps(definition).flatMap(({ step }): [string, unknown][] => {
      switch (step.Type) {
        case "Processing":
          return [[step.Name, step.Arguments.NetworkConfig?.VpcConfig]];
        case "Tuning":
          return [[step.Name, step.Arguments.TrainingJobDefinition?.VpcConfig]];
        default:
          return [];
      }
    }),
  );
}

describe("the network", () => {
  const evaluate = (config: Config): Promise<Program> => program(config);
  const inputsOf = (evaluated: Program, name: string): JsonObject => {
    const found = evaluated.resources.find((one) => one.name === name);
    ok(found, `no resource ${name}`);
    return found.inputs;
  };

  describe("created by the stack", () => {
    let evaluated: Program;

    before(async () => {
      evaluated = await evaluate({ network: { mode: "create", flowLogs: true } });
    });
    const inputs = (name: string): JsonObject => inputsOf(evaluated, name);
    const statements = (name: string): readonly JsonObject[] =>
      (JSON.parse(text(inputs(name)["policy"])) as { Statement: JsonObject[] }).Statement;

    it("is the default", async () => {
      const made = (await evaluate({})).resources.map(({ name }) => name);
      ok(made.includes("network-vpc"));
    });

    it("is in the zones that the configuration names", async () => {
      const availabilityZones = ["us-east-1f", "us-east-1c"];
      const named = await evaluate({ network: { mode: "create", availabilityZones } });
      deepEqual(inputsOf(named, "network-vpc")["availabilityZoneNames"], availabilityZones);
    });

    it("has isolated subnets and no gateways", () => {
      deepEqual(inputs("network-vpc"), {
        cidrBlock: "10.0.0.0/16",
        availabilityZoneNames: ["us-east-1a", "us-east-1b"],
        subnetStrategy: "Auto",
        availabilityZoneCidrMask: 19,
        subnetSpecs: [{ type: "Isolated" }],
        natGateways: { strategy: "None" },
        enableDnsHostnames: true,
        enableDnsSupport: true,
      });
      equal("ingress" in inputs("network-default-security-group"), false);
    });

    // Whom the endpoints serve, and what they lead to, tests/components/resourcePolicies.test.ts asks a simulator.
    it("reaches the services that jobs call through private DNS, from both subnets", () => {
      const endpoints = evaluated.resources.flatMap(({ inputs: { vpcEndpointType, ...given } }) =>
        vpcEndpointType === "Interface" ? [given] : [],
      );
      deepEqual(
        endpoints
          .map(({ serviceName }) => text(serviceName).replace("com.amazonaws.us-east-1.", ""))
          .sort(),
        [
          "athena",
          "ecr.api",
          "ecr.dkr",
          "glue",
          "kms",
          "logs",
          "monitoring",
          "sagemaker.api",
          "sagemaker.runtime",
          "sts",
        ],
      );
      for (const { privateDnsEnabled, subnetIds } of endpoints) {
        equal(privateDnsEnabled, true);
        deepEqual(subnetIds, ["subnet-placeholder-1", "subnet-placeholder-2"]);
      }
    });

    it("reaches S3 through a gateway endpoint in its subnets' routes", () => {
      equal(inputs("network-s3")["vpcEndpointType"], "Gateway");
      equal(inputs("network-s3")["serviceName"], "com.amazonaws.us-east-1.s3");
      deepEqual(inputs("network-s3")["routeTableIds"], ["rtb-placeholder-1", "rtb-placeholder-2"]);
    });

    it("allows all traffic among its members, since a job may have several instances, and port 443 to S3", () => {
      const group = "network-security-group-id";
      const members = {
        ipProtocol: "-1",
        referencedSecurityGroupId: group,
        securityGroupId: group,
      };
      deepEqual(inputs("network-from-members"), members);
      deepEqual(inputs("network-to-members"), members);
      deepEqual(inputs("network-to-s3"), {
        fromPort: 443,
        ipProtocol: "tcp",
        prefixListId: "pl-placeholder",
        securityGroupId: group,
        toPort: 443,
      });
    });

    it("runs every job, whose role may create its network interfaces", () => {
      const expected = {
        SecurityGroupIds: ["network-security-group-id"],
        Subnets: ["subnet-placeholder-1", "subnet-placeholder-2"],
      };
      const networks = jobNetworks(evaluated.definition);
      deepEqual(Object.keys(networks).length, 6);
      for (const [step, network] of Object.entries(networks)) {
        deepEqual(network, expected, step);
      }
      for (const actor of ["processing", "training", "evaluation"]) {
        const sids = statements(`permissions-${actor}-policy`).map(({ Sid: sid }) => sid);
        ok(sids.includes("MakeNetworkInterfaces"), actor);
      }
    });

    it("does not limit the permissions of processing jobs, which SageMaker would refuse to create", () => {
      const rights = (actor: string): unknown[] =>
        statements(`permissions-${actor}-policy`)
          .filter(({ Action: actions }) =>
            (actions as string[]).includes("ec2:CreateNetworkInterface"),
          )
          .map(({ Condition: condition, Resource: resource }) => ({ condition, resource }));
      for (const actor of ["processing", "evaluation", "monitoring"]) {
        deepEqual(rights(actor), [{ condition: undefined, resource: "*" }], actor);
      }
      for (const actor of ["training", "serving"]) {
        notDeepEqual(rights(actor), [{ condition: undefined, resource: "*" }], actor);
      }
    });

    it("logs its connections with a role that can do nothing else", () => {
      equal(inputs("network-flow-log")["trafficType"], "ALL");
      equal(inputs("network-flow-logs")["retentionInDays"], 30);
      const group = "arn:aws:logs:us-east-1:111122223333:log-group:restate-test-flow-logs";
      deepEqual(
        statements("network-flow-logs-policy").map(({ Action: actions, Resource: resource }) => [
          actions,
          resource,
        ]),
        [
          [["logs:DescribeLogGroups"], "*"],
          [
            [
              "logs:CreateLogGroup",
              "logs:CreateLogStream",
              "logs:DescribeLogStreams",
              "logs:PutLogEvents",
            ],
            [group, `${group}:*`],
          ],
        ],
      );
    });
  });

  it("can be an existing one", async () => {
    const network = {
      mode: "existing",
      subnetIds: ["subnet-0123456789abcdef0"],
      securityGroupIds: ["sg-0123456789abcdef0"],
    };
    const evaluated = await evaluate({ network });
    equal(
      evaluated.resources.some(({ name }) => name.startsWith("network")),
      false,
    );
    for (const used of Object.values(jobNetworks(evaluated.definition))) {
      deepEqual(used, { SecurityGroupIds: network.securityGroupIds, Subnets: network.subnetIds });
    }
  });

  it("can be an existing one with an endpoint, which the bucket then requires", async () => {
    const network = {
      mode: "existing",
      subnetIds: ["subnet-0123456789abcdef0"],
      securityGroupIds: ["sg-0123456789abcdef0"],
    };
    const team = "arn:aws:iam::111122223333:role/team";
    const s3EndpointId = "vpce-0123456789abcdef0";
    for (const [known, config] of [
      [true, { network: { ...network, s3EndpointId }, bucketPrincipals: [team] }],
      [false, { network }],
    ] as const) {
      const { resources } = await evaluate(config);
      const [bucket] = resources.filter(({ name }) => name === "data-bucket-policy");
      const { Statement } = JSON.parse(text(bucket?.inputs["policy"])) as {
        Statement: { Sid: string; Condition: { StringNotEquals?: unknown } }[];
      };
      const found = Statement.filter(({ Sid }) => Sid.endsWith("ThroughEndpoint"));
      deepEqual(
        found.map(({ Condition, Sid }) => [Sid, Condition.StringNotEquals]),
        known
          ? ["JobsThroughEndpoint", "OthersThroughEndpoint"].map((sid) => [
              sid,
              { "aws:SourceVpce": s3EndpointId },
            ])
          : [],
      );
    }
  });

  it("can be SageMaker's own", async () => {
    const evaluated = await evaluate({ network: { mode: "none" } });
    equal(
      evaluated.resources.some(({ name }) => name.startsWith("network")),
      false,
    );
    ok(Object.values(jobNetworks(evaluated.definition)).every((used) => used === undefined));
    ok(!JSON.stringify(evaluated.resources).includes("ec2:CreateNetworkInterface"));
    ok(JSON.stringify(evaluated.definition).includes(key));
  });
});

describe("jobNetwork", () => {
  const args = {
    account,
    names: { bucketName: pulumi.output("the-bucket"), flowLogsName: "flows" },
    dataElsewhere: undefined,
    permissionsBoundary: undefined,
  };
  const shape = { cidrBlock: "10.1.0.0/16", availabilityZones: 3, flowLogs: false };

  it("creates a network without any way out", async () => {
    const { component, registered } = await construct(
      (options) => new Network("net", { ...args, shape }, options),
    );
    deepEqual(Object.keys(registered), [
      "awsx:ec2:Vpc net-vpc",
      "ec2/defaultSecurityGroup net-default-security-group",
      "ec2/securityGroup net-security-group",
      "ec2/vpcEndpoint net-athena",
      "ec2/vpcEndpoint net-ecr-api",
      "ec2/vpcEndpoint net-ecr-dkr",
      "ec2/vpcEndpoint net-glue",
      "ec2/vpcEndpoint net-kms",
      "ec2/vpcEndpoint net-logs",
      "ec2/vpcEndpoint net-monitoring",
      "ec2/vpcEndpoint net-s3",
      "ec2/vpcEndpoint net-sagemaker-api",
      "ec2/vpcEndpoint net-sagemaker-runtime",
      "ec2/vpcEndpoint net-sts",
      "vpc/securityGroupEgressRule net-to-members",
      "vpc/securityGroupEgressRule net-to-s3",
      "vpc/securityGroupIngressRule net-from-members",
    ]);
    const { availabilityZoneNames, cidrBlock } = registered["awsx:ec2:Vpc net-vpc"] ?? {};
    deepEqual(
      [cidrBlock, availabilityZoneNames],
      ["10.1.0.0/16", ["us-east-1a", "us-east-1b", "us-east-1c"]],
    );
    deepEqual(await valueOf(component.subnetIds), ["subnet-placeholder-1", "subnet-placeholder-2"]);
  });

  it("logs connections if configured, with a role within the boundary", async () => {
    const { registered } = await construct(
      (options) =>
        new Network(
          "net",
          {
            ...args,
            shape: { ...shape, flowLogs: true },
            permissionsBoundary: "the-boundary",
          },
          options,
        ),
    );
    const role = registered["iam/role net-flow-logs-role"];
    deepEqual([role?.["name"], role?.["permissionsBoundary"]], ["flows", "the-boundary"]);
    const trust = role?.["assumeRolePolicy"] as { Statement: JsonObject[] };
    deepEqual(
      trust.Statement.map(({ Condition, Principal }) => [Principal, Condition]),
      [
        [
          { Service: "vpc-flow-logs.amazonaws.com" },
          { StringEquals: { "aws:SourceAccount": "111122223333" } },
        ],
      ],
    );
    equal(registered["iam/rolePolicy net-flow-logs-policy"]?.["role"], "flows");
    deepEqual(registered["cloudwatch/logGroup net-flow-logs"], {
      name: "flows",
      retentionInDays: 30,
    });
    deepEqual(registered["ec2/flowLog net-flow-log"], {
      iamRoleArn: "arn:aws:iam:us-east-1:111122223333:role/net-flow-logs-role",
      logDestination: "arn:aws:cloudwatch:us-east-1:111122223333:logGroup/net-flow-logs",
      trafficType: "ALL",
      vpcId: "vpc-placeholder",
    });
  });

  it("uses an existing network or SageMaker's own, and creates nothing", () => {
    const existing = {
      mode: "existing" as const,
      subnetIds: ["subnet-1"],
      securityGroupIds: ["sg-1"],
    };
    const none = { vpcId: undefined, s3EndpointId: undefined };
    const vpc = { subnetIds: ["subnet-1"], securityGroupIds: ["sg-1"] };
    deepEqual(jobNetwork("net", existing, args, {}), { vpc, ...none });
    deepEqual(jobNetwork("net", { mode: "none" }, args, {}), { vpc: undefined, ...none });
  });
});
