import { type Inputs, type Rule, type RuleConfig, unmet } from "./rule";
import {
  accountKeys,
  allowing,
  hasWildcard,
  held,
  heldWhereGiven,
  matches,
  type Statement,
} from "./statements";

/** Read-only actions on shared resources; a model created from a package belongs to its creator. */
const reads =
  /^[a-z0-9-]+:(batchcheck|batchget|decrypt|describe|get|list)[a-z]*$|^sagemaker:createmodel$/;

/** A resource that includes all of a bucket's objects. */
const wholeBucket = /^arn:[^:]*:s3:::[^/]*(\/[*?]|[*?]).*$/;

/** Actions to pull an image. */
const pulls = /^ecr:(batchchecklayeravailability|batchgetimage|getdownloadurlforlayer)$/;

/** The input with a resource's policy, by type. */
const members = ["policy", "resourcePolicy", "keyPolicy"] as const;

/** Problems of a statement that grants access to others. */
function sharingProblems(statement: Statement, config: RuleConfig): readonly string[] {
  const { actions, negated, principals, resources, written } = statement;
  const own = held(statement, ...accountKeys);
  const onlyReads =
    actions.every((action) => reads.test(action)) &&
    !resources.some(
      (one) =>
        wholeBucket.test(one) ||
        (one === "*" && actions.some((action) => action.startsWith("s3:"))),
    );
  return [
    ...negated.map((name) => `${name} allows too much`),
    ...unmet([principals.length > 0, "the principal must be named"]),
    ...principals.flatMap(([kind, principal]) => {
      if (kind === "service") {
        return unmet(
          [!hasWildcard(principal), "must not be open to every service"],
          [
            // SageMaker's guide to inference pipelines has no condition on pulls, so the request's keys are unknown.
            own ||
              (actions.every((one) => pulls.test(one)) &&
                heldWhereGiven(statement, ...accountKeys)),
            `${principal} must be limited to this account by aws:SourceAccount`,
          ],
        );
      }
      if (kind !== "aws") {
        return [`${kind} ${principal} must not have access`];
      }
      const account = /^(\d{12})$|^arn:[^:]*:(?:iam|sts)::(\d{12}):[^*?]+$/.exec(principal);
      const id = account?.[1] ?? account?.[2];
      if (id === undefined) {
        return unmet([
          own || (onlyReads && held(statement, "aws:PrincipalOrgID")),
          `must not be open to ${principal}: aws:PrincipalAccount names an account`,
        ]);
      }
      const trusted = config.accounts;
      return unmet([
        trusted?.includes(id) === true ||
          // A key's account has all rights, which its own policies limit.
          (actions.length === 1 && actions[0] === "kms:*" && principal.endsWith(":root")) ||
          (trusted === undefined && onlyReads),
        `${principal} must not be allowed ${written.join(", ")} on ${resources.join(", ")}: accounts does not list it`,
      ]);
    }),
  ];
}

/** Only a key's own account may have all rights on it. */
function owners(inputs: Inputs): readonly string[] {
  const found = new Set(
    members
      .flatMap((name) => allowing(inputs[name]))
      .filter(({ actions }) => actions.some((action) => matches(action, "kms:PutKeyPolicy")))
      .flatMap(({ principals }) => principals.map(([, principal]) => principal)),
  );
  return unmet([found.size <= 1, `several have all rights: ${[...found].join(", ")}`]);
}

/** Rules for resource-based policies. */
export const sharingRules: readonly Rule[] = [
  {
    name: "resource-not-open",
    description:
      "Resources only admit named accounts for reading, and services on behalf of this account.",
    types: [
      ...["aws:ecr/registryPolicy:RegistryPolicy", "aws:ecr/repositoryPolicy:RepositoryPolicy"],
      ...["aws:glue/resourcePolicy:ResourcePolicy", "aws:kms/key:Key"],
      "aws:kms/keyPolicy:KeyPolicy",
      ...["aws:s3/bucket:Bucket", "aws:s3/bucketPolicy:BucketPolicy"],
      "aws:sagemaker/modelPackageGroupPolicy:ModelPackageGroupPolicy",
      ...["aws:sns/topic:Topic", "aws:sns/topicPolicy:TopicPolicy"],
    ],
    reads: ["accounts"],
    problems: (inputs, config = {}) => [
      ...members
        .flatMap((name) => allowing(inputs[name]))
        .flatMap((one) => sharingProblems(one, config).map((problem) => `${one.sid}: ${problem}`)),
      ...owners(inputs),
    ],
  },
];
