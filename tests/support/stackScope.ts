import * as pulumi from "@pulumi/pulumi";

import type { StackScope } from "../../components/rights/statements";
import { stackNames } from "../../contract/names";
import { account } from "./construct";

/** What the roles of a stack called test are about, in SageMaker's own network, with its table in its own bucket. */
export const stackScope: StackScope = {
  account,
  names: { ...stackNames("test"), bucketName: pulumi.output("the-bucket") },
  tableName: "houses",
  adopted: undefined,
  dataElsewhere: undefined,
  ownImages: [],
  prebuiltImages: ["683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.2-0"],
  kmsKeyArn: "the-key",
  vpc: undefined,
  encryptCatalog: false,
  ownTag: { key: "stack", value: "test" },
  modelApprovalStatus: "PendingManualApproval",
  findsDrift: false,
  challengesChampion: false,
  tracking: "experiments",
  mlflowLogging: "manual",
  servesRawRows: false,
  trainingVolumesTakeKey: true,
};
