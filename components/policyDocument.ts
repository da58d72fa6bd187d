import * as pulumi from "@pulumi/pulumi";

/** The text of a policy of these statements. */
export function policyDocument(statements: pulumi.Input<readonly object[]>): pulumi.Output<string> {
  return pulumi.jsonStringify({ Version: "2012-10-17", Statement: statements });
}
