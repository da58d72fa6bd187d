import { allow, type Statement, type Statements } from "../statements";

/**
 * The MLflow app, whose id AWS assigns: it is known by the stack's tag. What the provider calls:
 * hashicorp/terraform-provider-aws, internal/service/sagemaker/mlflow_app.go.
 */
export function tracking(stack: Statements): readonly Statement[] {
  const apps = stack.arn("sagemaker", "mlflow-app/*");
  return [
    allow("MakeMlflowApp", "sagemaker:CreateMlflowApp", apps, stack.requested()),
    stack.tagNew("TagNewMlflowApp", apps),
    allow(
      "MlflowApp",
      [
        "sagemaker:AddTags",
        "sagemaker:DeleteMlflowApp",
        "sagemaker:DeleteTags",
        "sagemaker:DescribeMlflowApp",
        "sagemaker:ListTags",
        "sagemaker:UpdateMlflowApp",
      ],
      apps,
      stack.own(),
    ),
  ];
}
