import type { Inputs, RuleConfig } from "../../policy/rule";

/** A policy document. */
export const policy = (...statements: readonly object[]): string =>
  JSON.stringify({ Version: "2012-10-17", Statement: statements });
const definition = (type: string, job: object): Inputs => ({
  pipelineDefinition: JSON.stringify({
    Steps: [
      {
        Name: "Check",
        Type: "Condition",
        Arguments: { IfSteps: [{ Name: "Job", Type: type, Arguments: job }] },
      },
    ],
  }),
});

/** A processing job for an hour, on instances of a type that costs 0.23 in an hour unless told otherwise. */
export const hourOn = (type: unknown, limit = 3480): Inputs =>
  definition("Processing", {
    ProcessingResources: { ClusterConfig: { InstanceCount: 1, InstanceType: type } },
    StoppingCondition: { MaxRuntimeInSeconds: limit },
  });

/** A schedule that creates a processing job. */
const scheduled = (input: string): Inputs => ({
  target: { arn: "arn:aws:scheduler:::aws-sdk:sagemaker:createProcessingJob", input },
});

/** Inputs that break each rule, with what it says of them, and the configuration of the rule where it needs one. */
export const broken: Readonly<Record<string, readonly (readonly [Inputs, RegExp, RuleConfig?])[]>> =
  {
    "execution-within-cost": [
      [
        hourOn("ml.m5.xlarge"),
        /an execution could cost 0\.23, more than 0\.22/,
        { maxCostPerExecution: 0.22 },
      ],
      [
        hourOn("ml.m5.xlarge"),
        /could cost 3\.00, more than 2\.99/,
        { maxCostPerExecution: 2.99, prices: { instanceHour: { "ml.m5.xlarge": 3 } } },
      ],
      [hourOn("ml.own.large"), /there is no price of ml\.own\.large/, { maxCostPerExecution: 9 }],
      [
        definition("EMR", {}),
        /step Job: what a step of type EMR starts has no limit/,
        { maxCostPerExecution: 9 },
      ],
      [
        {
          pipelineDefinition: JSON.stringify({
            Parameters: [{ Name: "Type", Type: "String", DefaultValue: "ml.m5.xlarge" }],
            Steps: [
              {
                Name: "Job",
                Type: "Processing",
                Arguments: {
                  ProcessingResources: {
                    ClusterConfig: { InstanceCount: 1, InstanceType: { Get: "Parameters.Type" } },
                  },
                },
              },
            ],
          }),
        },
        /its instance type is the parameter Type, which a start can set to anything/,
        { maxCostPerExecution: 9 },
      ],
      [
        hourOn("ml.m5.xlarge"),
        /prices must have the form/,
        { maxCostPerExecution: 9, prices: { hours: 1 } },
      ],
    ],
    "bucket-not-public": [
      [{ blockPublicAcls: true, ignorePublicAcls: false }, /blockPublicPolicy/],
    ],
    "bucket-without-acls": [
      [{ rule: { objectOwnership: "ObjectWriter" } }, /must be BucketOwnerEnforced/],
    ],
    "bucket-encrypted": [
      [
        {
          rules: [
            {
              bucketKeyEnabled: true,
              applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256", kmsMasterKeyId: "key" },
            },
          ],
        },
        /sseAlgorithm must be aws:kms/,
      ],
      [
        { rules: [{ applyServerSideEncryptionByDefault: { sseAlgorithm: "aws:kms" } }] },
        /kmsMasterKeyId must be.*bucketKeyEnabled must be true/s,
      ],
    ],
    "bucket-versioned": [[{ versioningConfiguration: { status: "Suspended" } }, /must be Enabled/]],
    "bucket-refuses-plain-http": [
      [
        { policy: policy({ Effect: "Allow", Principal: "*", Action: "s3:GetObject" }) },
        /must deny s3:\*/,
      ],
    ],
    "bucket-by-its-companions": [[{ acl: "public-read" }, /acl must not be set on the bucket/]],
    "resource-not-open": [
      [
        { policy: policy({ Effect: "Allow", Principal: "*", Action: "s3:GetObject" }) },
        /must not be open to \*/,
      ],
    ],
    "services-known": [
      [
        { policy: policy({ Effect: "Allow", Action: "lambda:InvokeFunction", Resource: "f" }) },
        /lambda:InvokeFunction: of a service that is not allowed/,
      ],
    ],
    "grants-for-services": [
      [
        { policy: policy({ Effect: "Allow", Action: "kms:CreateGrant", Resource: "k" }) },
        /kms:CreateGrant must be limited to services/,
      ],
    ],
    "identity-provider-known": [
      [{ url: "https://example.com", clientIdLists: ["x"] }, /not GitHub's.*sts\.amazonaws\.com/s],
    ],
    "object-by-its-bucket": [[{ acl: "private" }, /acl must not be set on an object/]],
    "catalogue-encrypted": [
      [{ dataCatalogEncryptionSettings: {} }, /must be SSE-KMS.*connection passwords/s],
    ],
    "image-in-ecr": [[{ imageName: "team/image:1" }, /team\/image:1 is not in Amazon ECR/]],
    "subscription-by-email": [[{ protocol: "sqs" }, /must be email, not sqs/]],
    "rights-within-boundary": [
      [
        { policy: policy({ Effect: "Allow", Action: "iam:CreateRole", Resource: "r" }) },
        /iam:createrole must be limited to a boundary/,
      ],
    ],
    "no-route-out": [[{ routes: [{ natGatewayId: "nat-1" }] }, /natGatewayId leads out/]],
    "subnet-private": [[{ mapPublicIpOnLaunch: true }, /mapPublicIpOnLaunch/]],
    "key-rotated": [[{}, /enableKeyRotation must be true/]],
    "repository-immutable": [
      [{ imageTagMutability: "MUTABLE" }, /IMMUTABLE.*scanOnPush.*encryptionType/s],
    ],
    "workgroup-encrypted": [
      [{ configuration: {} }, /enforceWorkgroup.*SSE_KMS.*bytesScannedCutoffPerQuery/s],
      [
        { configuration: { enforceWorkgroupConfiguration: false } },
        /enforceWorkgroupConfiguration or enableMinimumEncryptionConfiguration must be true/,
      ],
    ],
    "topic-encrypted": [[{ name: "topic" }, /kmsMasterKeyId/]],
    "role-without-managed-policies": [
      [
        { managedPolicyArns: ["arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"] },
        /AmazonSageMakerFullAccess must not be attached/,
      ],
      [{ policyArn: "arn:aws:iam::aws:policy/AdministratorAccess" }, /must not be attached/],
    ],
    "role-for-own-account": [
      [
        {
          assumeRolePolicy: policy({
            Effect: "Allow",
            Principal: { Service: "sagemaker.amazonaws.com" },
            Action: "sts:AssumeRole",
          }),
        },
        /aws:SourceAccount/,
      ],
      [
        { assumeRolePolicy: policy({ Effect: "Allow", Principal: { AWS: "*" } }) },
        /open to every principal/,
      ],
    ],
    "policy-without-wildcards": [
      [
        {
          policy: policy({
            Sid: "All",
            Effect: "Allow",
            Action: "s3:*",
            Resource: "arn:aws:s3:::b",
          }),
        },
        /All: actions must be named/,
      ],
      [
        { policy: policy({ Effect: "Allow", Action: ["s3:GetObject"], Resource: "*" }) },
        /s3:GetObject must name resources/,
      ],
      [
        {
          policy: policy({
            Effect: "Allow",
            Action: ["ec2:AttachNetworkInterface"],
            Resource: "*",
          }),
        },
        /ec2:AttachNetworkInterface must name resources/,
      ],
      [{ policy: policy({ Effect: "Allow", NotAction: "iam:*", Resource: "x" }) }, /NotAction/],
    ],
    "roles-passed-to-one-service": [
      [
        {
          policy: policy({ Sid: "Pass", Effect: "Allow", Action: ["iam:PassRole"], Resource: "r" }),
        },
        /Pass: iam:PassRole must be limited/,
      ],
    ],
    "network-isolated": [
      [
        { natGateways: { strategy: "Single" }, subnetSpecs: [{ type: "Public" }] },
        /must be None.*must all be Isolated/s,
      ],
      [{ cidrBlock: "10.0.0.0/16" }, /must be None.*must all be Isolated/s],
    ],
    "no-gateway": [[{}, /no internet gateway/]],
    "endpoint-with-policy": [
      [{}, /must have a policy/],
      [
        { policy: policy({ Sid: "Open", Effect: "Allow", Action: "*", Resource: "*" }) },
        /Open: must be limited to this account/,
      ],
    ],
    "group-closed": [
      [{ cidrIpv4: "0.0.0.0/0" }, /0\.0\.0\.0\/0/],
      [{ cidrIpv6: "::/0" }, /::\/0/],
    ],
    "jobs-encrypted-and-isolated": [
      [
        definition("Processing", {}),
        /Job: outputs.*Job: volumes.*Job: EnableInterContainerTrafficEncryption/s,
      ],
      [
        definition("Tuning", { TrainingJobDefinition: { EnableNetworkIsolation: false } }),
        /Job: models.*Job: volumes.*Job: EnableNetworkIsolation.*Job: EnableInter/s,
      ],
      [{ pipelineDefinition: '{"Version":"2020-12-01","Steps":{}}' }, /Steps: must be a list/],
    ],
    "model-from-registry": [
      [{ primaryContainer: { modelDataUrl: "s3://bucket/model.tar.gz" } }, /modelPackageName/],
    ],
    "endpoint-encrypted": [
      [
        {
          productionVariants: [{ instanceType: "ml.m5d.large" }, { instanceType: "ml.m5.large" }],
          dataCaptureConfig: { enableCapture: true },
        },
        /volumes must be encrypted.*captured requests must be encrypted/s,
      ],
    ],
    "endpoint-rolls-back": [
      [{ deploymentConfig: { autoRollbackConfiguration: { alarms: [] } } }, /must name alarms/],
    ],
    "targets-known": [
      [
        { target: { arn: "arn:aws:lambda:us-east-1:111122223333:function:f" } },
        /function:f" is neither a pipeline nor a topic/,
      ],
      [
        { arn: "arn:aws:sqs:us-east-1:999999999999:q" },
        /the target "arn:aws:sqs:us-east-1:999999999999:q" is neither a pipeline nor a topic/,
      ],
    ],
    "schedules-create-encrypted-jobs": [
      [
        { target: { arn: "arn:aws:scheduler:::aws-sdk:iam:createUser", input: "{}" } },
        /calls iam:createUser, which no rule can check/,
      ],
      [scheduled("{"), /input is not JSON/],
      [
        scheduled(JSON.stringify({ ProcessingOutputConfig: {} })),
        /volumes.*outputs.*EnableInterContainer.*VpcConfig must name subnets/s,
        { requireNetwork: true },
      ],
    ],
    "monitoring-encrypted-and-isolated": [
      [
        { networkConfig: { enableNetworkIsolation: false } },
        /outputs.*volumes.*enableNetworkIsolation.*enableInterContainer/s,
      ],
    ],
  };
