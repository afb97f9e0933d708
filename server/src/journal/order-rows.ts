/** Rows of orders on stock as the nouns of the core, and the numbers that stand for words in them. */
import { lineEnds, orderKinds } from "@onhand/protocol/vocabulary";
import type { Allocation, StockOrder, StockOrderLine } from "../core/orders/order.ts";

/** The position is what is stored. */
export const orderPhases = ["held", "paying"] as const satisfies StockOrder["phase"][];

/** @returns the number that stands for a word, or null for none */
export const numberOf = <Word extends string>(words: readonly Word[], word: Word | null): number | null =>
  word === null ? null : words.indexOf(word);

export interface OrderRow {
  readonly partition: number;
  readonly order_id: string;
  readonly kind: number;
  readonly partitions: number[];
  readonly line_count: number;
  readonly actor: string;
  readonly phase: number | null;
  readonly expires_at: number | null;
  readonly expected_at: number | null;
  readonly from_location_id: string | null;
  readonly to_location_id: string | null;
  readonly channel_id: string | null;
  readonly buyer_key: string | null;
  readonly payment_late_at: number | null;
  readonly superseded_by: string | null;
  readonly allocation: object | null;
  readonly created_at: number;
}

/** The columns of an order that make up the noun; `o` is the table. */
export const orderColumns =
  "o.partition, o.order_id, o.kind, o.partitions, o.line_count, o.actor, o.phase, o.expires_at, o.expected_at, o.from_location_id, o.to_location_id, o.channel_id, o.buyer_key, o.payment_late_at, o.superseded_by, o.allocation, o.created_at";

/** @returns the order that a row holds */
export const toOrder = (row: OrderRow): StockOrder => ({
  orderId: row.order_id,
  kind: orderKinds[row.kind]!,
  partition: row.partition,
  partitions: row.partitions,
  lineCount: row.line_count,
  createdAtMs: row.created_at,
  actor: row.actor,
  phase: row.phase === null ? null : orderPhases[row.phase]!,
  expiresAtMs: row.expires_at,
  expectedAtMs: row.expected_at,
  fromLocationId: row.from_location_id,
  toLocationId: row.to_location_id,
  channelId: row.channel_id,
  buyerKey: row.buyer_key,
  paymentLateAtMs: row.payment_late_at,
  supersededBy: row.superseded_by,
  allocation: row.allocation as Allocation | null,
});

export interface OrderLineRow {
  readonly partition: number;
  readonly order_id: string;
  readonly line: number;
  readonly request_line: number;
  readonly kind: number;
  readonly product_id: string;
  readonly location_id: string | null;
  readonly to_location_id: string | null;
  readonly quantity: number;
  readonly held: number;
  readonly incoming: number;
  readonly done: number;
  readonly dropped: number;
  readonly lapsed: number;
  readonly surplus: number;
  readonly ended: number | null;
  readonly phase: number | null;
  readonly expires_at: number | null;
  readonly holder: string;
  readonly buyer_key: string | null;
}

/** The columns of a line; `l` is the table. */
export const orderLineColumns =
  "l.partition, l.order_id, l.line, l.request_line, l.kind, l.product_id, l.location_id, l.to_location_id, l.quantity, l.held, l.incoming, l.done, l.dropped, l.lapsed, l.surplus, l.ended, l.phase, l.expires_at, l.holder, l.buyer_key";

/** @returns the line that a row holds */
export const toOrderLine = (row: OrderLineRow): StockOrderLine => ({
  orderId: row.order_id,
  kind: orderKinds[row.kind]!,
  line: row.line,
  requestLine: row.request_line,
  partition: row.partition,
  productId: row.product_id,
  locationId: row.location_id,
  toLocationId: row.to_location_id,
  quantity: row.quantity,
  held: row.held,
  incoming: row.incoming,
  done: row.done,
  dropped: row.dropped,
  ...(row.lapsed === 0 ? {} : { lapsed: row.lapsed }),
  end: row.ended === null ? null : lineEnds[row.ended]!,
  surplus: row.surplus,
  phase: row.phase === null ? null : orderPhases[row.phase]!,
  expiresAtMs: row.expires_at,
  holder: row.holder,
  buyerKey: row.buyer_key,
});
