/**
 * Stands in for a cloud provider of Pulumi's engine: `standIn.ts aws|docker|awsx`. It remembers what it made
 * in the folder of the environment variable STAND_IN_FOLDER, gives ids and ARNs like AWS's, refuses what AWS
 * would refuse, and fails at the resource that the file `fail` in that folder names. It rolls back the update
 * of an endpoint that the file `rollback` names, as SageMaker does where alarms tell it to.
 */

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import * as ec2 from "@pulumi/aws/ec2";
import * as pulumi from "@pulumi/pulumi";
import * as provider from "@pulumi/pulumi/provider";

import type { Json } from "../../pipeline/expressions";
import { text as textOf } from "../../pipeline/walk";
import { refusals } from "./refusals";

type Properties = Readonly<Record<string, unknown>>;

const folder = process.env["STAND_IN_FOLDER"] ?? "";
const accountId = "444455556666";
const region = "us-east-1";

/** Members that AWS cannot change: a change makes a new resource. */
const immutable = new Set([
  "bucket",
  "databaseName",
  "key",
  "modelPackageGroupName",
  "name",
  "pipelineName",
  "repositoryName",
  "role",
  "vpcId",
]);

/** Resources that AWS cannot change at all, and knows by their names. */
const unchangeable = new Set([
  "aws:sagemaker/dataQualityJobDefinition:DataQualityJobDefinition",
  "aws:sagemaker/endpointConfiguration:EndpointConfiguration",
  "aws:sagemaker/model:Model",
]);

const text = (value: unknown): string => textOf(value as Json | undefined);
const typeOf = (urn: string): string => urn.split("::")[2]?.split("$").at(-1) ?? "";
const nameOf = (urn: string): string => urn.split("::").at(-1) ?? "";
const digest = (text: string): string => createHash("sha256").update(text).digest("hex");
const sameJson = (left: unknown, right: unknown): boolean =>
  JSON.stringify(left) === JSON.stringify(right);

function remembered(id: string): string {
  return join(folder, `${digest(id)}.json`);
}

/** Whether a file of the folder names a resource. */
function isNamedBy(file: string, urn: string): boolean {
  const path = join(folder, file);
  return existsSync(path) && readFileSync(path, "utf8") === nameOf(urn);
}

/** What AWS would assign to a new resource. */
function assigned(
  type: string,
  name: string,
  inputs: Properties,
): { id: string; outs: Properties } {
  const unique = digest(`${name}${JSON.stringify(inputs)}${process.hrtime.bigint().toString()}`);
  const arn = (service: string, path: string): string =>
    `arn:aws:${service}:${region}:${accountId}:${path}`;
  const named =
    text(inputs["name"]) || text(inputs["bucket"]) || text(inputs["pipelineName"]) || name;
  switch (type) {
    case "aws:kms/key:Key":
      return {
        id: unique.slice(0, 8),
        outs: { arn: arn("kms", `key/${unique.slice(0, 8)}`), keyId: unique.slice(0, 8) },
      };
    case "aws:ec2/securityGroup:SecurityGroup":
      return {
        id: `sg-${unique.slice(0, 17)}`,
        outs: { arn: arn("ec2", `security-group/sg-${unique.slice(0, 17)}`) },
      };
    case "aws:ec2/subnet:Subnet":
      return { id: `subnet-${unique.slice(0, 17)}`, outs: {} };
    case "aws:ec2/routeTable:RouteTable":
      return { id: `rtb-${unique.slice(0, 17)}`, outs: {} };
    case "aws:ec2/vpc:Vpc":
      return { id: `vpc-${unique.slice(0, 17)}`, outs: {} };
    case "aws:ec2/vpcEndpoint:VpcEndpoint":
      return { id: `vpce-${unique.slice(0, 17)}`, outs: { prefixListId: "pl-63a5400a" } };
    case "aws:sagemaker/dataQualityJobDefinition:DataQualityJobDefinition":
    case "aws:sagemaker/endpointConfiguration:EndpointConfiguration":
    case "aws:sagemaker/model:Model":
      return { id: named, outs: { arn: arn("sagemaker", named) } };
    case "aws:iam/role:Role":
      return { id: named, outs: { arn: `arn:aws:iam::${accountId}:role/${named}` } };
    case "docker:index/image:Image": {
      const image = String(inputs["imageName"]);
      const repository = image.replace(/:[^:]*$/, "");
      return {
        id: unique,
        outs: { repoDigest: `${repository}@sha256:${digest(image)}`, registryServer: repository },
      };
    }
    default: {
      const [service = "", kind = ""] = type.split("/")[0]?.split(":").slice(1) ?? [];
      return {
        id: `${name}-${unique.slice(0, 8)}`,
        outs: { arn: arn(service, `${kind}/${named}`) },
      };
    }
  }
}

/** What the account's services would answer. */
const answers: Readonly<Record<string, (inputs: Properties) => Properties>> = {
  "aws:index/getCallerIdentity:getCallerIdentity": () => ({
    accountId,
    arn: "",
    userId: "",
    id: accountId,
  }),
  "aws:index/getPartition:getPartition": () => ({
    partition: "aws",
    dnsSuffix: "amazonaws.com",
    id: "aws",
    reverseDnsPrefix: "com.amazonaws",
  }),
  "aws:ecr/getAuthorizationToken:getAuthorizationToken": () => ({
    userName: "AWS",
    // Another one each time, as ECR gives them.
    password: digest(process.hrtime.bigint().toString()),
    authorizationToken: "",
    expiresAt: "",
    id: region,
    proxyEndpoint: "",
  }),
  "aws:sagemaker/getPrebuiltEcrImage:getPrebuiltEcrImage": ({ imageTag, repositoryName }) => ({
    registryPath: `683313688378.dkr.ecr.${region}.amazonaws.com/${String(repositoryName)}:${String(imageTag)}`,
    registryId: "683313688378",
    repositoryName,
    id: "683313688378",
    region,
  }),
};

/** The network that awsx makes: a VPC, and a subnet with a route table in each zone. */
class VpcComponent extends pulumi.ComponentResource {
  readonly state: pulumi.Inputs;

  constructor(name: string, inputs: pulumi.Inputs, opts: pulumi.ComponentResourceOptions) {
    super("awsx:ec2:Vpc", name, {}, opts);
    const child = { parent: this };
    const vpc = new ec2.Vpc(name, { cidrBlock: inputs["cidrBlock"] as string }, child);
    const zones = Array.from(
      { length: Number(inputs["numberOfAvailabilityZones"]) },
      (_, zone) => zone + 1,
    );
    const subnets = zones.map(
      (zone) =>
        new ec2.Subnet(
          `${name}-isolated-${zone}`,
          { vpcId: vpc.id, cidrBlock: `10.0.${zone}.0/24` },
          child,
        ),
    );
    const routeTables = zones.map(
      (zone) => new ec2.RouteTable(`${name}-isolated-${zone}`, { vpcId: vpc.id }, child),
    );
    this.state = { vpcId: vpc.id, isolatedSubnetIds: subnets.map(({ id }) => id), routeTables };
    this.registerOutputs(this.state);
  }
}

/** What of a member counts in a comparison. The Docker provider looks at no login to a registry. */
function compared(urn: string, key: string, value: unknown): unknown {
  const { server } = (value ?? {}) as { readonly server?: unknown };
  return typeOf(urn) === "docker:index/image:Image" && key === "registry" ? server : value;
}

class StandIn implements provider.Provider {
  readonly version = "0.0.0";

  check(urn: string, _olds: Properties, news: Properties): Promise<provider.CheckResult> {
    return Promise.resolve({ inputs: news, failures: [...refusals(typeOf(urn), news)] });
  }

  diff(_id: string, urn: string, olds: Properties, news: Properties): Promise<provider.DiffResult> {
    const changed = Object.keys(news).filter(
      (key) => !sameJson(compared(urn, key, olds[key]), compared(urn, key, news[key])),
    );
    const all = unchangeable.has(typeOf(urn));
    return Promise.resolve({
      changes: changed.length > 0,
      replaces: changed.filter((key) => all || immutable.has(key)),
      deleteBeforeReplace: false,
    });
  }

  create(urn: string, inputs: Properties): Promise<provider.CreateResult> {
    if (isNamedBy("fail", urn)) {
      return Promise.reject(new Error(`AccessDenied: not now (${nameOf(urn)})`));
    }
    const { id, outs } = assigned(typeOf(urn), nameOf(urn), inputs);
    if (unchangeable.has(typeOf(urn)) && existsSync(remembered(id))) {
      return Promise.reject(new Error(`ValidationException: cannot create already existing ${id}`));
    }
    const all = { ...outs, ...inputs };
    writeFileSync(remembered(id), JSON.stringify(all));
    return Promise.resolve({ id, outs: all });
  }

  update(
    id: string,
    urn: string,
    olds: Properties,
    news: Properties,
  ): Promise<provider.UpdateResult> {
    const served = olds["endpointConfigName"];
    if (typeof served === "string" && !existsSync(remembered(served))) {
      return Promise.reject(
        new Error(`ValidationException: Could not find endpoint configuration "${served}"`),
      );
    }
    const all = {
      ...olds,
      ...news,
      ...(isNamedBy("rollback", urn) ? { endpointConfigName: served } : {}),
    };
    writeFileSync(remembered(id), JSON.stringify(all));
    return Promise.resolve({ outs: all });
  }

  read(id: string, _urn: string, props?: Properties): Promise<provider.ReadResult> {
    const path = remembered(id);
    return Promise.resolve(
      existsSync(path)
        ? { id, props: JSON.parse(readFileSync(path, "utf8")) as Properties, inputs: props }
        : {},
    );
  }

  delete(id: string, urn: string, props: Properties): Promise<void> {
    if (typeOf(urn) === "aws:s3/bucket:Bucket" && props["forceDestroy"] !== true) {
      return Promise.reject(new Error(`BucketNotEmpty: ${String(props["bucket"])}`));
    }
    rmSync(remembered(id), { force: true });
    return Promise.resolve();
  }

  invoke(token: string, inputs: Properties): Promise<provider.InvokeResult> {
    const answer = answers[token];
    return answer === undefined
      ? Promise.reject(new Error(`no answer to ${token}`))
      : Promise.resolve({ outputs: answer(inputs) });
  }

  construct(
    name: string,
    _type: string,
    inputs: pulumi.Inputs,
    options: pulumi.ComponentResourceOptions,
  ): Promise<provider.ConstructResult> {
    const component = new VpcComponent(name, inputs, options);
    return Promise.resolve({ urn: component.urn, state: component.state });
  }
}

mkdirSync(folder, { recursive: true });
void provider.main(new StandIn(), process.argv.slice(3));
