/**
 * What channels may sell: kept up with the items of a group, and told when a number changes.
 *
 * Of each product and channel there is one row, in the product's partition: the sum that its locations can sell, and the
 * number that was last told. A row follows each change of an item by the difference. Where there is none yet it is made
 * from all items; and when a channel or a location changes, rows are made anew by `decide-channel-refresh.ts`. Until then
 * a row may rest on locations that the channel had before, which is why it is held above zero.
 */
import { entryKinds } from "@onhand/protocol/vocabulary";
import { type Channel, type ChannelDocument, type ChannelLevel, channelAvailable } from "../catalogue/catalogue.ts";
import { availableOf, type Item } from "../inventory/item.ts";
import { type Cause, systemActor } from "../inventory/movement.ts";
import { limits } from "../limits.ts";
import { type Entry, noLevels } from "../record/entry.ts";
import { formatDetail } from "../record/entry-detail.ts";
import { partitionOf } from "../record/partition.ts";
import { channelLevelKey, type Draft } from "../state.ts";

/** Units that channels may sell of an item: available less its safety stock; none of one that is not in use. */
export const sellableOf = (item: Item | null): number =>
  item === null || item.life !== "active"
    ? 0
    : Math.min(limits.sellableUnitsMax, Math.max(0, availableOf(item) - item.safetyStock));

/** Whether a product is among those that a channel sells. */
export const sellsProduct = (document: ChannelDocument, productId: string): boolean =>
  document.products === null || document.products.includes(productId);

/** A product on a channel, with what the group changed of it. */
interface Change {
  readonly channel: Channel;
  readonly partition: number;
  readonly productId: string;
  more: number;
}

/** Brings the rows of all items and products that the group changed up to date, and tells each number that is another now. */
export function tellChannels(draft: Draft, nowMs: number): void {
  const changes = changesOf(draft);
  if (changes.size === 0) return;
  const causes = lastEntries(draft);
  for (const { channel, partition, productId, more } of changes.values()) {
    const { channelId } = channel;
    const row = draft.channelLevel(partition, productId, channelId);
    // A product that changed without an item has no number yet, and gets one with the first item that can be sold.
    if (row === null && more === 0) continue;
    const before = row?.sellable ?? sumOf(draft.itemsBefore(partition, productId, draft.locationsOfChannel(channel)));
    const cause = { ...causes.get(productId)!, actor: systemActor, source: null };
    const next = { partition, productId, channelId, sellable: Math.max(0, before + more) };
    putLevel(draft, cause, row, { ...next, available: toldOf(draft, channel, next) }, nowMs);
  }
}

function changesOf(draft: Draft): Map<string, Change> {
  const changes = new Map<string, Change>();
  const note = (channel: Channel, partition: number, productId: string, more: number): void => {
    const key = channelLevelKey(productId, channel.channelId);
    const known = changes.get(key);
    if (known === undefined) changes.set(key, { channel, partition, productId, more });
    else known.more += more;
  };
  for (const item of draft.items.values()) {
    const { partition, productId, locationId } = item;
    const more = sellableOf(item) - sellableOf(draft.itemBefore(partition, productId, locationId));
    if (more === 0) continue;
    for (const channel of draft.channelsSelling(productId, locationId)) note(channel, partition, productId, more);
  }
  // A product that is archived or comes back changes what is told, without a change of any item.
  for (const { productId } of draft.products.values()) {
    for (const channel of draft.channelsSelling(productId, null))
      note(channel, partitionOf(productId, draft.partitionCount), productId, 0);
  }
  return changes;
}

/** The last entry of each product in the group: what its numbers changed by. */
function lastEntries(draft: Draft): Map<string, Entry> {
  const last = new Map<string, Entry>();
  for (const entry of draft.entries) if (entry.productId !== null) last.set(entry.productId, entry);
  return last;
}

/** Units that channels may sell of some items together. */
export const sumOf = (items: readonly Item[]): number => items.reduce((sum, item) => sum + sellableOf(item), 0);

/** The number that a channel is told: none of a product that is not in use. */
export function toldOf(
  draft: Draft,
  channel: Channel,
  { partition, productId, sellable }: Pick<ChannelLevel, "partition" | "productId" | "sellable">,
): number {
  if (draft.product(partition, productId)?.life !== "active") return 0;
  return channelAvailable(channel.document, productId, sellable);
}

/**
 * Makes a row what it is now, with an entry when the number is another.
 * @param row what it was; null for the first
 * @returns how many entries that took: one or none
 */
export function putLevel(
  draft: Draft,
  cause: Cause,
  row: ChannelLevel | null,
  next: Omit<ChannelLevel, "toldSequence">,
  nowMs: number,
): 0 | 1 {
  const { partition, productId, channelId, sellable, available } = next;
  const previous = row?.available ?? 0;
  if (row !== null && row.sellable === sellable && previous === available) return 0;
  if (previous === available) {
    draft.putChannelLevel({ ...next, toldSequence: row?.toldSequence ?? 0 });
    return 0;
  }
  const sequence = draft.nextSequence(partition);
  const recordedAtMs = Math.max(nowMs, draft.head(partition).recordedAtMs);
  const entry: Entry = {
    partition,
    sequence,
    kind: entryKinds.channelAvailability,
    productId,
    locationId: null,
    itemNumber: null,
    previousSequence: null,
    version: 1,
    delta: noLevels,
    after: noLevels,
    safetyStock: 0,
    reorderPoint: null,
    movementType: 0,
    allowsNegative: false,
    occurredAtMs: recordedAtMs,
    recordedAtMs,
    actor: cause.actor,
    source: cause.source,
    requestId: cause.requestId,
    traceparent: cause.traceparent,
    parts: null,
    textCommitment: null,
    detail: formatDetail({ channelLevel: { channelId, sellable, available, previous } }),
  };
  draft.append(entry, { sku: draft.product(partition, productId)?.document.sku ?? null, text: null });
  draft.putChannelLevel({ ...next, toldSequence: sequence });
  return 1;
}
