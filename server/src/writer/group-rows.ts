/** What a decided group means for the database: rows to append and to project. */

import type { Decision } from "../core/decide.ts";
import type { Levels } from "../core/inventory/item.ts";
import type { OrderNote } from "../core/orders/order.ts";
import { formatOutcome } from "../core/outcome-text.ts";
import { hashEntries } from "../core/record/chain.ts";
import { partitionOf } from "../core/record/partition.ts";
import type { CatalogueRows } from "../journal/group-transaction.ts";
import type { GroupRows, HeadMove, StoredText, TotalChange } from "../journal/sql/append-group.ts";
import type { PlacedSku } from "../journal/sql/write-catalogue.ts";
import { movesPromised, type OrderRows } from "../journal/sql/write-orders.ts";
import type { AheadState } from "./ahead-state.ts";
import type { HeadBoard } from "./head-board.ts";
import { isRemembered, type Job, partitionsOf } from "./job.ts";
import type { KnownHead, MovedHead } from "./known-head.ts";
import type { StateCache } from "./state-cache.ts";

export interface PreparedGroup {
  readonly rows: GroupRows;
  readonly catalogue: CatalogueRows;
  readonly promised: OrderRows | null;
  readonly moved: readonly MovedHead[];
}

/**
 * @param jobs those that were decided, in order, with the decision's outcomes
 * @param ahead what it was decided on, when that was ahead; otherwise the cache at the locked heads
 */
export function prepareGroup(
  cache: StateCache,
  board: HeadBoard,
  jobs: readonly Job[],
  decision: Decision,
  nowMs: number,
  ahead: AheadState | null = null,
): PreparedGroup {
  const { draft } = decision;
  const { entries } = draft;
  const headOf = (partition: number): KnownHead => ahead?.head(partition) ?? knownHead(cache, partition);
  const hashes = hashEntries(entries, (partition) => headOf(partition).hash);
  const moves = new Map<number, HeadMove>();
  for (const [index, { partition, sequence, recordedAtMs }] of entries.entries()) {
    const { sequence: previousSequence, hash: previousHash, epoch } = headOf(partition);
    const move = { partition, previousSequence, previousHash, sequence, hash: hashes[index]!, recordedAtMs, epoch };
    moves.set(partition, move);
  }
  const moved = [...moves.values()].sort((a, b) => a.partition - b.partition);
  const results = jobs.flatMap(({ command, resultPartition }, index) => {
    const outcome = decision.outcomes[index]!;
    if (!isRemembered({ command }, outcome)) return [];
    const { key, requestHash, source } = command;
    return [{ partition: resultPartition, key, requestHash, outcome: formatOutcome(outcome), isKept: source !== null }];
  });
  // In one order everywhere: two servers that remember the same keys must not wait for each other.
  results.sort((a, b) => a.partition - b.partition || (a.key < b.key ? -1 : 1));
  const rows: GroupRows = {
    heads: moved,
    entries,
    hashes,
    texts: textsOf(decision),
    items: [...draft.items.values()],
    totals: totalsOf(draft.entries),
    results,
    // Written only when the group before it was, so those heads are there by then.
    headVector: board.vectorWith([...(ahead?.movedBefore ?? []), ...moved]),
    recordedAtMs: nowMs,
    reliance: ahead?.relianceOf(partitionsOf(jobs), moved) ?? null,
  };
  return { rows, catalogue: catalogueRows(cache, decision), promised: orderRows(jobs, decision, nowMs), moved };
}

function knownHead(cache: StateCache, partition: number): KnownHead {
  const head = cache.head(partition);
  if (head === null) throw new Error(`partition ${partition} was not locked`);
  return head;
}

function textsOf({ draft }: Decision): StoredText[] {
  const texts: StoredText[] = [];
  for (const [index, { text }] of draft.words.entries()) {
    if (text === null) continue;
    const { partition, sequence } = draft.entries[index]!;
    texts.push({ partition, sequence, salt: text.salt, reason: text.reason, reference: text.reference });
  }
  return texts;
}

/** Null when the group neither changes an order nor moves what is promised. */
function orderRows(jobs: readonly Job[], { draft, outcomes }: Decision, nowMs: number): OrderRows | null {
  if (draft.orders.size === 0 && draft.lines.size === 0) return null;
  const notes = new Map<string, OrderNote>();
  for (const [index, { command }] of jobs.entries()) {
    const outcome = outcomes[index]!;
    if ((command.kind === "reserve" || command.kind === "transfer") && outcome.kind === "order")
      notes.set(outcome.order.orderId, command.note);
  }
  return {
    orders: [...draft.orders.values()].map((order) => ({ order, note: notes.get(order.orderId) ?? null })),
    lines: [...draft.lines.values()],
    moving: draft.entries.filter(movesPromised),
    updatedAtMs: nowMs,
  };
}

function totalsOf(entries: Decision["draft"]["entries"]): TotalChange[] {
  const full: TotalChange[] = [];
  const totals = new Map<string, { partition: number; productId: string; delta: Levels }>();
  for (const { partition, productId, itemNumber, delta } of entries) {
    if (productId === null || itemNumber === null) continue;
    const last = totals.get(productId)?.delta;
    const sum = last === undefined ? delta : add(last, delta);
    // Beyond 2^53 - 1 the database adds up: a product may have several rows.
    if (!Object.values(sum).every(Number.isSafeInteger)) full.push(totals.get(productId)!);
    totals.set(productId, {
      partition,
      productId,
      delta: Object.values(sum).every(Number.isSafeInteger) ? sum : delta,
    });
  }
  return [...full, ...totals.values()];
}

const add = (a: Levels, b: Levels): Levels => ({
  onHand: a.onHand + b.onHand,
  reserved: a.reserved + b.reserved,
  unavailable: a.unavailable + b.unavailable,
  incoming: a.incoming + b.incoming,
});

/** SKUs that a product had before the group and that change hands in it, each with that product. */
function freedSkus(cache: StateCache, draft: Decision["draft"]): PlacedSku[] {
  const freed: PlacedSku[] = [];
  for (const { productId } of draft.products.values()) {
    const before = cache.product(partitionOf(productId, cache.partitionCount), productId) ?? null;
    if (before === null || before.life === "deleted" || !draft.skuChanges.has(before.document.sku)) continue;
    const { sku } = before.document;
    freed.push({ partition: partitionOf(sku, cache.partitionCount), sku, productId });
  }
  return freed;
}

function catalogueRows(cache: StateCache, { draft }: Decision): CatalogueRows {
  const products = [...draft.products.values()].map((product) => ({
    partition: partitionOf(product.productId, cache.partitionCount),
    product,
  }));
  const changes = [...draft.skuChanges].map(([sku, productId]) => ({
    partition: partitionOf(sku, cache.partitionCount),
    sku,
    productId,
  }));
  return {
    products,
    skusFreed: freedSkus(cache, draft),
    skusTaken: changes.flatMap(({ partition, sku, productId }) =>
      productId === null ? [] : [{ partition, sku, productId }],
    ),
    locations: [...draft.locations.values()],
    channels: [...draft.channels.values()],
    channelLevels: [...draft.channelLevels.values()].map((level) => ({
      level,
      before: draft.channelLevelBefore(level.partition, level.productId, level.channelId),
    })),
  };
}
