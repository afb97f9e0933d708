/** Which events a reader wants. An empty list asks for everything; lists are alternatives, fields must all hold. */
export interface FeedFilter {
  readonly productIds: readonly string[];
  readonly skus: readonly string[];
  /** Holds for events of an item at one of the locations, and of the locations themselves. */
  readonly locationIds: readonly string[];
  /** As `locationIds`, by a group that the location belongs to when the event is read. */
  readonly locationGroups: readonly string[];
  /** Holds for what these channels may sell, and for the channels themselves; for no other event. */
  readonly channelIds: readonly string[];
  /** CloudEvents types, or the start of some with a star behind it: `inventory.*`. */
  readonly types: readonly string[];
}

export const everything: FeedFilter = {
  productIds: [],
  skus: [],
  locationIds: [],
  locationGroups: [],
  channelIds: [],
  types: [],
};

/** What a filter looks at. */
export interface FilterSubject {
  readonly type: string;
  readonly productId: string | null;
  readonly sku: string | null;
  readonly locationId: string | null;
  readonly locationGroups: readonly string[];
  readonly channelId: string | null;
}

export type FilterTest = (subject: FilterSubject) => boolean;

const among = (wanted: readonly string[]): ((value: string | null) => boolean) => {
  if (wanted.length === 0) return () => true;
  const set = new Set(wanted);
  return (value) => value !== null && set.has(value);
};

function amongTypes(wanted: readonly string[]): (type: string) => boolean {
  if (wanted.length === 0) return () => true;
  const whole = new Set(wanted.filter((type) => !type.endsWith("*")));
  const starts = wanted.filter((type) => type.endsWith("*")).map((type) => type.slice(0, -1));
  return (type) => whole.has(type) || starts.some((start) => type.startsWith(start));
}

/** @returns a test for events, or null when the filter lets everything pass */
export function compileFilter(filter: FeedFilter): FilterTest | null {
  if (Object.values(filter).every((list: readonly string[]) => list.length === 0)) return null;
  const product = among(filter.productIds);
  const sku = among(filter.skus);
  const location = among(filter.locationIds);
  const channel = among(filter.channelIds);
  const groups = new Set(filter.locationGroups);
  const type = amongTypes(filter.types);
  return (subject) =>
    type(subject.type) &&
    product(subject.productId) &&
    sku(subject.sku) &&
    location(subject.locationId) &&
    channel(subject.channelId) &&
    (groups.size === 0 || subject.locationGroups.some((group) => groups.has(group)));
}
