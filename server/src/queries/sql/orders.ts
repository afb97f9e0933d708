/** Statements that read reservations, transfers and supplies, each with its lines in one statement. */
import { lineEnds, type OrderKind, orderKinds } from "@onhand/protocol/vocabulary";
import { integerColumn, textColumn } from "../../db/binary-array.ts";
import type { Statement } from "../../db/pool.ts";
import { formatRfc3339 } from "../../lib/rfc3339.ts";

export interface OrderRow {
  readonly partition: number;
  readonly order_id: string;
  readonly partitions: readonly number[];
  readonly line_count: number;
  readonly phase: number | null;
  readonly expires_at: number | null;
  readonly expected_at: number | null;
  readonly from_location_id: string | null;
  readonly to_location_id: string | null;
  readonly channel_id: string | null;
  readonly payment_late_at: number | null;
  readonly superseded_by: string | null;
  readonly allocation: object | null;
  readonly note: OrderNoteRow | null;
  readonly created_at: number;
  readonly lines: readonly OrderLineRow[];
  /** When it was read, by the database's clock. */
  readonly read_at: number;
}

export interface OrderNoteRow {
  readonly reference?: string;
  readonly reason?: string;
  readonly buyer?: string;
  readonly supplier?: string;
}

export interface OrderLineRow {
  readonly line: number;
  readonly requestLine: number;
  readonly productId: string;
  readonly sku: string | null;
  readonly locationId: string | null;
  readonly quantity: number;
  readonly held: number;
  readonly incoming: number;
  readonly done: number;
  readonly dropped: number;
  readonly surplus: number;
  readonly ended: number | null;
}

const columns = `o.partition, o.order_id, o.partitions, o.line_count, o.phase, o.expires_at, o.expected_at, o.from_location_id,
  o.to_location_id, o.channel_id, o.payment_late_at, o.superseded_by, o.allocation, o.note, o.created_at, s.lines, n.at AS read_at`;

/** All lines of an order as one value. */
const lines = `CROSS JOIN LATERAL (
  SELECT json_agg(json_build_object('line', l.line, 'requestLine', l.request_line, 'productId', l.product_id, 'sku', p.sku,
      'locationId', l.location_id, 'quantity', l.quantity, 'held', l.held, 'incoming', l.incoming, 'done', l.done,
      'dropped', l.dropped, 'surplus', l.surplus, 'ended', l.ended) ORDER BY l.line) AS lines
  FROM stock_order_line l LEFT JOIN product p ON p.partition = l.partition AND p.product_id = l.product_id
  WHERE l.partition = ANY(o.partitions) AND l.order_id = o.order_id) s`;

/** What the state of an order follows from. */
const standing = `CROSS JOIN LATERAL (
  SELECT bool_or(l.held > 0) AS is_holding, bool_or(l.incoming > 0) AS is_coming, bool_or(l.done > 0) AS is_done,
    bool_or(l.surplus > 0) AS is_more, bool_or(l.ended = ${lineEnds.indexOf("expired")}) AS is_expired
  FROM stock_order_line l WHERE l.partition = ANY(o.partitions) AND l.order_id = o.order_id) s`;

/** One moment for a whole statement. */
const now = "(SELECT date_trunc('milliseconds', clock_timestamp()) AS at) n";

/** Digits of an id that say the partition of its order. */
const partitionOfId = (id: string): string => {
  const digit = (position: number) => `strpos('0123456789abcdefghjkmnpqrstvwxyz', substr(${id}, ${position}, 1)) - 1`;
  return `(${digit(5)}) * 32 + ${digit(6)}`;
};

/** One order. */
export const orderById = (kind: OrderKind, partition: number, orderId: string): Statement => ({
  name: "order_by_id",
  text: `SELECT ${columns} FROM ${now}, stock_order o ${lines} WHERE o.partition = $1 AND o.order_id = $2 AND o.kind = $3`,
  values: [partition, orderId, orderKinds.indexOf(kind)],
});

export interface OrderPlaceRow {
  readonly order_id: string;
  readonly partitions: readonly number[];
  readonly line_count: number;
  readonly note: OrderNoteRow | null;
}

/** Where some orders lie, and what was said of them. */
export const orderPlaces = (keys: readonly { partition: number; orderId: string }[]): Statement => ({
  name: "order_places",
  text: `SELECT o.order_id, o.partitions, o.line_count, o.note FROM unnest($1::integer[], $2::text[]) k(partition, order_id)
         JOIN stock_order o ON o.partition = k.partition AND o.order_id = k.order_id`,
  values: [integerColumn(keys, (key) => key.partition), textColumn(keys, (key) => key.orderId)],
});

export interface HeldOrderRow {
  readonly partitions: readonly number[];
  /** Its lines that hold units and would be released. */
  readonly lines: number;
}

/**
 * Reservations in which a buyer holds units: those that a newer one may take the place of, the oldest first, and behind them
 * those that are being paid, which it does not end, but whose time may be over.
 */
export const reservationsHeldBy = (buyerKey: string, ordersMax: number): Statement => ({
  name: "reservations_held_by",
  text: `SELECT o.partitions, CASE WHEN o.phase = 0 THEN h.lines ELSE 0 END AS lines FROM
           (SELECT order_id, count(*)::integer AS lines FROM stock_order_line WHERE buyer_key = $1 AND held > 0 GROUP BY order_id) h
         JOIN stock_order o ON o.partition = ${partitionOfId("h.order_id")} AND o.order_id = h.order_id
         ORDER BY o.phase, o.created_at, o.order_id LIMIT $2`,
  values: [buyerKey, ordersMax],
});

/** How the state of an order follows from its lines; the same as `reservationPhase` and `transferStatus` of the core. */
const states: Readonly<Record<OrderKind, string>> = {
  reservation: `CASE WHEN s.is_expired OR (s.is_holding AND o.expires_at <= n.at) THEN 'expired'
    WHEN s.is_holding THEN CASE o.phase WHEN 1 THEN 'paying' ELSE 'held' END WHEN s.is_done THEN 'committed' ELSE 'released' END`,
  transfer: `CASE WHEN s.is_coming OR (s.is_holding AND s.is_done) THEN 'in_transit' WHEN s.is_holding THEN 'requested'
    WHEN s.is_done OR s.is_more THEN 'received' ELSE 'cancelled' END`,
  supply: `CASE WHEN s.is_coming THEN 'expected' WHEN s.is_done OR s.is_more THEN 'received' ELSE 'cancelled' END`,
};

/** Lines by which transfers and supplies in these states are found: they hold units, or units are on their way. */
const openLines: Readonly<Record<string, string>> = {
  requested: "l.held > 0",
  in_transit: "(l.held > 0 OR l.incoming > 0)",
  expected: "l.incoming > 0",
};

/**
 * Lines by which open reservations are found. All lines that hold units have the phase and the deadline of their order:
 * one of them tells how it stands, and an index has them by the order.
 */
const openReservations: Readonly<Record<string, string>> = {
  held: "l.kind = 0 AND l.held > 0 AND l.phase = 0",
  paying: "l.kind = 0 AND l.held > 0 AND l.phase = 1",
};

export interface OrderFilter {
  readonly kind: OrderKind;
  /** One of the states of its kind. */
  readonly state: string | null;
  readonly product: { readonly partition: number; readonly productId: string } | null;
  readonly fromLocationId: string | null;
  readonly toLocationId: string | null;
  readonly reference: string | null;
  readonly buyer: string | null;
}

type Bind = (value: unknown) => string;

/** Conditions that lines of an order must meet, beside belonging to it. */
function lineConditions(filter: OrderFilter, bind: Bind): string[] {
  const { product, fromLocationId, toLocationId } = filter;
  const where: string[] = [];
  if (product !== null)
    where.push(`l.partition = ${bind(product.partition)}`, `l.product_id = ${bind(product.productId)}`);
  if (fromLocationId !== null) where.push(`l.location_id = ${bind(fromLocationId)}`);
  if (toLocationId !== null) where.push(`l.to_location_id = ${bind(toLocationId)}`);
  return where;
}

/** Conditions that orders must meet, whatever state they are in. */
function orderConditions(filter: OrderFilter, after: readonly unknown[] | null, bind: Bind): string[] {
  const where = [`o.kind = ${orderKinds.indexOf(filter.kind)}`];
  if (filter.reference !== null) where.push(`o.reference = ${bind(filter.reference)}`);
  // A buyer is known by a digest for each key that may have made the reservation: they are worked out once.
  if (filter.buyer !== null)
    where.push(`o.buyer_key = ANY(ARRAY(
      SELECT left(encode(sha256(convert_to(k.key_id || chr(10) || ${bind(filter.buyer)}, 'UTF8')), 'hex'), 32) FROM api_key k))
      AND o.note->>'buyer' IS NOT NULL`);
  if (after !== null)
    where.push(
      `(o.created_at, o.order_id) < (to_timestamp(${bind(after[0])}::double precision / 1000), ${bind(after[1])})`,
    );
  return where;
}

/** That an order has a line which meets conditions; where an index has these by order, orders may be found by them. */
function hasLine(conditions: readonly string[], isIndexed: boolean): string {
  const place = isIndexed ? `${partitionOfId("l.order_id")} = o.partition` : "l.partition = ANY(o.partitions)";
  return `EXISTS (SELECT FROM stock_order_line l WHERE ${["l.order_id = o.order_id", place, ...conditions].join(" AND ")})`;
}

const newestFirst = "ORDER BY o.created_at DESC, o.order_id DESC";

/**
 * A page of orders of one kind, newest first. Open ones are found by what they hold, others by age or by product. Which
 * orders are on the page is found out first; only of those everything is read.
 * @param after (created at in ms, id) of the last one before, or null
 */
export function listOrders(filter: OrderFilter, after: readonly unknown[] | null, limit: number): Statement {
  const values: unknown[] = [limit];
  const bind: Bind = (value) => `$${values.push(value)}`;
  const { kind, state } = filter;
  const ofLines = lineConditions(filter, bind);
  const where = orderConditions(filter, after, bind);
  const byLine = state === null ? undefined : openLines[state];
  const isOpen = state === null ? undefined : openReservations[state];
  let from = "stock_order o";
  if (isOpen !== undefined) where.push(hasLine([isOpen, ...ofLines], true), "o.expires_at > n.at");
  else if (byLine !== undefined) {
    const conditions = [byLine, `l.kind = ${orderKinds.indexOf(kind)}`, ...ofLines].join(" AND ");
    // Sorted before their lines are looked at, of no more than it takes to fill the page.
    from = `(SELECT o.partition, o.order_id, o.partitions, o.created_at
      FROM (SELECT DISTINCT l.order_id FROM stock_order_line l WHERE ${conditions}) open
      JOIN stock_order o ON o.partition = ${partitionOfId("open.order_id")} AND o.order_id = open.order_id
      WHERE ${where.splice(0).join(" AND ")} ${newestFirst}) o`;
  } else if (ofLines.length > 0) where.push(hasLine(ofLines, filter.product !== null));
  const isFiltered = state !== null && isOpen === undefined;
  if (isFiltered) where.push(`${states[kind]} = ${bind(state)}`);
  const found = `SELECT o.partition, o.order_id FROM ${from} ${isFiltered ? standing : ""}
    WHERE ${where.join(" AND ")} ${newestFirst} LIMIT $1`;
  return {
    text: `SELECT ${columns} FROM ${now} CROSS JOIN LATERAL (${found}) page
      JOIN stock_order o ON o.partition = page.partition AND o.order_id = page.order_id ${lines} ${newestFirst}`,
    values,
  };
}

export interface IncomingRow {
  readonly kind: number;
  readonly order_id: string;
  readonly line: number;
  readonly product_id: string;
  readonly sku: string | null;
  readonly to_location_id: string;
  readonly location_id: string | null;
  readonly incoming: number;
  readonly expected_at: number | null;
  readonly reference: string | null;
}

/**
 * A page of lines that are on their way, the first expected first, those without a date last.
 * @param after (expected at in ms or null, order, line) of the last one before, or null
 */
export function listIncoming(
  filter: Pick<OrderFilter, "product" | "toLocationId">,
  after: readonly unknown[] | null,
  limit: number,
): Statement {
  const values: unknown[] = [limit];
  const bind: Bind = (value) => `$${values.push(value)}`;
  const everything = { ...filter, fromLocationId: null } as OrderFilter;
  const where = ["l.incoming > 0", ...lineConditions(everything, bind)];
  const expected = "coalesce(o.expected_at, 'infinity')";
  if (after !== null) {
    // As text, for seconds as a number are not exact to the millisecond where the time is far away.
    const moment = `${bind(after[0] === null ? "infinity" : formatRfc3339(after[0] as number))}::timestamptz`;
    where.push(`(${expected}, l.order_id, l.line) > (${moment}, ${bind(after[1])}, ${bind(after[2])}::integer)`);
  }
  return {
    text: `SELECT l.kind, l.order_id, l.line, l.product_id, p.sku, l.to_location_id, l.location_id, l.incoming, o.expected_at, o.reference
           FROM stock_order_line l
           JOIN stock_order o ON o.partition = ${partitionOfId("l.order_id")} AND o.order_id = l.order_id
           LEFT JOIN product p ON p.partition = l.partition AND p.product_id = l.product_id
           WHERE ${where.join(" AND ")} ORDER BY ${expected}, l.order_id, l.line LIMIT $1`,
    values,
  };
}
