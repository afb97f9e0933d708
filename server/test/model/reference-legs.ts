/** Reference model of transfers: each way that units of a line can go, one entry for each place that they leave or reach. */
import { type EntryKind, entryKinds, type MovementType, type UnsellableState } from "@onhand/protocol/vocabulary";
import type { TransferActionCommand } from "../../src/core/command.ts";
import type { StockOrder } from "../../src/core/orders/order.ts";
import { movementBesideCount } from "./reference-counts.ts";
import { moveLine } from "./reference-movement.ts";
import type { Fault } from "./verdict.ts";
import { bareExtras, linesOf, type ModelLine, stateFields, visibleItem, type World } from "./world.ts";

export interface Legs {
  /** Where it is tried. */
  readonly world: World;
  readonly command: TransferActionCommand;
  readonly order: StockOrder;
  readonly nowMs: number;
  readonly faults: Fault[];
}

/** Units that have come to no end yet. */
export const open = (line: ModelLine): bigint => line.held + line.incoming;

const lineOf = ({ world, order }: Legs, line: number): ModelLine =>
  linesOf(world, order.orderId).find((one) => one.line === line)!;

interface Leg {
  readonly kind: EntryKind;
  readonly movementType: MovementType;
  readonly locationId: string;
  readonly onHand?: bigint;
  readonly reserved?: bigint;
  readonly incoming?: bigint;
  readonly state?: UnsellableState | null;
}

function go(legs: Legs, leg: Leg, after: ModelLine): void {
  const { world, command, nowMs } = legs;
  const { productId } = after;
  const { state = null, onHand: said = 0n, ...rest } = leg;
  const item = visibleItem(world, productId, leg.locationId);
  const { onHand, contained, review } = movementBesideCount(item, said, command.occurredAtMs);
  const extras = item?.extras ?? bareExtras;
  const unavailable = state === null ? 0n : said;
  const more = state === null ? extras : { ...extras, [stateFields[state]]: extras[stateFields[state]] + said };
  const movement = {
    ...rest,
    productId,
    onHand,
    unavailable,
    extras: more,
    // It is there, and it is broken: a fact, whoever was promised it.
    allowsNegative: unavailable > onHand,
    occurredAtMs: command.occurredAtMs,
    text: command.text,
    detail: { ...(contained === null ? {} : { contained }), ...(review ? { review: "…" } : {}) },
  };
  moveLine(world, command, movement, after, nowMs);
}

const wayOf = ({ order }: Legs): MovementType => (order.kind === "transfer" ? "transfer" : "supply");

export function ship(legs: Legs, number: number, units: bigint): void {
  const line = lineOf(legs, number);
  const after = { ...line, held: line.held - units, incoming: line.incoming + units };
  const movementType = "transfer";
  const { fromLocationId, toLocationId } = legs.order;
  const { inventoryShipped, inventoryExpected } = entryKinds;
  go(
    legs,
    { kind: inventoryShipped, movementType, locationId: fromLocationId!, onHand: -units, reserved: -units },
    after,
  );
  go(legs, { kind: inventoryExpected, movementType, locationId: toLocationId!, incoming: units }, after);
}

export function receive(legs: Legs, number: number, units: bigint, state: UnsellableState | null): void {
  const line = lineOf(legs, number);
  const expected = units < line.incoming ? units : line.incoming;
  const after = {
    ...line,
    incoming: line.incoming - expected,
    done: line.done + expected,
    surplus: line.surplus + units - expected,
  };
  const kind = entryKinds.inventoryReceived;
  const locationId = legs.order.toLocationId!;
  go(legs, { kind, movementType: wayOf(legs), locationId, onHand: units, incoming: -expected, state }, after);
}

/** What is on its way of a line will not come. */
export function lose(legs: Legs, number: number): void {
  const line = lineOf(legs, number);
  if (line.incoming === 0n) return;
  const after = { ...line, incoming: 0n, dropped: line.dropped + line.incoming, end: "lost" as const };
  const locationId = legs.order.toLocationId!;
  go(legs, { kind: entryKinds.inventoryCancelled, movementType: "loss", locationId, incoming: -line.incoming }, after);
}

/** Units that are held stay where they are; those on their way go back to where they came from, if it is ours. */
export function cancel(legs: Legs, number: number, units: bigint): void {
  const line = lineOf(legs, number);
  const kept = units < line.held ? units : line.held;
  const recalled = units - kept;
  const { fromLocationId, toLocationId } = legs.order;
  const end = "cancelled" as const;
  const keptAfter = { ...line, held: line.held - kept, dropped: line.dropped + kept, end };
  const { inventoryReleased, inventoryCancelled, inventoryReceived } = entryKinds;
  if (kept > 0n) {
    const leg = { kind: inventoryReleased, movementType: wayOf(legs), locationId: fromLocationId!, reserved: -kept };
    go(legs, leg, keptAfter);
  }
  if (recalled === 0n) return;
  const after = { ...keptAfter, incoming: line.incoming - recalled, dropped: keptAfter.dropped + recalled };
  const movementType = wayOf(legs);
  go(legs, { kind: inventoryCancelled, movementType, locationId: toLocationId!, incoming: -recalled }, after);
  if (fromLocationId === null) return;
  go(legs, { kind: inventoryReceived, movementType, locationId: fromLocationId, onHand: recalled }, after);
}
