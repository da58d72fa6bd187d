/** A tag of a resource. */
export interface Tag {
  readonly key: string;
  readonly value: string;
}
