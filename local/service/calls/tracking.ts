import { bucketArn, type Calls, callsBy, likely } from "./call";
import { reads, writes } from "./storage";

const keepsArtifacts = likely(
  'SageMaker API reference, "CreateMlflowApp" (RoleArn: reads and writes the artifact store); londonaicentre/FLIP, ' +
    "scripts/create-mlflow-app.sh (an app whose role has these, and s3:DeleteObject)",
);

/** The MLflow app: keeps the artifacts of runs, and shows them. */
export const tracking: Calls = (stack) => {
  if (stack.mlflowApp === undefined) {
    return [];
  }
  const artifact = ["mlflow/1/0123456789abcdef/artifacts/report.html"];
  const access = { endpoint: null, evidence: keepsArtifacts };
  return [
    callsBy("tracking")(["s3:GetBucketLocation"], [bucketArn(stack)], keepsArtifacts),
    ...reads(stack, "tracking", artifact, access),
    ...writes(stack, "tracking", artifact, { ...access, outputKey: null }),
  ];
};
