import { invalid } from "./errors";

/** Common members of list requests. */
export interface PageRequest {
  readonly MaxResults?: number | undefined;
  readonly NextToken?: string | undefined;
  readonly SortBy?: string | undefined;
  readonly SortOrder?: string | undefined;
}

/** How to sort and page a list. */
export interface Paging<Item> {
  /** A unique key of an item. */
  readonly key: (item: Item) => string;
  /** Sort keys by the names of SortBy; sorting is stable. Default: the list's own order. */
  readonly sorts?: Readonly<Record<string, (item: Item) => number | string>>;
  readonly defaultSort?: string;
  /** Default: ascending. */
  readonly defaultOrder?: "Ascending" | "Descending";
  /** Whether items can be deleted between two pages: then the next page continues where the item was. */
  readonly mayVanish?: boolean;
  /** Default size of a page. Default: the max. */
  readonly defaultSize?: number;
}

/** Pages of named resources, by default oldest first. Requests cannot sort by what their operation does not have. */
export const byTime = {
  key: ({ name }) => name,
  sorts: {
    CreationTime: ({ creationTime }) => creationTime,
    Name: ({ name }) => name,
    Status: ({ status = "" }) => status,
  },
  defaultSort: "CreationTime",
  mayVanish: true,
} satisfies Paging<Filtered>;

/** Max size of a page. Source: MaxResults. */
const maxSize = 100;

/** The place of an item in a list: what the list is sorted by, and the item's key. */
type Place = readonly [by: number | string, key: string];

/** @param ties whether keys decide between places that are otherwise equal */
function compare([left, leftKey]: Place, [right, rightKey]: Place, ties: boolean): number {
  const byKey = ties && leftKey !== rightKey ? (leftKey < rightKey ? -1 : 1) : 0;
  return left < right ? -1 : left > right ? 1 : byKey;
}

/** The place in a token; undefined if it has none, or one in another order. */
function placeIn(token: string, order: string): Place | undefined {
  try {
    const parts: unknown = JSON.parse(Buffer.from(token, "base64url").toString());
    return Array.isArray(parts) && parts[0] === order && typeof parts[2] === "string"
      ? ([parts[1], parts[2]] as Place)
      : undefined;
  } catch {
    return undefined;
  }
}

/**
 * A page of a list. The token is the place of the previous page's last item, so new and deleted items do not shift pages.
 * @throws ApiError if the token does not belong to this list
 */
export function pageOf<Item>(
  items: readonly Item[],
  request: PageRequest,
  paging: Paging<Item>,
): { readonly items: Item[]; readonly NextToken: string | undefined } {
  const { MaxResults: size = paging.defaultSize ?? maxSize, NextToken: token } = request;
  const by = request.SortBy ?? paging.defaultSort ?? "";
  const sort = paging.sorts?.[by];
  const direction = (request.SortOrder ?? paging.defaultOrder) === "Descending" ? -1 : 1;
  const order = `${by} ${direction}`;
  const sorted = [...items];
  const placeOf = (item: Item): Place => [sort?.(item) ?? "", paging.key(item)];
  if (sort !== undefined) {
    const ties = paging.mayVanish === true;
    sorted.sort((left, right) => direction * compare(placeOf(left), placeOf(right), ties));
  }
  let start = 0;
  if (token !== undefined) {
    const last = placeIn(token, order);
    start = sorted.findIndex((item) => paging.key(item) === last?.[1]) + 1;
    if (last === undefined || (start === 0 && paging.mayVanish !== true)) {
      throw invalid("The NextToken does not belong to this list.");
    }
    if (start === 0) {
      const next = sorted.findIndex((item) => direction * compare(placeOf(item), last, true) > 0);
      start = next === -1 ? sorted.length : next;
    }
  }
  const page = sorted.slice(start, start + size);
  const last = page.at(-1);
  return {
    items: page,
    NextToken:
      last !== undefined && start + size < sorted.length
        ? Buffer.from(JSON.stringify([order, ...placeOf(last)])).toString("base64url")
        : undefined,
  };
}

/** Common filters of list requests. */
export interface TimeFilters {
  readonly CreatedAfter?: Date | undefined;
  readonly CreatedBefore?: Date | undefined;
  readonly CreationTimeAfter?: Date | undefined;
  readonly CreationTimeBefore?: Date | undefined;
  readonly LastModifiedTimeAfter?: Date | undefined;
  readonly LastModifiedTimeBefore?: Date | undefined;
  readonly NameContains?: string | undefined;
  readonly StatusEquals?: string | undefined;
}

/** The members of an item that filters use; times are ISO 8601. */
export interface Filtered {
  readonly name: string;
  readonly creationTime: string;
  readonly lastModifiedTime?: string | undefined;
  readonly status?: string | undefined;
}

/**
 * The items that match the filters of a request.
 * @param from whether CreationTimeAfter is inclusive, as in lists of endpoints and models
 */
export function filtered<Item extends Filtered>(
  items: readonly Item[],
  request: TimeFilters,
  from: "after" | "from" = "after",
): readonly Item[] {
  const created = [
    request.CreationTimeAfter ?? request.CreatedAfter,
    request.CreationTimeBefore ?? request.CreatedBefore,
  ];
  const modified = [request.LastModifiedTimeAfter, request.LastModifiedTimeBefore];
  const between = (time: string, [after, before]: readonly (Date | undefined)[]): boolean =>
    (after === undefined || Date.parse(time) > after.getTime()) &&
    (before === undefined || Date.parse(time) < before.getTime());
  const isFirst = (time: string): boolean =>
    from === "from" && Date.parse(time) === created[0]?.getTime();
  const { NameContains: part, StatusEquals: status } = request;
  return items.filter(
    (item) =>
      (isFirst(item.creationTime) || between(item.creationTime, created)) &&
      between(item.lastModifiedTime ?? item.creationTime, modified) &&
      (part === undefined || item.name.toLowerCase().includes(part.toLowerCase())) &&
      (status === undefined || item.status === status),
  );
}
