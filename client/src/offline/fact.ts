/** What happened at a device, and how it is written into its log. Pure. */
import type { callerMovementTypes, unsellableStates } from "@onhand/protocol/vocabulary";
import type { Call, WriteOptions } from "../call.ts";
import { type ItemName, itemNamed } from "./order.ts";
import type { Fact, StoredCommand, StoredLine } from "./store.ts";

interface FactNames {
  /** The product by its id, its SKU, or a code of the source that the queue was opened with. */
  readonly productId?: string | undefined;
  readonly sku?: string | undefined;
  readonly productCode?: string | undefined;
  /** The location by its id or a code; the queue's own when neither is there. */
  readonly locationId?: string | undefined;
  readonly locationCode?: string | undefined;
  /** By the device's clock: a date, or RFC 3339; now when absent. */
  readonly occurredAt?: Date | string | undefined;
  /** Erasable text. */
  readonly reason?: string | undefined;
  readonly reference?: string | undefined;
  /** A name of your own that is used once in the life of the device; one is made when absent. */
  readonly operationId?: string | undefined;
}

/** Stock that moved. */
export interface NewAdjustment extends FactNames {
  readonly adjustment: number;
  readonly type?: (typeof callerMovementTypes)[number] | undefined;
  readonly state?: (typeof unsellableStates)[number] | undefined;
}

/** Stock that was counted. */
export interface NewCount extends FactNames {
  readonly stockLevel: number;
}

/** Something that happened: it is told to the server, and not asked of it. */
export type NewFact = NewAdjustment | NewCount;

/** @param locationId of facts that name none @throws TypeError, RangeError for what cannot be sent */
export function factOf(fact: NewFact, nowMs: number, locationId: string | undefined): Fact {
  const { occurredAt, operationId: _, ...fields } = fact;
  if (fields.productId === undefined && fields.sku === undefined && fields.productCode === undefined)
    throw new TypeError("name the product: productId, sku or productCode");
  const isPlaced = fields.locationId !== undefined || fields.locationCode !== undefined;
  if (!isPlaced && locationId === undefined)
    throw new TypeError("name the location: locationId or locationCode, or device.locationId for the whole queue");
  const { adjustment, stockLevel } = fields as Partial<NewAdjustment & NewCount>;
  if ((adjustment === undefined) === (stockLevel === undefined))
    throw new TypeError("say what happened: adjustment, or the stockLevel that was counted");
  if (!Number.isSafeInteger(adjustment ?? stockLevel)) throw new RangeError("a quantity must be a whole number");
  const place = isPlaced ? {} : { locationId };
  return { ...fields, ...place, occurredAt: timeOf(occurredAt ?? new Date(nowMs)) } as Fact;
}

const timeOf = (time: Date | string): string => (typeof time === "string" ? time : time.toISOString());

/** Fields of an adjustment that a line of a log can tell; any other one asks for something, such as a guard. */
const told = new Set(["productId", "sku", "locationId", "adjustment", "type", "state", "reason", "reference"]);

/** @returns the fact that an adjustment tells; null when it asks for more than to be recorded */
export function factOfCall(call: Call, { idempotencyKey, ifMatch }: WriteOptions, nowMs: number): Fact | null {
  if (call.method !== "POST" || call.path !== "/v1/inventory") return null;
  // Who names a key or a version asks for what only those can give.
  if (idempotencyKey !== undefined || ifMatch !== undefined) return null;
  const { timestamp, allowNegative, device: _, ...fields } = (call.body ?? {}) as Record<string, unknown>;
  const isTold = Object.entries(fields).every(([name, value]) => value === undefined || told.has(name));
  if (!isTold || allowNegative === false || !Number.isSafeInteger(fields.adjustment)) return null;
  if (itemNamed(fields) === null || !(timestamp === undefined || typeof timestamp === "string")) return null;
  return { ...fields, occurredAt: timestamp ?? new Date(nowMs).toISOString() } as Fact;
}

/** Keys as the library makes them; any other one was named by the caller. */
const madeKey = /^[0-9a-f]{32}$/;

/**
 * @returns the line that a command of an older store becomes; null for one that asks, and for one that was sent, which
 *   the server may remember under its key
 */
export function lineOfCommand(command: StoredCommand): StoredLine | null {
  const { id, idempotencyKey, call, ifMatch, state, storedAtMs } = command;
  if (state !== "pending" || ifMatch !== null || !madeKey.test(idempotencyKey)) return null;
  const fact = factOfCall(call, {}, storedAtMs);
  return fact === null ? null : newLine(id, idempotencyKey, fact, storedAtMs);
}

/** A line that was never sent. */
export const newLine = (id: number, operationId: string, fact: Fact, storedAtMs: number): StoredLine => ({
  kind: "line",
  id,
  operationId,
  fact,
  sequence: null,
  state: "pending",
  storedAtMs,
  problem: null,
});

/** A line as it is sent. */
export const operationOf = ({ sequence, operationId, fact }: StoredLine): Record<string, unknown> => ({
  sequence,
  operationId,
  ...fact,
});

/** The item of a fact; what is named by a code may be any. */
export const itemOfFact = (fact: Fact): ItemName => itemNamed(fact) ?? { kind: "other", name: "log" };
