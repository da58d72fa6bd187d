import * as aws from "@pulumi/aws/provider";
import * as pulumi from "@pulumi/pulumi";

/** The part of the configuration's namespace `aws` that is read here. */
interface ProviderSettings {
  readonly defaultTags?: { readonly tags?: Readonly<Record<string, string>> } | undefined;
}

/**
 * The tags of a stack: the configured ones and its own.
 *
 * @param project name of the Pulumi project
 */
export function stackTags(
  settings: ProviderSettings,
  project: string,
): Readonly<Record<string, string>> {
  return { ...settings.defaultTags?.tags, project, stack: pulumi.getStack() };
}

/**
 * The provider of a stack. An explicit provider does not read the namespace `aws` by itself.
 *
 * @param tags on everything that the stack creates
 */
export function stackProvider(
  settings: ProviderSettings,
  region: string,
  tags: Readonly<Record<string, string>>,
): aws.Provider {
  return new aws.Provider("aws", {
    ...(settings as aws.ProviderArgs),
    region: region as aws.ProviderArgs["region"],
    defaultTags: { tags },
  });
}
