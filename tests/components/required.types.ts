/**
 * What guards data cannot be left out: `npm run typecheck` fails where one of these compiles. Nothing runs this file.
 */

import type { DataBucketArgs } from "../../components/dataBucket";
import type { DataLakeArgs } from "../../components/dataLake";
import type { DecisionTreeImageArgs } from "../../components/decisionTreeImage";
import type { DeployerArgs } from "../../components/deployer";
import type { ModelPipelineArgs } from "../../components/modelPipeline";
import type { PermissionsArgs } from "../../components/permissions";
import type { Protection } from "../../components/protection";
import type { StackScope } from "../../components/rights/statements";
import type { ModelEndpointArgs } from "../../serving/components/modelEndpoint";

/** Arguments without one of them. */
function without<Args, Key extends keyof Args>(): Omit<Args, Key> {
  throw new Error("nothing runs this");
}

export function incomplete(): readonly unknown[] {
  // @ts-expect-error -- a bucket says whether it is kept
  const bucket: DataBucketArgs = without<DataBucketArgs, "protection">();
  // @ts-expect-error -- and who else reads it
  const access: DataBucketArgs = without<DataBucketArgs, "access">();
  // @ts-expect-error -- a lake says whether it is kept
  const lake: DataLakeArgs = without<DataLakeArgs, "protection">();
  // @ts-expect-error -- and whether the catalogue is encrypted
  const catalogue: DataLakeArgs = without<DataLakeArgs, "encryptCatalog">();
  // @ts-expect-error -- a repository says whether it is kept
  const image: DecisionTreeImageArgs = without<DecisionTreeImageArgs, "protection">();
  // @ts-expect-error -- and which key encrypts it
  const key: DecisionTreeImageArgs = without<DecisionTreeImageArgs, "kmsKeyArn">();
  // @ts-expect-error -- a model package group says whether it is kept
  const models: ModelPipelineArgs = without<ModelPipelineArgs, "protection">();
  // @ts-expect-error -- roles say whether a boundary limits them
  const roles: PermissionsArgs = without<PermissionsArgs, "permissionsBoundary">();
  // @ts-expect-error -- a deployer has limits
  const deployer: DeployerArgs = without<DeployerArgs, "limits">();
  // @ts-expect-error -- protection says both
  const protection: Protection = without<Protection, "forceDestroy">();
  // @ts-expect-error -- roles say in which network jobs run
  const scope: StackScope = without<StackScope, "vpc">();
  // @ts-expect-error -- an endpoint says which key encrypts it
  const endpoint: ModelEndpointArgs = without<ModelEndpointArgs, "kmsKeyArn">();
  return [
    ...[bucket, access, lake, catalogue, image, key],
    ...[models, roles, deployer, protection, scope, endpoint],
  ];
}
