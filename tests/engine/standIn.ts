/**
 * Stands in for the cloud providers of Pulumi's engine: aws, docker and awsx. It remembers what it made
 * in the folder of the environment variable STAND_IN_FOLDER, gives ids and ARNs like AWS's, refuses what AWS
 * would refuse, and fails at the resource that the file `fail` in that folder names. It rolls back the update
 * of an endpoint that the file `rollback` names, as SageMaker does where alarms tell it to.
 */

import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import * as ec2 from "@pulumi/aws/ec2";
import * as pulumi from "@pulumi/pulumi";
import * as provider from "@pulumi/pulumi/provider";

import { prebuiltRegistries } from "../../offline/prebuiltRegistries";
import type { Json } from "../../pipeline/language/json";
import { text as textOf } from "../support/json";
import { digest, recordOf, type Shared } from "./cloud";
import { refusals } from "./refusals";

type Properties = Readonly<Record<string, unknown>>;

const folder = process.env["STAND_IN_FOLDER"] ?? "";
const accountId = "444455556666";
const region = "us-east-1";

/** Members that AWS cannot change: a change makes a new resource. */
const immutable = new Set([
  "availabilityZone",
  "bucket",
  "cidrBlock",
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

/** Zones that cannot have an endpoint of a service. In the others every service can be had. */
const zonesWithout: Readonly<Record<string, readonly string[]>> = {
  [`com.amazonaws.${region}.athena`]: [`${region}e`],
  [`com.amazonaws.${region}.glue`]: [`${region}a`],
};
const allZones = ["a", "b", "c", "d", "e", "f"].map((zone) => `${region}${zone}`);

const text = (value: unknown): string => textOf(value as Json | undefined);
const typeOf = (urn: string): string => urn.split("::")[2]?.split("$").at(-1) ?? "";
const nameOf = (urn: string): string => urn.split("::").at(-1) ?? "";
const sameJson = (left: unknown, right: unknown): boolean =>
  JSON.stringify(left) === JSON.stringify(right);

function remembered(id: string): string {
  return join(folder, `${digest(id)}.json`);
}

const shared = (kind: Shared, name: string): string => recordOf(folder, kind, name);

/** An object's URI. */
const uri = ({ bucket, key }: Properties): string => `s3://${text(bucket)}/${text(key)}`;

/** What of the docker provider's build context its hash takes: paths, contents and modes. */
function contextDigest(build: Properties): string {
  const context = text(build["context"]);
  const files = readdirSync(context, { recursive: true, encoding: "utf8" })
    .filter((path) => !path.includes("__pycache__"))
    .map((path) => join(context, path))
    .filter((path) => statSync(path).isFile())
    .sort();
  return digest(
    files.map((file) => `${file} ${statSync(file).mode} ${readFileSync(file, "utf8")}`).join("\n"),
  );
}

/** The tags in a repository of ECR; undefined: there is no such repository. */
function tagsIn(repository: string): readonly string[] | undefined {
  const path = shared("repository", repository);
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as string[]) : undefined;
}

/** Pushes an image, as ECR takes it: an immutable tag once. */
function push(inputs: Properties): void {
  if (inputs["skipPush"] === true) {
    return;
  }
  const [, repository = "", tag = ""] =
    /^[^/]+\/([^:]+):(.+)$/.exec(text(inputs["imageName"])) ?? [];
  const tags = tagsIn(repository);
  if (tags === undefined) {
    throw new Error(`name unknown: The repository with name '${repository}' does not exist`);
  }
  if (tags.includes(tag)) {
    throw new Error(
      `tag invalid: The image tag '${tag}' already exists in the '${repository}' repository and cannot be ` +
        "overwritten because the tag is immutable.",
    );
  }
  writeFileSync(shared("repository", repository), JSON.stringify([...tags, tag]));
}

/** Does some work, of which a failure is a rejection, without the stack that Pulumi's server would print. */
function attempt<T>(work: () => T): Promise<T> {
  try {
    return Promise.resolve(work());
  } catch (error) {
    return Promise.reject(Object.assign(error as Error, { stack: "" }));
  }
}

/** What AWS does beside remembering a new resource, or refuses. */
async function takeEffect(type: string, inputs: Properties): Promise<void> {
  switch (type) {
    case "docker:index/image:Image":
      push(inputs);
      break;
    case "aws:ecr/repository:Repository":
      writeFileSync(shared("repository", text(inputs["name"])), "[]");
      break;
    case "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration":
      await delay(300); // What does not wait for the rule is there before it.
      writeFileSync(shared("encryption", text(inputs["bucket"])), "");
      break;
    case "aws:s3/bucketObjectv2:BucketObjectv2":
      if (!existsSync(shared("encryption", text(inputs["bucket"])))) {
        throw new Error(`${uri(inputs)} would lie under S3's own key: its bucket has no rule yet`);
      }
      writeFileSync(shared("object", uri(inputs)), text(inputs["content"]));
      break;
    case "aws:ec2/subnet:Subnet": {
      const block = text(inputs["cidrBlock"]);
      const others = readdirSync(folder)
        .map((file) => readFileSync(join(folder, file), "utf8"))
        .filter((content) => content.startsWith("{"))
        .map((content) => JSON.parse(content) as Properties)
        .filter((one) => one["vpcId"] === inputs["vpcId"] && "availabilityZone" in one);
      if (others.some((one) => overlap(block, text(one["cidrBlock"])))) {
        throw new Error(
          `InvalidSubnet.Conflict: The CIDR '${block}' conflicts with another subnet`,
        );
      }
      break;
    }
    case "aws:ec2/vpcEndpoint:VpcEndpoint": {
      const lacking = zonesWithout[text(inputs["serviceName"])] ?? [];
      for (const id of (inputs["subnetIds"] ?? []) as readonly string[]) {
        const { availabilityZone } = JSON.parse(readFileSync(remembered(id), "utf8")) as Properties;
        if (lacking.includes(text(availabilityZone))) {
          throw new Error(
            `InvalidParameter: The VPC endpoint service ${text(inputs["serviceName"])} does not support the ` +
              `availability zone of the subnet: ${id}`,
          );
        }
      }
      break;
    }
  }
}

/** The first and the last address of a block, as numbers. */
function addresses(block: string): readonly [number, number] {
  const [address = "", bits] = block.split("/");
  const first = address.split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0);
  return [first, first + 2 ** (32 - Number(bits)) - 1];
}

function overlap(one: string, other: string): boolean {
  const [[first, last], [otherFirst, otherLast]] = [addresses(one), addresses(other)];
  return first <= otherLast && otherFirst <= last;
}

/** The block of a zone, as awsx shares a VPC's addresses out: pulumi/pulumi-awsx, subnetDistributorNew.ts. */
function zoneBlock(inputs: pulumi.Inputs, zones: number, index: number): string {
  const block = text(inputs["cidrBlock"]);
  const bits = Number(block.split("/")[1]) + Math.ceil(Math.log2(zones));
  const mask = Number(inputs["availabilityZoneCidrMask"] ?? bits);
  const first = addresses(block)[0] + index * 2 ** (32 - mask);
  const octets = [24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256);
  return `${octets.join(".")}/${mask}`;
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
  const inIam = (path: string): { id: string; outs: Properties } => {
    const id = `arn:aws:iam::${accountId}:${path}`;
    return { id, outs: { arn: id } };
  };
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
    case "aws:sagemaker/mlflowApp:MlflowApp":
      // Its name is no part of it. Source: SageMaker API reference, "CreateMlflowApp".
      return {
        id: unique,
        outs: { arn: arn("sagemaker", `mlflow-app/app-${unique.slice(0, 12)}`) },
      };
    case "aws:iam/openIdConnectProvider:OpenIdConnectProvider":
      return inIam(`oidc-provider/${text(inputs["url"]).replace("https://", "")}`);
    case "aws:iam/policy:Policy":
      return inIam(`policy/${named}`);
    case "aws:iam/role:Role":
      return { ...inIam(`role/${named}`), id: named };
    case "docker:index/image:Image": {
      const image = String(inputs["imageName"]);
      const repository = image.replace(/:[^:]*$/, "");
      return {
        id: unique,
        outs: {
          repoDigest: `${repository}@sha256:${digest(image.replace(/^[^/]+\//, ""))}`,
          registryServer: repository,
        },
      };
    }
    default: {
      const [service = "", kind = ""] = type.split(":")[1]?.split("/") ?? [];
      return {
        id: `${name}-${unique.slice(0, 8)}`,
        outs: { arn: arn(service, service === "sns" ? named : `${kind}/${named}`) },
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
    // The registry that a test runs; without one there is none to ask.
    proxyEndpoint: existsSync(join(folder, "registry"))
      ? readFileSync(join(folder, "registry"), "utf8")
      : "",
  }),
  "aws:ec2/getVpcEndpointService:getVpcEndpointService": ({ serviceName }) => ({
    serviceName,
    availabilityZones: allZones.filter((zone) => !zonesWithout[text(serviceName)]?.includes(zone)),
  }),
  "aws:ecr/getImage:getImage": ({ imageTag, repositoryName }) => {
    const tags = tagsIn(text(repositoryName));
    if (tags?.includes(text(imageTag)) !== true) {
      const what = tags === undefined ? "Repository" : "Image";
      throw new Error(`reading ECR Images: ${what}NotFoundException: it does not exist`);
    }
    return {
      imageDigest: `sha256:${digest(`${text(repositoryName)}:${text(imageTag)}`)}`,
      imageTag,
      repositoryName,
    };
  },
  "aws:sagemaker/getPrebuiltEcrImage:getPrebuiltEcrImage": ({ imageTag, repositoryName }) => {
    const registryId = prebuiltRegistries[String(repositoryName)] ?? "";
    return {
      registryPath: `${registryId}.dkr.ecr.${region}.amazonaws.com/${String(repositoryName)}:${String(imageTag)}`,
      registryId,
      repositoryName,
      id: registryId,
      region,
    };
  },
};

/** The network that awsx makes: a VPC, and a subnet with a route table in each zone. */
class VpcComponent extends pulumi.ComponentResource {
  readonly state: pulumi.Inputs;

  constructor(name: string, inputs: pulumi.Inputs, opts: pulumi.ComponentResourceOptions) {
    super("awsx:ec2:Vpc", name, {}, opts);
    const child = { parent: this };
    const vpc = new ec2.Vpc(name, { cidrBlock: inputs["cidrBlock"] as string }, child);
    const zones = inputs["availabilityZoneNames"] as readonly string[];
    const subnets = zones.map(
      (availabilityZone, index) =>
        new ec2.Subnet(
          `${name}-isolated-${index + 1}`,
          { vpcId: vpc.id, cidrBlock: zoneBlock(inputs, zones.length, index), availabilityZone },
          child,
        ),
    );
    const routeTables = zones.map(
      (_, index) => new ec2.RouteTable(`${name}-isolated-${index + 1}`, { vpcId: vpc.id }, child),
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
    const build = news["build"] as Properties;
    const inputs =
      typeOf(urn) === "docker:index/image:Image"
        ? { ...news, build: { ...build, contextDigest: contextDigest(build) } }
        : news;
    return Promise.resolve({ inputs, failures: [...refusals(typeOf(urn), news)] });
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

  async create(urn: string, inputs: Properties): Promise<provider.CreateResult> {
    if (isNamedBy("fail", urn)) {
      throw new Error(`AccessDenied: not now (${nameOf(urn)})`);
    }
    const { id, outs } = assigned(typeOf(urn), nameOf(urn), inputs);
    if (unchangeable.has(typeOf(urn)) && existsSync(remembered(id))) {
      throw new Error(`ValidationException: cannot create already existing ${id}`);
    }
    await takeEffect(typeOf(urn), inputs);
    const all = { ...outs, ...inputs };
    writeFileSync(remembered(id), JSON.stringify(all));
    return { id, outs: all };
  }

  update(
    id: string,
    urn: string,
    olds: Properties,
    news: Properties,
  ): Promise<provider.UpdateResult> {
    if (typeOf(urn) === "docker:index/image:Image") {
      return attempt(() => {
        push(news); // An update builds and pushes again, whatever has changed.
        return { outs: { ...olds, ...news } };
      });
    }
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
    if (typeOf(urn) === "aws:s3/bucketObjectv2:BucketObjectv2") {
      rmSync(shared("object", uri(props)), { force: true }); // with all its versions
    }
    if (typeOf(urn) === "aws:ecr/repository:Repository") {
      rmSync(shared("repository", text(props["name"])), { force: true });
    }
    rmSync(remembered(id), { force: true });
    return Promise.resolve();
  }

  invoke(token: string, inputs: Properties): Promise<provider.InvokeResult> {
    const answer = answers[token];
    return attempt(() => {
      if (answer === undefined) {
        throw new Error(`no answer to ${token}`);
      }
      return { outputs: answer(inputs) };
    });
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
void provider.main(new StandIn(), process.argv.slice(2));
