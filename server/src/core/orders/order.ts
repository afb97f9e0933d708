/**
 * Orders on stock: a reservation, a transfer or a supply, line by line. What the three have in common is that units are
 * promised: held at a location (`reserved` of the item there) or on their way to one (`incoming` of the item there).
 *
 * Invariants. Of each line: quantity = held + incoming + done + dropped, none below zero. Of each item: reserved is the
 * sum of `held` over the lines at its location, incoming the sum of `incoming` over the lines to its location. The lines
 * are the truth: how an order stands follows from them, and each is changed by an entry in its own partition.
 */
import type { LineEnd, OrderKind } from "@onhand/protocol/vocabulary";

/** What a caller said and what may be personal: kept beside the journal, erasable. Plain JSON. */
export interface OrderNote {
  readonly reference?: string;
  readonly reason?: string;
  readonly buyer?: string;
  readonly supplier?: string;
}

/** What holds for all lines. It changes only under the locks of all its partitions, with an entry in each. */
export interface StockOrder {
  /** `res_…`, `trf_…` or `sup_…`: partition and sequence of its first entry. */
  readonly orderId: string;
  readonly kind: OrderKind;
  /** Partition that the id carries; one of `partitions`. */
  readonly partition: number;
  /** Partitions of its lines, ascending. */
  readonly partitions: readonly number[];
  readonly lineCount: number;
  readonly createdAtMs: number;
  /** Who asked for it. */
  readonly actor: string;
  /** Reservations: whether payment has begun; null for others. */
  readonly phase: "held" | "paying" | null;
  /** Reservations: when units that are still held go back, by the database's clock; null for others. */
  readonly expiresAtMs: number | null;
  /** Transfers and supplies: when units are expected. */
  readonly expectedAtMs: number | null;
  /** Transfers: where units come from. */
  readonly fromLocationId: string | null;
  /** Transfers and supplies: where units go. */
  readonly toLocationId: string | null;
  readonly channelId: string | null;
  /** Digest of principal and buyer, 32 hex digits: what newer holds of the same buyer find older ones by. */
  readonly buyerKey: string | null;
  /** Reservations: when money came after the end; null when none did. Set once. */
  readonly paymentLateAtMs: number | null;
  /** Reservations: the newer one that took its place. */
  readonly supersededBy: string | null;
  /** How its locations were chosen; null when all were named. */
  readonly allocation: Allocation | null;
}

/**
 * An order as an entry tells of it. How its locations were chosen never changes and is long: the entry that made the
 * order has it, later ones leave it out. In older journals each entry has it.
 */
export type ToldOrder = Omit<StockOrder, "allocation"> & Partial<Pick<StockOrder, "allocation">>;

/** Why units come from where they come. */
export interface Allocation {
  readonly policy: string;
  readonly lines: readonly AllocatedLine[];
}

/** The choice for one line of the request. */
export interface AllocatedLine {
  /** Position in the request, from 1. */
  readonly requestLine: number;
  readonly productId: string;
  readonly requested: number;
  readonly allocated: number;
  /** In the order in which the policy looked at them; no more than `orderLimits.explainedCandidatesMax`. */
  readonly candidates: readonly {
    readonly locationId: string;
    readonly available: number;
    readonly taken: number;
    /** In words: why so much, or why none. */
    readonly reason: string;
  }[];
}

export interface StockOrderLine {
  readonly orderId: string;
  readonly kind: OrderKind;
  /** From 1. */
  readonly line: number;
  /** The line of the request it serves, from 1; a line sourced from several locations becomes several. */
  readonly requestLine: number;
  readonly partition: number;
  readonly productId: string;
  /** Where units are held or sent from; null for supplies. */
  readonly locationId: string | null;
  /** Where units are on their way to; null for reservations. */
  readonly toLocationId: string | null;
  readonly quantity: number;
  /** Counted in `reserved` of the item at `locationId`. */
  readonly held: number;
  /** Counted in `incoming` of the item at `toLocationId`. */
  readonly incoming: number;
  /** Committed or received. */
  readonly done: number;
  /** Released, cancelled or lost. */
  readonly dropped: number;
  /** Reservations: units among the dropped that nobody gave back: they expired, or were superseded. Absent: none. */
  readonly lapsed?: number;
  /** How the last of the dropped units went; null while none did. */
  readonly end: LineEnd | null;
  /** Received beyond the quantity. */
  readonly surplus: number;
  /** As of its order: what expiry of the line alone has to know. */
  readonly phase: "held" | "paying" | null;
  readonly expiresAtMs: number | null;
  readonly holder: string;
  readonly buyerKey: string | null;
}

export type ReservationPhase = "held" | "paying" | "committed" | "released" | "expired";
export type TransferStatus = "requested" | "in_transit" | "received" | "cancelled";

/** How a reservation stands at a moment: due lines count as expired whether or not they were released yet. */
export function reservationPhase(
  order: Pick<StockOrder, "phase" | "expiresAtMs">,
  lines: readonly Pick<StockOrderLine, "held" | "done" | "end">[],
  nowMs: number,
): ReservationPhase {
  const isDue = order.expiresAtMs !== null && order.expiresAtMs <= nowMs;
  if (lines.some((line) => line.held > 0) && !isDue && !lines.some((line) => line.end === "expired"))
    return order.phase!;
  if (isDue && lines.some((line) => line.held > 0)) return "expired";
  if (lines.some((line) => line.end === "expired")) return "expired";
  return lines.some((line) => line.done > 0) ? "committed" : "released";
}

/** How a transfer or supply stands. */
export function transferStatus(
  lines: readonly Pick<StockOrderLine, "held" | "incoming" | "done" | "surplus">[],
): TransferStatus {
  if (lines.some((line) => line.incoming > 0)) return "in_transit";
  if (lines.some((line) => line.held > 0)) return lines.some((line) => line.done > 0) ? "in_transit" : "requested";
  return lines.some((line) => line.done > 0 || line.surplus > 0) ? "received" : "cancelled";
}

/** @returns a line of whose dropped units so many lapsed */
export function withLapsed(line: StockOrderLine, lapsed: number): StockOrderLine {
  const { lapsed: _, ...rest } = line;
  return lapsed === 0 ? rest : { ...rest, lapsed };
}

/** @returns what an entry says of an order that is there already */
export function retold(order: StockOrder): ToldOrder {
  const { allocation: _, ...rest } = order;
  return rest;
}

/** Key of a line in maps. */
export const lineKey = (line: Pick<StockOrderLine, "orderId" | "line">): string => `${line.orderId}/${line.line}`;

/** Limits of orders, with their units. */
export const orderLimits = {
  /** Lines of one order, after sourcing. */
  linesMax: 500,
  ttlSecondsMin: 1,
  ttlSecondsMax: 7 * 24 * 3600,
  ttlSecondsDefault: 900,
  paymentTtlSecondsDefault: 1_800,
  explainedCandidatesMax: 50,
  /** Locations that one line may be sourced from. */
  candidatesMax: 1_000,
  /** Items that one reservation may be sourced from, counted for each of its lines: all of them are loaded. */
  candidatesPerRequestMax: 20_000,
  /** Open reservations of one buyer that a newer one may take the place of. */
  supersededMax: 50,
  /** Their lines that hold units, so that ending them fits into a group together with what is reserved anew. */
  supersededLinesMax: 2_000,
  /** Due lines that are released in front of the commands of a group; with more, refusals for want of stock are not final. */
  dueLinesMax: 4_000,
  /** Reservations that one command of the sweeper ends. */
  sweptReservationsMax: 100,
} as const;
