/**
 * What a command makes of a transfer or supply, before any of it is recorded: steps lie on top of each other, and one
 * thing that is wrong leaves none of them. Times that lie before a count are seen to here, for every step alike.
 */
import { type EntryKind, type MovementType, quantityMax, type UnsellableState } from "@onhand/protocol/vocabulary";
import type { EntryText } from "../command.ts";
import { contain } from "../inventory/containment.ts";
import { availableOf, type Item, type ItemExtras, type Levels } from "../inventory/item.ts";
import { withUnits } from "../inventory/item-extras.ts";
import { type Cause, newItem } from "../inventory/movement.ts";
import type { StockOrder, StockOrderLine } from "../orders/order.ts";
import { foremost } from "../orders/order-checks.ts";
import { applySteps, type HeaderStep, type ItemStep, skuOf } from "../orders/order-entries.ts";
import type { CountedLeg, OrderOutcome, Outcome } from "../outcome.ts";
import type { Rejection } from "../rejection.ts";
import { type Draft, type ItemPlace, itemKey } from "../state.ts";

/** Where a request names a line: what a refusal points to. */
export interface Named {
  /** Position in the request, from 0; 0 where it names none. */
  readonly index: number;
  readonly pointer: string;
}

/** One item that moves for a line. */
export interface Leg {
  readonly kind: EntryKind;
  readonly movementType: MovementType;
  readonly locationId: string;
  /** What moves, as it was said: what a count contains of it is found here. */
  readonly moved: Partial<Omit<Levels, "unavailable">>;
  /** State that units on hand arrive in; null or absent: sellable. */
  readonly state?: UnsellableState | null;
}

export class TransferPlan {
  readonly #draft: Draft;
  readonly #text: EntryText | null;
  readonly #occurredAtMs: number | null;
  readonly #headers: HeaderStep[] = [];
  readonly #steps: ItemStep[] = [];
  readonly #lines = new Map<number, StockOrderLine>();
  /** Items as the steps so far leave them, with their levels and extras right. */
  readonly #items = new Map<string, Item>();
  #refusal: Rejection | null = null;

  constructor(
    draft: Draft,
    lines: readonly StockOrderLine[],
    command: { readonly text: EntryText | null; readonly occurredAtMs: number | null },
  ) {
    this.#draft = draft;
    this.#text = command.text;
    this.#occurredAtMs = command.occurredAtMs;
    for (const line of lines) this.#lines.set(line.line, line);
  }

  /** Lines as the steps so far leave them, in order. */
  get lines(): readonly StockOrderLine[] {
    return [...this.#lines.values()];
  }

  line(number: number): StockOrderLine | undefined {
    return this.#lines.get(number);
  }

  /** The first in the order of precedence of what is wrong; null when nothing is. */
  get refusal(): Rejection | null {
    return this.#refusal;
  }

  /** Whether units move at all. */
  get moves(): boolean {
    return this.#steps.length > 0;
  }

  /** Nothing will be recorded; what else is wrong is still looked for, as a more important reason goes first. */
  refuse(rejection: Rejection | null): void {
    this.#refusal = foremost(this.#refusal, rejection);
  }

  /** Tells of a change of the order itself, in front of what moves. */
  tell(headers: readonly HeaderStep[]): void {
    this.#headers.push(...headers);
  }

  /**
   * Adds what one item comes to.
   * @param line the line after this leg
   * @param order in the first leg of a new order
   */
  add(line: StockOrderLine, leg: Leg, named: Named, order?: StockOrder): void {
    const { partition, productId } = line;
    const place = { partition, productId, locationId: leg.locationId };
    const before = this.#itemAt(place);
    const { onHand, ...kept } = contain(before, leg.moved.onHand ?? 0, this.#occurredAtMs);
    const { state = null } = leg;
    // A count contains units on hand, not the states that they are in.
    const unavailable = state === null ? 0 : (leg.moved.onHand ?? 0);
    const { reserved = 0, incoming = 0 } = leg.moved;
    // + 0 turns a negative zero into zero.
    const delta = { onHand: onHand + 0, reserved: reserved + 0, unavailable, incoming: incoming + 0 };
    const extras = state === null ? before.extras : withUnits(before.extras, state, unavailable);
    const after = added(before, delta, extras);
    if (!isInRange(after) || line.surplus > quantityMax) this.refuse(outOfRange(named));
    this.#steps.push({
      subject: "item",
      place,
      kind: leg.kind,
      movementType: leg.movementType,
      delta,
      before: this.#lines.get(line.line) ?? null,
      line,
      ...(order === undefined ? {} : { order }),
      detail: kept,
      ...(state === null ? {} : { extras }),
      occurredAtMs: this.#occurredAtMs,
      // What has arrived has arrived: that it is damaged may leave others without the units they were promised.
      allowsNegative: unavailable > onHand,
      sku: skuOf(this.#draft, line),
      text: this.#text,
    });
    this.#items.set(itemKey(productId, leg.locationId), after);
    this.#lines.set(line.line, line);
  }

  /** Records all of it, or says why not. @param orderId of the order, which may be new */
  finish(cause: Cause, orderId: string, nowMs: number): Outcome {
    if (this.#refusal !== null) return { kind: "rejected", rejection: this.#refusal };
    const draft = this.#draft;
    const steps = [...this.#headers, ...this.#steps];
    const items = steps.length === 0 ? [] : applySteps(draft, cause, steps, nowMs);
    const counted = this.#steps.flatMap(countedOf);
    return { ...outcomeOf(draft, orderId, items, nowMs), ...(counted.length === 0 ? {} : { counted }) };
  }

  #itemAt(place: ItemPlace): Item {
    const { partition, productId, locationId } = place;
    const planned = this.#items.get(itemKey(productId, locationId));
    if (planned !== undefined) return planned;
    const stored = this.#draft.item(partition, productId, locationId);
    // A deleted item comes back without what it was set to.
    return stored === null || stored.life === "deleted" ? newItem(place, 0) : stored;
  }
}

function added(item: Item, delta: Levels, extras: ItemExtras): Item {
  return {
    ...item,
    onHand: item.onHand + delta.onHand,
    reserved: item.reserved + delta.reserved,
    unavailable: item.unavailable + delta.unavailable,
    incoming: item.incoming + delta.incoming,
    extras,
  };
}

function countedOf({ line: { line }, place: { locationId }, detail }: ItemStep): CountedLeg[] {
  const { contained, review } = detail ?? {};
  if (contained === undefined && review === undefined) return [];
  return [{ line, locationId, ...(contained && { contained }), ...(review !== undefined && { review }) }];
}

const isInRange = (item: Item): boolean =>
  [item.onHand, item.reserved, item.unavailable, item.incoming, availableOf(item)].every(
    (units) => Math.abs(units) <= quantityMax,
  );

const outOfRange = ({ index, pointer }: Named): Rejection => ({
  code: "validation_failed",
  line: index,
  pointer,
  detail: `A level would leave the range of ±${quantityMax}. Check the quantity.`,
});

function outcomeOf(draft: Draft, orderId: string, items: readonly Item[], nowMs: number): OrderOutcome {
  const lines = draft.orderLines(orderId);
  return {
    kind: "order",
    order: draft.order(orderId)!,
    lines,
    skus: lines.map((line) => skuOf(draft, line)),
    items,
    decidedAtMs: nowMs,
    superseded: [],
    isDryRun: false,
    latePayment: null,
  };
}
