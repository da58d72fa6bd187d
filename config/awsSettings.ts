import * as awsConfig from "@pulumi/aws/config/vars";
import * as pulumi from "@pulumi/pulumi";

/** The provider's settings in the namespace `aws`: profile, roles to assume, allowed accounts, default tags and so on. */
export type AwsSettings = Partial<typeof awsConfig>;

/** The accounts in a JSON list; undefined if it is not one. */
function accountIds(text: string): string[] | undefined {
  try {
    const list = JSON.parse(text) as unknown;
    const isList = Array.isArray(list) && list.every((id) => /^\d{12}$/.test(String(id)));
    return isList ? list.map(String) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Reads the namespace `aws`, which a provider that the program creates does not read itself.
 * @returns the settings, and the problems with the key of each
 */
export function readAwsSettings(): {
  readonly values: AwsSettings;
  readonly problems: readonly string[];
} {
  const problems: string[] = [];
  const entries = (Object.keys(awsConfig) as (keyof typeof awsConfig)[]).flatMap((key) => {
    if (key === "allowedAccountIds") {
      return []; // checked below
    }
    try {
      const value = awsConfig[key];
      return value === undefined ? [] : [[key, value] as const];
    } catch {
      problems.push(`aws:${key}: is not valid JSON for the provider`);
      return [];
    }
  });
  const values: AwsSettings = Object.fromEntries(entries);
  const allowed = new pulumi.Config("aws").get("allowedAccountIds");
  if (allowed === undefined) {
    return { values, problems };
  }
  const allowedAccountIds = accountIds(allowed);
  if (allowedAccountIds === undefined) {
    problems.push(
      "aws:allowedAccountIds: must be a JSON list of account numbers, 12 digits in quotes",
    );
  }
  return { values: { ...values, allowedAccountIds }, problems };
}
