import { equal } from "node:assert/strict";

import { missingRight } from "../../sageMaker/missingRights";

describe("the missing permission in a failure", () => {
  const grant = (what: string): string =>
    `missing Lake Formation permission: a data lake administrator must grant ${what} to the job's role ` +
    '(docs/deploy.md, "Lake Formation")';

  // As they stand in public issues, but for ids.
  const cases: readonly (readonly [string, string, string | undefined])[] = [
    [
      "aws/amazon-sagemaker-examples#2079",
      "'Insufficient Lake Formation permission(s): Required Create Database on Catalog (Service: AWSGlue; Status " +
        "Code: 400; Error Code: AccessDeniedException; Request ID: 2e3e108b; Proxy: null)'",
      grant('"Create Database" on Catalog'),
    ],
    [
      "aws-samples/dbt-glue#548",
      "An error occurred (AccessDeniedException) when calling the GetTable operation: " +
        "Insufficient Lake Formation permission(s) on extraction_batch",
      grant("the permission in the message on extraction_batch"),
    ],
    [
      "awslabs/sagemaker-explaining-credit-decisions#8",
      "ERROR : Insufficient Lake Formation permission(s) on sagemaker-soln-database (Database name: " +
        "sagemaker-soln-database) (Service: AWSGlue; Status Code: 400;",
      grant("the permission in the message on sagemaker-soln-database"),
    ],
    [
      "aws/sagemaker-python-sdk#5176",
      '{"level":"ERROR","msg":"[sagemaker logs] [Input: input-1] Error AccessDeniedException: User: ' +
        "arn:aws:sts::111122223333:assumed-role/role/SageMaker is not authorized to perform: glue:CreateDatabase on " +
        "resource: arn:aws:glue:us-west-2:111122223333:catalog because no identity-based policy allows the " +
        'glue:CreateDatabase action"}',
      "missing permission: the role may not glue:CreateDatabase on arn:aws:glue:us-west-2:111122223333:catalog " +
        "(docs/security.md explains each role's permissions)",
    ],
    ["another failure", "AlgorithmError: exit code 1", undefined],
  ];
  for (const [source, text, expected] of cases) {
    it(`is found in the words of ${source}`, () => {
      equal(missingRight(text), expected);
    });
  }
});
