/** Lake Formation's message, which does not always name permission and resource. */
const lakeFormation =
  /Insufficient Lake Formation permission\(s\)(?::\s*Required\s+([A-Za-z_, ]+?)\s+on\s+|\s+on\s+|)([^\s();"]*)/;

/** IAM's message. */
const iam = /is not authorized to perform: ([\w-]+:\w+) on resource: (\S+?)[.,;"]*(?:\s|$)/;

/**
 * The permission that a role lacks, by the reason of a failure or a line of a log. Source of the wordings:
 * aws/amazon-sagemaker-examples#2079, aws-samples/dbt-glue#548, aws/sagemaker-python-sdk#5176.
 *
 * @returns a line that names the permission and who grants it; undefined if the text is about something else
 */
export function missingRight(text: string): string | undefined {
  const grant = lakeFormation.exec(text);
  if (grant !== null) {
    const [, permission, resource] = grant;
    const what = permission === undefined ? "the permission in the message" : `"${permission}"`;
    const on = resource === undefined || resource === "" ? "" : ` on ${resource}`;
    return (
      `missing Lake Formation permission: a data lake administrator must grant ${what}${on} to the job's ` +
      'role (docs/deploy.md, "Lake Formation")'
    );
  }
  const [, action, resource] = iam.exec(text) ?? [];
  return action === undefined || resource === undefined
    ? undefined
    : `missing permission: the role may not ${action} on ${resource} (docs/security.md explains each role's permissions)`;
}
