import { isBoundary } from "./boundary";
import { list, type StackResource, type StackRule } from "./rule";

/** The types of this project's resources, which have a rule or cannot grant access. */
const allowedTypes: readonly string[] = [
  ...["appautoscaling/policy:Policy", "appautoscaling/target:Target"],
  ...["athena/namedQuery:NamedQuery", "athena/workgroup:Workgroup", "budgets/budget:Budget"],
  ...["cloudwatch/compositeAlarm:CompositeAlarm", "cloudwatch/dashboard:Dashboard"],
  ...["cloudwatch/eventRule:EventRule", "cloudwatch/eventTarget:EventTarget"],
  ...["cloudwatch/logGroup:LogGroup", "cloudwatch/metricAlarm:MetricAlarm"],
  ...["ec2/defaultSecurityGroup:DefaultSecurityGroup", "ec2/flowLog:FlowLog"],
  ...["ec2/route:Route", "ec2/routeTable:RouteTable"],
  "ec2/routeTableAssociation:RouteTableAssociation",
  ...["ec2/securityGroup:SecurityGroup", "ec2/subnet:Subnet", "ec2/vpc:Vpc"],
  "ec2/vpcEndpoint:VpcEndpoint",
  ...["ecr/repository:Repository", "ecr/repositoryPolicy:RepositoryPolicy"],
  ...["glue/catalogDatabase:CatalogDatabase", "glue/catalogTable:CatalogTable"],
  ...["glue/crawler:Crawler", "glue/dataCatalogEncryptionSettings:DataCatalogEncryptionSettings"],
  "iam/openIdConnectProvider:OpenIdConnectProvider",
  ...["iam/policy:Policy", "iam/role:Role", "iam/rolePolicy:RolePolicy"],
  "iam/rolePolicyAttachment:RolePolicyAttachment",
  ...["kms/alias:Alias", "kms/key:Key", "kms/keyPolicy:KeyPolicy"],
  ...["s3/bucket:Bucket", "s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"],
  ...["s3/bucketLogging:BucketLogging", "s3/bucketNotification:BucketNotification"],
  ...["s3/bucketObjectv2:BucketObjectv2", "s3/bucketOwnershipControls:BucketOwnershipControls"],
  ...["s3/bucketPolicy:BucketPolicy", "s3/bucketPublicAccessBlock:BucketPublicAccessBlock"],
  "s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
  "s3/bucketVersioning:BucketVersioning",
  ...["sagemaker/dataQualityJobDefinition:DataQualityJobDefinition", "sagemaker/endpoint:Endpoint"],
  "sagemaker/endpointConfiguration:EndpointConfiguration",
  ...["sagemaker/image:Image", "sagemaker/imageVersion:ImageVersion", "sagemaker/model:Model"],
  ...["sagemaker/mlflowApp:MlflowApp", "sagemaker/modelPackageGroup:ModelPackageGroup"],
  "sagemaker/modelPackageGroupPolicy:ModelPackageGroupPolicy",
  ...["sagemaker/monitoringSchedule:MonitoringSchedule", "sagemaker/pipeline:Pipeline"],
  ...["scheduler/schedule:Schedule", "sns/topic:Topic", "sns/topicPolicy:TopicPolicy"],
  ...[
    "sns/topicSubscription:TopicSubscription",
    "vpc/securityGroupEgressRule:SecurityGroupEgressRule",
  ],
  "vpc/securityGroupIngressRule:SecurityGroupIngressRule",
].map((type) => `aws:${type}`);

/** Components and providers, which create nothing themselves, and the image's package. */
const always = /^(awsx|restate):|^docker:index\/image:Image$|^pulumi:(providers:|pulumi:)/;

/** The resources that each bucket must have. */
const companions: Readonly<Record<string, string>> = {
  "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": "block of public access",
  "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration":
    "encryption",
  "aws:s3/bucketVersioning:BucketVersioning": "versioning",
  "aws:s3/bucketOwnershipControls:BucketOwnershipControls": "ownership controls",
  "aws:s3/bucketPolicy:BucketPolicy": "policy",
};

/** Whether a resource belongs to a bucket, by the bucket's name or, if that is unknown, by its dependencies. */
function isAbout(one: StackResource, bucket: StackResource): boolean {
  const named = [bucket.props["bucket"], bucket.props["id"]].filter((name) => name !== undefined);
  return (
    named.some((name) => name === one.props["bucket"]) ||
    (one.dependsOn?.["bucket"] ?? []).includes(bucket.name)
  );
}

/** Boundaries, which other rules skip, so they must only limit. */
const boundaries = (resources: readonly StackResource[]): readonly string[] =>
  resources.flatMap(({ props, type }) =>
    type === "aws:iam/policy:Policy" && isBoundary(props) ? [props["name"] as string] : [],
  );

/** Rules for a stack as a whole. */
export const stackRules: readonly StackRule[] = [
  {
    name: "bucket-with-companions",
    description: "Each bucket has the resources that keep it private, encrypted and versioned.",
    problems: (resources) =>
      resources
        .filter(({ type }) => /^aws:s3\/bucket(V2)?:/.test(type))
        .flatMap((bucket) =>
          Object.entries(companions).flatMap(([type, what]) =>
            resources.some((one) => one.type === type && isAbout(one, bucket))
              ? []
              : [`${bucket.name}: has no ${what}`],
          ),
        ),
  },
  {
    name: "types-allowed",
    description:
      "Only known types of resources are created: those that a rule checks, or that grant no access.",
    reads: ["types"],
    problems: (resources, { types = [] } = {}) =>
      resources
        .filter(({ type }) => !always.test(type) && ![...allowedTypes, ...types].includes(type))
        .map(({ name, type }) => `${name}: the type ${type} is not allowed`),
  },
  {
    name: "boundary-only-limits",
    description: "A boundary policy is not attached to anything: it only limits roles.",
    problems: (resources) => {
      const names = boundaries(resources);
      return resources.flatMap(({ dependsOn, name, props, type }) => {
        const attached = [
          ...list(props["policyArn"] as string | undefined),
          ...list(props["managedPolicyArns"] as readonly string[] | undefined),
        ].map((arn) => arn.replace(/^.*\//, ""));
        const unknown = dependsOn?.["policyArn"] ?? [];
        const found = names.filter((one) => attached.includes(one));
        const byName = resources.filter(
          (one) => unknown.includes(one.name) && names.includes(one.props["name"] as string),
        );
        return type !== "aws:iam/policy:Policy" && (found.length > 0 || byName.length > 0)
          ? [`${name}: attaches a boundary, which may only limit roles`]
          : [];
      });
    },
  },
];
