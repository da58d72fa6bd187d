import { bucketArn, type Calls, callsBy, likely, objectArn } from "./call";
import { everyJob } from "./everyJob";
import { reads, writes, writing } from "./storage";

const sparkCommits = likely(
  'Hadoop guide, "Committing work to S3 with the S3A Committers" (a rename is a copy and a delete) and "Working ' +
    'with IAM Assumed Roles" (writing needs s3:Delete*); no source says that Data Wrangler writes through S3A',
);

const sparkUploads = likely(
  'Hadoop guide, "Working with IAM Assumed Roles" of S3A, "Write Access Permissions" (s3:Get*, ' +
    "s3:ListBucketMultipartUploads) and its example (s3:ListMultipartUploadParts)",
);

/**
 * A Data Wrangler job: reads its flow, and writes to `<output>/<job>/<node>/default/` with Spark, which writes to
 * `_temporary`, renames (in S3: copies and deletes), deletes `_temporary`, and writes `_SUCCESS`.
 */
export const dataWrangler: Calls = (stack, job) => {
  const actor = "processing";
  const call = callsBy(actor);
  const { execution, name, named } = job;
  const [folder = `executions/${execution}/data-wrangler`] = named?.writes ?? [];
  const output = `${folder}/${name}/node/default`;
  const flow = `pipeline/0123456789abcdef/${stack.table}.flow`;
  const part = `${output}/part-00000.csv`;
  const temporary = `${output}/_temporary/0/_temporary/attempt_0/part-00000.csv`;
  return [
    ...everyJob(stack, actor, "ProcessingJobs", job),
    ...reads(stack, actor, named?.reads ?? [flow]),
    ...reads(stack, actor, [temporary, part], { evidence: sparkCommits }),
    ...writes(stack, actor, [temporary, part, `${output}/_SUCCESS`], writing(named)),
    call(
      ["s3:DeleteObject"],
      [temporary, `${output}/_temporary/`, part].map((key) => objectArn(stack, key)),
      sparkCommits,
      { endpoint: "s3" },
    ),
    call(
      ["s3:GetBucketLocation", "s3:ListBucketMultipartUploads"],
      [bucketArn(stack)],
      sparkUploads,
      { endpoint: "s3" },
    ),
    call(["s3:ListMultipartUploadParts"], [objectArn(stack, part)], sparkUploads, {
      endpoint: "s3",
    }),
  ];
};
