/** What a verification finds: how far each partition was proven, and every fault with what was expected there. */

/** What can be wrong, and what that means. */
export const faultMeanings = {
  head: "the head is not that of the last entry, or its epoch is not the one that was recorded",
  anchor: "the journal does not lead through the position that was trusted",
  gap: "the numbers of the entries do not follow each other",
  hash: "the entry is not the one that was sealed here",
  time: "the entry was recorded before the one in front of it",
  value: "a column holds what no entry may hold",
  link: "the entry does not lead back to the entry of its item before it",
  version: "the version does not follow the one before",
  delta: "what moved is not the difference of the levels before and after",
  oversell: "the entry takes available below zero and has no right to",
  text: "the text is not the one that the entry is committed to",
  parts: "the entries of one change do not name each other",
  level: "the level row is not what its entries add up to",
  level_missing: "there are entries of the item, and no level row",
  level_unexpected: "there is a level row, and no entries of the item",
  total: "the product's total is not the sum of its items",
  unfounded: "the level row belongs to a product or location that does not exist",
  catalogue: "the product, location or channel is not what its last entry says",
  catalogue_missing: "there are entries of the product, location or channel, and no row",
  catalogue_unexpected: "there is a row of the product, location or channel, and no entries",
  counter: "reserved or incoming units are not those of the lines of orders",
  order: "the order is not what its last entry says",
  order_missing: "there are entries of the order, and no row",
  order_unexpected: "there is a row of the order, and no entries",
  line: "the line of the order is not what its last entry says",
  line_missing: "there are entries of the order's line, and no row",
  line_unexpected: "there is a row of the order's line, and no entries",
  channel_level: "what the channel may sell is not what it was told, or not what its locations have",
  checkpoint: "the checkpoint is not what the journal says of it",
  sku: "the table of SKUs and the products do not agree",
  floor: "the floor of the feed lies beyond the end of the partition",
  stray: "there are rows of a partition that does not exist",
} as const;
export type FaultKind = keyof typeof faultMeanings;

export interface Fault {
  readonly partition: number;
  readonly kind: FaultKind;
  /** Position of the entry at fault, or null when the fault is not an entry's. */
  readonly sequence: number | null;
  /** What else is at fault; absent fields do not apply. */
  readonly productId?: string;
  readonly locationId?: string;
  readonly sku?: string;
  readonly channelId?: string;
  readonly orderId?: string;
  /** Number of the order's line. */
  readonly line?: number;
  readonly expected: string;
  readonly found: string;
}

export interface PartitionReport {
  readonly partition: number;
  /** Position behind which checking began: 0, or that of the trusted anchor. */
  readonly fromSequence: number;
  /** Entries checked. */
  readonly entries: number;
  /** Position and hash (64 hex digits) of the last entry: with an intact journal, the next anchor. */
  readonly sequence: number;
  readonly hash: string;
  /** Faults found, those left out of the list included. */
  readonly faultCount: number;
}

export interface VerificationReport {
  /** True when not one fault was found. */
  readonly ok: boolean;
  readonly partitions: readonly PartitionReport[];
  /** By partition; of each the first bad entry first, then what is not about entries. At most `faultsMax` of each. */
  readonly faults: readonly Fault[];
  readonly faultCount: number;
}

export const reportLimits = {
  /** Faults of one partition that are listed; the others are only counted. */
  faultsMax: 100,
  /** Characters of what was expected or found; a document may be much longer. */
  valueCharactersMax: 300,
} as const;

/** Collects the faults of one partition. */
export class FaultList {
  readonly #partition: number;
  readonly #faults: Fault[] = [];
  count = 0;

  constructor(partition: number) {
    this.#partition = partition;
  }

  /** True when further faults would only be counted. */
  get isFull(): boolean {
    return this.#faults.length >= reportLimits.faultsMax;
  }

  add(kind: FaultKind, fault: Omit<Fault, "partition" | "kind">): void {
    this.count += 1;
    if (this.isFull) return;
    const [expected, found] = [shorten(fault.expected), shorten(fault.found)];
    this.#faults.push({ partition: this.#partition, kind, ...fault, expected, found });
  }

  /** Faults of entries in order of their positions, then the others in the order they were found. */
  list(): Fault[] {
    const position = (fault: Fault): number => fault.sequence ?? Number.POSITIVE_INFINITY;
    return [...this.#faults].sort((a, b) => Math.sign(position(a) - position(b)) || 0);
  }
}

const shorten = (text: string): string =>
  text.length <= reportLimits.valueCharactersMax ? text : `${text.slice(0, reportLimits.valueCharactersMax)}…`;

/** One line for people: where, what, and what was expected. */
export function describeFault(fault: Fault): string {
  const names = [
    ["entry", fault.sequence],
    ["product", fault.productId],
    ["location", fault.locationId],
    ["SKU", fault.sku],
    ["channel", fault.channelId],
    ["order", fault.orderId],
    ["line", fault.line],
  ].filter(([, value]) => value !== null && value !== undefined);
  const where = [["partition", fault.partition], ...names].map((pair) => pair.join(" ")).join(", ");
  return `${where}: ${faultMeanings[fault.kind]} (expected ${fault.expected}, found ${fault.found})`;
}
