import type * as pulumi from "@pulumi/pulumi";

/** Protection of what cannot be recreated: data, key, images and model packages. */
export interface Protection {
  /** Whether Pulumi refuses to delete it, and retains it in the account if it leaves the program. */
  readonly protect: boolean;
  /** Whether `pulumi destroy` deletes buckets, repositories and the like even if they are not empty. */
  readonly forceDestroy: boolean;
}

/**
 * Options of a resource that cannot be recreated. `protect` alone is not enough, because a resource that leaves the
 * program would be deleted.
 *
 * @param parent component that the resource belongs to
 */
export function keptFromDeletion(
  parent: pulumi.ComponentResource,
  { protect }: Pick<Protection, "protect">,
): pulumi.CustomResourceOptions {
  return protect ? { parent, protect: true, retainOnDelete: true } : { parent };
}
