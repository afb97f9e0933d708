/** Makes commands from what callers send about reservations, transfers and supplies. */
import { hash } from "node:crypto";
import {
  type CancelOrder,
  type CommitReservation,
  type CreateReservation,
  type CreateSupply,
  type CreateTransfer,
  orderRequestLimits,
  type ReceiveUnits,
  type RescheduleOrder,
  type ShipTransfer,
} from "@onhand/protocol/order-requests";
import type { UnsellableState } from "@onhand/protocol/vocabulary";
import type {
  HoldLimits,
  OrderLines,
  ProductName,
  ReservationAction,
  ReservationCommand,
  ReserveCommand,
  TransferAction,
  TransferActionCommand,
  TransferCommand,
} from "../core/command.ts";
import { limits } from "../core/limits.ts";
import { type OrderNote, orderLimits } from "../core/orders/order.ts";
import { parseRfc3339Ms } from "../lib/rfc3339.ts";
import { textOf } from "./entry-text.ts";
import { originOf, type RequestContext } from "./request-context.ts";

if (orderRequestLimits.linesMax > orderLimits.linesMax || orderLimits.linesMax > limits.groupEntriesMax)
  throw new Error("a request must fit into an order, and an order into a group");
if (orderRequestLimits.ttlSecondsMax > orderLimits.ttlSecondsMax)
  throw new Error("what a request may ask for must be decided");

const buyerKeyDigits = 32;
const defaultSourcing = "priority";

/** What a caller says beside what is to happen. */
interface Words {
  readonly reference?: string;
  readonly reason?: string;
}

/** Digest by which a caller's newer holds of a buyer find the older ones; buyers of two keys are never the same. */
export const buyerKeyOf = (keyId: string, buyer: string): string =>
  hash("sha256", `${keyId}\n${buyer}`, "hex").slice(0, buyerKeyDigits);

/** What was looked up before a reservation is decided: none of it is part of what was asked. */
export interface ReserveContext {
  /** Products of the lines, in order. */
  readonly products: readonly ProductName[];
  readonly limits: HoldLimits;
  /** Further partitions to lock: older reservations of the buyer lie there. */
  readonly alsoPartitions: readonly number[];
  /** Lines in which these hold units. */
  readonly olderLines: number;
}

/** The command that a new reservation is. */
export function reserveCommand(
  context: RequestContext,
  body: CreateReservation,
  found: ReserveContext,
): ReserveCommand {
  const { products, limits: holdLimits, alsoPartitions, olderLines } = found;
  const lines = body.lines.map((line, index) => ({
    ...products[index]!,
    locationId: line.locationId ?? null,
    locationGroup: line.locationGroup ?? null,
    quantity: line.quantity,
  }));
  const asked = {
    policy: body.policy === "partial" ? ("partial" as const) : ("all" as const),
    sourcing: body.sourcing?.policy ?? defaultSourcing,
    priorities: body.sourcing?.priorities ?? [],
    ttlMs: (body.ttlSeconds ?? orderRequestLimits.ttlSecondsDefault) * 1000,
    channelId: body.channelId ?? null,
    buyerKey: body.buyer === undefined ? null : buyerKeyOf(context.principal.keyId, body.buyer),
    supersedes: body.supersede === true,
    isDryRun: body.dryRun === true,
    note: noteOf(body),
  };
  const content = [
    "reserve",
    lines.map((line) => [...nameOf(line), line.locationId, line.locationGroup, line.quantity]),
    [asked.policy, asked.sourcing, asked.priorities, asked.ttlMs, asked.channelId],
    [asked.buyerKey, asked.supersedes, asked.isDryRun, asked.note],
  ];
  return {
    kind: "reserve",
    lines,
    ...asked,
    alsoPartitions,
    olderLines,
    limits: holdLimits,
    text: textOf(body.reason, body.reference),
    ...originOf(context, context.idempotencyKey, content),
  };
}

/** The order that something is done with; what is said here of it never changes. */
export interface OrderAddress {
  readonly orderId: string;
  readonly partitions: readonly number[];
  readonly lineCount: number;
}

/** The command that something done with a reservation is. */
export function reservationCommand(
  context: RequestContext,
  { orderId, partitions, lineCount }: OrderAddress,
  action: ReservationAction,
  words: Words,
): ReservationCommand {
  const content = ["reservation", orderId, action, words.reason, words.reference];
  return {
    kind: "reservation",
    orderId,
    partitions,
    lineCount,
    action,
    text: textOf(words.reason, words.reference),
    ...originOf(context, context.idempotencyKey, content),
  };
}

/** Sells what is held. */
export const commitAction = (body: CommitReservation): ReservationAction => ({
  kind: "commit",
  lines: chosen(body.lines),
  releasesRest: body.releaseRest === true,
  retakes: body.ifExpired === "retake",
});

/** Gives back what is held. */
export const releaseAction = (body: { readonly lines?: CommitReservation["lines"] }): ReservationAction => ({
  kind: "release",
  lines: chosen(body.lines),
});

/** Holds for longer, from the decision on. */
export const extendAction = (ttlSeconds: number): ReservationAction => ({ kind: "extend", ttlMs: ttlSeconds * 1000 });

/** Payment has begun, and gets time of its own. */
export const payAction = (ttlSeconds: number = orderRequestLimits.paymentTtlSecondsDefault): ReservationAction => ({
  kind: "pay",
  ttlMs: ttlSeconds * 1000,
});

/** The command that a new transfer is. @param products of the lines, in order */
export function transferCommand(
  context: RequestContext,
  body: CreateTransfer,
  products: readonly ProductName[],
): TransferCommand {
  const { fromLocationId, toLocationId } = body;
  return makeCommand(context, { order: "transfer", fromLocationId, toLocationId }, body, products);
}

/** The command that a new supply is. @param products of the lines, in order */
export function supplyCommand(
  context: RequestContext,
  body: CreateSupply,
  products: readonly ProductName[],
): TransferCommand {
  return makeCommand(context, { order: "supply", fromLocationId: null, toLocationId: body.locationId }, body, products);
}

function makeCommand(
  context: RequestContext,
  way: Pick<TransferCommand, "order" | "fromLocationId" | "toLocationId">,
  body: CreateTransfer | CreateSupply,
  products: readonly ProductName[],
): TransferCommand {
  const lines = body.lines.map(({ quantity }, index) => ({ ...products[index]!, quantity }));
  const expectedAtMs = momentOf(body.expectedAt);
  const note = noteOf(body);
  const { order, fromLocationId, toLocationId } = way;
  const named = lines.map((line) => [...nameOf(line), line.quantity]);
  const content = [order, fromLocationId, toLocationId, expectedAtMs, named, note];
  return {
    kind: "transfer",
    ...way,
    expectedAtMs,
    lines,
    note,
    text: textOf(body.reason, body.reference),
    ...originOf(context, context.idempotencyKey, content),
  };
}

/** Something that is done with a transfer or supply. @param timestamp when it happened; now when absent */
export function transferActionCommand(
  context: RequestContext,
  order: "transfer" | "supply",
  { orderId, partitions, lineCount }: OrderAddress,
  action: TransferAction,
  words: Words & { readonly timestamp?: string },
): TransferActionCommand {
  const occurredAtMs = words.timestamp === undefined ? null : parseRfc3339Ms(words.timestamp);
  const content = ["transfer-action", orderId, action, occurredAtMs, words.reason, words.reference];
  return {
    kind: "transfer-action",
    orderId,
    order,
    partitions,
    lineCount,
    action,
    occurredAtMs,
    text: textOf(words.reason, words.reference),
    ...originOf(context, context.idempotencyKey, content),
  };
}

/** Held units of a transfer leave. */
export const shipAction = (body: ShipTransfer): TransferAction => ({
  kind: "ship",
  lines: chosen(body.lines),
  expectedAtMs: momentOf(body.expectedAt),
});

/** Units have arrived, and perhaps no more will come. */
export const receiveAction = (body: ReceiveUnits): TransferAction => ({
  kind: "receive",
  lines:
    body.lines?.map(({ line, quantity, state }) => ({
      line,
      quantity: quantity ?? null,
      state: (state as UnsellableState | undefined) ?? null,
    })) ?? null,
  closes: body.close === true,
});

/** What is open is called off. */
export const cancelAction = (body: CancelOrder): TransferAction => ({ kind: "cancel", lines: chosen(body.lines) });

/** Units are expected at another time. */
export const rescheduleAction = (body: RescheduleOrder): TransferAction => ({
  kind: "reschedule",
  expectedAtMs: momentOf(body.expectedAt),
});

const chosen = (lines: CommitReservation["lines"]): OrderLines =>
  lines?.map(({ line, quantity }) => ({ line, quantity: quantity ?? null })) ?? null;

const momentOf = (text: string | null | undefined): number | null =>
  text === undefined || text === null ? null : parseRfc3339Ms(text);

/** What a caller says of an order, for people. */
export function noteOf(body: CreateReservation | CreateTransfer | CreateSupply): OrderNote {
  const { reference, reason } = body;
  const buyer = "buyer" in body ? body.buyer : undefined;
  const supplier = "supplier" in body ? body.supplier : undefined;
  return {
    ...(reference === undefined ? {} : { reference }),
    ...(reason === undefined ? {} : { reason }),
    ...(buyer === undefined ? {} : { buyer }),
    ...(supplier === undefined ? {} : { supplier }),
  };
}

/** What the caller called a product: of one found by its SKU, the SKU alone. */
const nameOf = ({ productId, sku, isFoundBySku }: ProductName): readonly unknown[] => [
  isFoundBySku === true ? null : productId,
  sku,
];
