import { modelApprovalStatuses } from "../../pipeline/parameters";
import { allow, type Statement, type Statements } from "./statements";

/** Permissions of people who approve models: reading models and reports, and setting the approval status. */
export function approver(stack: Statements): readonly Statement[] {
  const [group, versions] = stack.modelPackages();
  return [
    // Source of the condition: Service Authorization Reference, "Actions, resources, and condition keys for Amazon
    // SageMaker". Requests without a status, which change something else, are refused.
    allow("Approve", "sagemaker:UpdateModelPackage", versions, {
      StringEquals: { "sagemaker:ModelApprovalStatus": modelApprovalStatuses },
    }),
    allow(
      "SeeModels",
      [
        "sagemaker:DescribeModelPackage",
        "sagemaker:DescribeModelPackageGroup",
        "sagemaker:ListModelPackages",
      ],
      [group, versions],
    ),
    allow("ReadReports", "s3:GetObject", stack.reports()),
    stack.decryptThroughS3(),
  ];
}
