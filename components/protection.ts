import type * as pulumi from "@pulumi/pulumi";

/**
 * Options of a resource that holds what cannot be made again. Protection alone is not enough: a destroy that
 * meets it has already deleted other resources, so what leaves the program stays in the account.
 *
 * @param parent component that the resource belongs to
 * @param protect whether it is kept; else it can be deleted as any other
 */
export function keptFromDeletion(
  parent: pulumi.ComponentResource,
  protect: boolean,
): pulumi.CustomResourceOptions {
  return protect ? { parent, protect: true, retainOnDelete: true } : { parent };
}
