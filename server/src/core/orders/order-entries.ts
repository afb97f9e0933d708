/**
 * Entries of orders: those that move an item for a line, and those that tell of the order itself. All of a change are
 * planned before the first is appended, for each names where all of them lie (see `parts.ts`), and a refusal leaves none.
 */
import type { EntryKind, MovementType } from "@onhand/protocol/vocabulary";
import type { EntryText } from "../command.ts";
import type { Item, ItemExtras, Levels } from "../inventory/item.ts";
import { type Cause, move } from "../inventory/movement.ts";
import { type Entry, noLevels } from "../record/entry.ts";
import { type EntryDetail, formatDetail } from "../record/entry-detail.ts";
import { formatParts } from "../record/parts.ts";
import { type Draft, type ItemPlace, itemKey } from "../state.ts";
import { retold, type StockOrder, type StockOrderLine } from "./order.ts";

/** One entry to be. */
export type OrderStep = ItemStep | HeaderStep;

/** Moves one item, for one line. */
export interface ItemStep {
  readonly subject: "item";
  readonly place: ItemPlace;
  readonly kind: EntryKind;
  readonly movementType: MovementType;
  readonly delta: Levels;
  /** The line before this step; null when it makes the line. */
  readonly before: StockOrderLine | null;
  /** The line after this step. */
  readonly line: StockOrderLine;
  /** The order as the command leaves it: in the first entry of an order, and once in each partition where it changed. */
  readonly order?: StockOrder;
  /** What else the entry says. */
  readonly detail?: Pick<EntryDetail, "moved" | "contained" | "review">;
  readonly extras?: ItemExtras;
  /** Null: when it is recorded. */
  readonly occurredAtMs?: number | null;
  readonly allowsNegative?: boolean;
  readonly sku: string;
  readonly text: EntryText | null;
}

/** Tells in one partition how the order itself changed; no item moves. */
export interface HeaderStep {
  readonly subject: "order";
  readonly kind: EntryKind;
  readonly partition: number;
  /** The order after the change. */
  readonly order: StockOrder;
  /** The line that names the entry's product and location: the first that the order has in the partition. */
  readonly first: StockOrderLine;
  /** The order's lines in the partition that the change concerns, each before and after it. */
  readonly lines: readonly { readonly before: StockOrderLine; readonly after: StockOrderLine }[];
  readonly sku: string;
  readonly text: EntryText | null;
}

/**
 * Appends the entries of one change, in order, with what they make of items, lines and orders. Nothing is checked.
 * @returns the items that they moved, each once, as they are afterwards
 */
export function applySteps(draft: Draft, cause: Cause, steps: readonly OrderStep[], nowMs: number): readonly Item[] {
  const [first] = steps;
  if (steps.length === 1 && first!.subject === "item") return [applyItemStep(draft, cause, first!, null, nowMs)];
  const parts = partsOf(draft, steps);
  const items = new Map<string, Item>();
  for (const step of steps) {
    if (step.subject === "order") applyHeaderStep(draft, cause, step, parts, nowMs);
    else {
      const item = applyItemStep(draft, cause, step, parts, nowMs);
      items.set(itemKey(item.productId, item.locationId), item);
    }
  }
  return [...items.values()];
}

/**
 * Plans what tells of a change of the order itself: an entry in each partition where a line is concerned, and always one
 * in the partition of its id. Each concerned line takes over phase and expiry of the order.
 * @param order after the change
 * @param lines all lines of the order, in order
 * @param isConcerned which of them the change concerns
 */
export function planHeaders(
  draft: Draft,
  kind: EntryKind,
  order: StockOrder,
  lines: readonly StockOrderLine[],
  isConcerned: (line: StockOrderLine) => boolean,
  text: EntryText | null,
): HeaderStep[] {
  const { phase, expiresAtMs } = order;
  const steps: HeaderStep[] = [];
  for (const partition of order.partitions) {
    const here = lines.filter((line) => line.partition === partition);
    const concerned = here.filter(isConcerned);
    if (concerned.length === 0 && partition !== order.partition) continue;
    const first = here[0]!;
    steps.push({
      subject: "order",
      kind,
      partition,
      order,
      first,
      lines: concerned.map((before) => ({ before, after: { ...before, phase, expiresAtMs } })),
      sku: skuOf(draft, first),
      text,
    });
  }
  return steps;
}

/** SKU of a line's product as it is now. */
export const skuOf = (draft: Draft, line: Pick<StockOrderLine, "partition" | "productId">): string =>
  draft.product(line.partition, line.productId)?.document.sku ?? "";

const partitionOfStep = (step: OrderStep): number => (step.subject === "item" ? step.place.partition : step.partition);

function partsOf(draft: Draft, steps: readonly OrderStep[]): string | null {
  if (steps.length < 2) return null;
  const next = new Map<number, number>();
  const positions = steps.map((step) => {
    const partition = partitionOfStep(step);
    const sequence = next.get(partition) ?? draft.nextSequence(partition);
    next.set(partition, sequence + 1);
    return { partition, sequence };
  });
  return formatParts(positions);
}

function applyItemStep(draft: Draft, cause: Cause, step: ItemStep, parts: string | null, nowMs: number): Item {
  const { place, before, line, order } = step;
  const isMade = before === null;
  const said = order === undefined ? { line } : { line, order: isMade ? order : retold(order) };
  const detail = step.detail === undefined ? said : { ...said, ...step.detail };
  const item = move(draft, cause, place, { ...step, detail, parts }, nowMs);
  draft.putLine(before, line);
  if (order !== undefined) draft.putOrder(order);
  return item;
}

function applyHeaderStep(draft: Draft, cause: Cause, step: HeaderStep, parts: string | null, nowMs: number): void {
  const { partition, order, first, lines, text } = step;
  const recordedAtMs = Math.max(nowMs, draft.head(partition).recordedAtMs);
  const entry: Entry = {
    partition,
    sequence: draft.nextSequence(partition),
    kind: step.kind,
    productId: first.productId,
    locationId: first.locationId ?? first.toLocationId,
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
    parts,
    textCommitment: text?.commitment ?? null,
    detail: formatDetail({ order: retold(order), lines: lines.map(({ after }) => after.line) }),
  };
  draft.append(entry, { sku: step.sku, text });
  for (const { before, after } of lines) draft.putLine(before, after);
  draft.putOrder(order);
}
