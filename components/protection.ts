import type * as pulumi from "@pulumi/pulumi";

/** What may happen to what cannot be made again: data, key, images and model packages. */
export interface Protection {
  /** Whether Pulumi refuses to delete it, and leaves it in the account should it leave the program. */
  readonly protect: boolean;
  /** Whether `pulumi destroy` deletes what holds it, with all that is in there. */
  readonly forceDestroy: boolean;
}

/**
 * Options of a resource that holds what cannot be made again. Protection alone is not enough: a destroy that
 * meets it has already deleted other resources, so what leaves the program stays in the account.
 *
 * @param parent component that the resource belongs to
 */
export function keptFromDeletion(
  parent: pulumi.ComponentResource,
  { protect }: Pick<Protection, "protect">,
): pulumi.CustomResourceOptions {
  return protect ? { parent, protect: true, retainOnDelete: true } : { parent };
}
