/** Reads of reservations, transfers and supplies. */
import type { OrderKind } from "@onhand/protocol/vocabulary";
import { orderLimits } from "../core/orders/order.ts";
import { parseOrderId } from "../core/record/ids.ts";
import type { Queryable } from "../db/pool.ts";
import { Batcher } from "../lib/batcher.ts";
import { BoundedMap } from "../lib/bounded-map.ts";
import * as sql from "./sql/orders.ts";

export type { IncomingRow, OrderFilter, OrderNoteRow, OrderRow } from "./sql/orders.ts";

const orderReadLimits = {
  keysPerBatchMax: 500,
  batchesInFlightMax: 2,
  waitingMax: 20_000,
  /** Orders whose place this process remembers. */
  knownOrdersMin: 50_000,
} as const;

/** What never changes of an order: where its lines lie and how many they are, and what was said of it unless that was erased. */
export interface OrderPlace {
  readonly orderId: string;
  readonly partitions: readonly number[];
  readonly lineCount: number;
  readonly note: sql.OrderNoteRow;
}

export interface HeldByBuyer {
  readonly partitions: readonly number[];
  /** Lines that hold units. */
  readonly lines: number;
}

export interface OrderPage<Row> {
  readonly rows: readonly Row[];
  /** Where the next page starts, or null on the last. */
  readonly next: readonly unknown[] | null;
}

export class OrderQueries {
  readonly #database: Queryable;
  readonly #places: Batcher<{ partition: number; orderId: string }, OrderPlace | null>;
  /** Orders that this process made or found lately: what is done with them next needs no read. */
  readonly #known = new BoundedMap<string, OrderPlace>(orderReadLimits.knownOrdersMin);

  constructor(database: Queryable) {
    this.#database = database;
    this.#places = new Batcher((keys) => this.#loadPlaces(keys), orderReadLimits);
  }

  /** Remembers where an order lies that was just made. */
  remember(place: OrderPlace): void {
    this.#known.set(place.orderId, place);
  }

  /** @returns null when there is no such order of that kind */
  async placeOf(kind: OrderKind, orderId: string): Promise<OrderPlace | null> {
    const position = parseOrderId(kind, orderId);
    if (position === null) return null;
    const known = this.#known.get(orderId);
    if (known !== undefined) return known;
    const found = await this.#places.get({ partition: position.partition, orderId });
    if (found !== null) this.#known.set(orderId, found);
    return found;
  }

  /** @returns null when there is no such order of that kind */
  async order(kind: OrderKind, orderId: string): Promise<sql.OrderRow | null> {
    const position = parseOrderId(kind, orderId);
    if (position === null) return null;
    const { rows } = await this.#database.query<sql.OrderRow>(sql.orderById(kind, position.partition, orderId));
    return rows[0] ?? null;
  }

  /** Newest first. */
  async list(
    filter: sql.OrderFilter,
    after: readonly unknown[] | null,
    limit: number,
  ): Promise<OrderPage<sql.OrderRow>> {
    const { rows } = await this.#database.query<sql.OrderRow>(sql.listOrders(filter, after, limit + 1));
    return pageOf(rows, limit, (row) => [row.created_at, row.order_id]);
  }

  /** Lines on their way, the first expected first. */
  async incoming(
    filter: Pick<sql.OrderFilter, "product" | "toLocationId">,
    after: readonly unknown[] | null,
    limit: number,
  ): Promise<OrderPage<sql.IncomingRow>> {
    const { rows } = await this.#database.query<sql.IncomingRow>(sql.listIncoming(filter, after, limit + 1));
    return pageOf(rows, limit, (row) => [row.expected_at, row.order_id, row.line]);
  }

  /** Where a buyer holds units that a newer reservation may take the place of. */
  async heldBy(buyerKey: string): Promise<HeldByBuyer> {
    const statement = sql.reservationsHeldBy(buyerKey, orderLimits.supersededMax);
    const { rows } = await this.#database.query<sql.HeldOrderRow>(statement);
    return {
      partitions: [...new Set(rows.flatMap((row) => row.partitions))],
      lines: rows.reduce((sum, row) => sum + row.lines, 0),
    };
  }

  async #loadPlaces(keys: readonly { partition: number; orderId: string }[]): Promise<(OrderPlace | null)[]> {
    const distinct = [...new Map(keys.map((key) => [key.orderId, key])).values()];
    const { rows } = await this.#database.query<sql.OrderPlaceRow>(sql.orderPlaces(distinct));
    const places = new Map(
      rows.map(({ order_id: orderId, partitions, line_count: lineCount, note }) => [
        orderId,
        { orderId, partitions, lineCount, note: note ?? {} },
      ]),
    );
    return keys.map((key) => places.get(key.orderId) ?? null);
  }
}

/** One row more than the page was read: it tells whether there is a next page. */
function pageOf<Row>(rows: readonly Row[], limit: number, placeOf: (row: Row) => readonly unknown[]): OrderPage<Row> {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return { rows: page, next: rows.length > limit && last !== undefined ? placeOf(last) : null };
}
