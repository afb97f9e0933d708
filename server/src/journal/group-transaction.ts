/**
 * One group's transaction: lock the heads, read what is missing, write, commit.
 *
 * Modes: locked → written → committed, or failed at any point. Statements are pipelined, so a group costs two round
 * trips, and one that was decided ahead none to wait for before it is sent. When the connection is lost after the COMMIT
 * was sent, nobody knows the outcome: `CommitUnknown` is thrown, and the caller executes again under the same keys.
 */
import type { Channel, ChannelLevel, Location, Product } from "../core/catalogue/catalogue.ts";
import type { Item } from "../core/inventory/item.ts";
import { limits } from "../core/limits.ts";
import type { StockOrder, StockOrderLine } from "../core/orders/order.ts";
import type { SealedEntry } from "../core/record/entry.ts";
import { ConnectionLost } from "../db/errors.ts";
import type { Statement } from "../db/pool.ts";
import type { Session } from "../db/session.ts";
import { type OrderLineRow, type OrderRow, toOrder, toOrderLine } from "./order-rows.ts";
import { toChannel, toChannelLevel, toItem, toLocation, toProduct } from "./rows.ts";
import { appendGroup, type GroupRows } from "./sql/append-group.ts";
import * as orders from "./sql/load-orders.ts";
import * as load from "./sql/load-state.ts";
import { type ClockRow, type HeadRow, lockHeads, readClock } from "./sql/lock-heads.ts";
import { type EntryRow, readEntries, toEntry } from "./sql/read-entries.ts";
import * as catalogue from "./sql/write-catalogue.ts";
import { type OrderRows, writeOrders } from "./sql/write-orders.ts";
import { type Walk, type Walked, walkBack } from "./walk-back.ts";

export interface LockedHeads {
  readonly heads: readonly HeadRow[];
  /** The database's clock after the locks were had. */
  readonly nowMs: number;
  /** End of the control partition after the locks were had. */
  readonly controlSequence: number;
}

export interface CatalogueRows {
  readonly products: readonly catalogue.PlacedProduct[];
  readonly skusFreed: readonly catalogue.PlacedSku[];
  readonly skusTaken: readonly catalogue.PlacedSku[];
  readonly locations: readonly Location[];
  readonly channels: readonly Channel[];
  readonly channelLevels: readonly catalogue.ChangedLevel[];
}

/** An item as it is loaded. */
export interface LoadedItem {
  readonly item: Item;
  /** The first moment at which anything that is held of it expires, in ms; null when nothing does. */
  readonly nextExpiryMs: number | null;
}

export interface StoredOutcome {
  readonly key: string;
  readonly requestHash: string;
  readonly outcome: string;
  readonly heads: Uint8Array;
}

/**
 * @param promised orders and lines; null when the group touches none
 * @returns the statements that write a group: the catalogue and orders first, then entries, levels, totals and results
 * in one
 */
export function groupStatements(rows: GroupRows, changes: CatalogueRows, promised: OrderRows | null): Statement[] {
  const statements: Statement[] = [];
  if (changes.skusFreed.length > 0) statements.push(catalogue.freeSkus(changes.skusFreed));
  if (changes.skusTaken.length > 0) statements.push(catalogue.takeSkus(changes.skusTaken));
  if (changes.products.length > 0) statements.push(catalogue.writeProducts(changes.products));
  if (changes.locations.length > 0) statements.push(catalogue.writeLocations(changes.locations));
  if (changes.channels.length > 0) statements.push(catalogue.writeChannels(changes.channels));
  if (changes.channelLevels.length > 0) statements.push(catalogue.writeChannelLevels(changes.channelLevels));
  if (promised !== null) statements.push(writeOrders(promised));
  statements.push(appendGroup(rows));
  return statements;
}

/** Points at which a test may stop the process; nothing happens there otherwise. */
export type Failpoint = "before_lock" | "after_insert" | "before_commit" | "after_commit";
export type ReachFailpoint = ((point: Failpoint) => Promise<void>) | null;

/** The COMMIT was sent and its answer was lost: the group may or may not be in the journal. */
export class CommitUnknown extends ConnectionLost {}

/** Takes the first failure of statements that were sent together; later ones only say that the transaction is aborted. */
async function allSent<Result>(sent: readonly Promise<Result>[]): Promise<Result[]> {
  const settled = await Promise.allSettled(sent);
  const failed = settled.find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason;
  return settled.map((result) => (result as PromiseFulfilledResult<Result>).value);
}

export class GroupTransaction {
  readonly #session: Session;
  readonly #reach: ReachFailpoint;

  private constructor(session: Session, reach: ReachFailpoint) {
    this.#session = session;
    this.#reach = reach;
  }

  /** Begins a transaction and locks heads. @param partitions in ascending order */
  static async lock(
    session: Session,
    partitions: readonly number[],
    reach: ReachFailpoint,
  ): Promise<{ transaction: GroupTransaction; locked: LockedHeads }> {
    await reach?.("before_lock");
    const [, heads, clock] = await allSent<{ rows: object[] }>([
      session.query({ text: "BEGIN" }),
      session.query<HeadRow>(lockHeads(partitions)),
      session.query<ClockRow>(readClock()),
    ]);
    const rows = heads!.rows as HeadRow[];
    if (rows.length !== partitions.length) throw new Error("a partition has no head: the installation is damaged");
    const { now_ms, control_sequence } = clock!.rows[0] as ClockRow;
    return {
      transaction: new GroupTransaction(session, reach),
      locked: { heads: rows, nowMs: now_ms, controlSequence: control_sequence },
    };
  }

  /** Entries of a partition after a position, at most what a writer catches up with. */
  async entriesAfter(partition: number, afterSequence: number): Promise<SealedEntry[]> {
    const { rows } = await this.#session.query<EntryRow>(
      readEntries(partition, afterSequence, limits.catchUpEntriesMax),
    );
    return rows.map(toEntry);
  }

  async items(keys: readonly orders.PlaceKey[]): Promise<LoadedItem[]> {
    const { rows } = await this.#session.query<load.LoadedItemRow>(load.loadItems(keys));
    return rows.map((row) => ({ item: toItem(row), nextExpiryMs: row.next_expiry }));
  }

  /** All that some products have at some locations. */
  async itemsAt(
    products: readonly { partition: number; productId: string }[],
    locationIds: readonly string[],
  ): Promise<LoadedItem[]> {
    const { rows } = await this.#session.query<load.LoadedItemRow>(load.loadItemsAt(products, locationIds));
    return rows.map((row) => ({ item: toItem(row), nextExpiryMs: row.next_expiry }));
  }

  /** Orders, each with all its lines in order; those that do not exist are left out. */
  async orders(keys: readonly orders.OrderKey[]): Promise<{ order: StockOrder; lines: StockOrderLine[] }[]> {
    const [headers, lines] = await Promise.all([
      this.#session.query<OrderRow>(orders.loadOrders(keys)),
      this.#session.query<OrderLineRow>(orders.loadOrderLines(keys)),
    ]);
    const byOrder = Map.groupBy(lines.rows.map(toOrderLine), (line) => line.orderId);
    return headers.rows.map(toOrder).map((order) => ({ order, lines: byOrder.get(order.orderId) ?? [] }));
  }

  /** The lines of some orders that lie in one partition. */
  async linesThere(partition: number, orderIds: readonly string[]): Promise<StockOrderLine[]> {
    const { rows } = await this.#session.query<OrderLineRow>(orders.loadLinesThere(partition, orderIds));
    return rows.map(toOrderLine);
  }

  /** Ids of the reservations that hold units for some buyers, at most `limit` of each, by buyer. */
  async openReservations(
    buyerKeys: readonly string[],
    limit: number,
  ): Promise<{ buyerKey: string; orderId: string }[]> {
    const { rows } = await this.#session.query<{ buyer_key: string; order_id: string }>(
      orders.loadOpenReservations(buyerKeys, limit),
    );
    return rows.map((row) => ({ buyerKey: row.buyer_key, orderId: row.order_id }));
  }

  /** What is due of some items at a moment, at most `limit` lines, and when next something of them is. */
  async due(
    places: readonly orders.PlaceKey[],
    nowMs: number,
    limit: number,
  ): Promise<{ lines: StockOrderLine[]; next: (orders.PlaceKey & { expiresAtMs: number })[] }> {
    const [due, next] = await Promise.all([
      this.#session.query<OrderLineRow>(orders.loadDueLines(places, nowMs, limit)),
      this.#session.query<{ partition: number; product_id: string; location_id: string; expires_at: number }>(
        orders.loadNextExpiries(places, nowMs),
      ),
    ]);
    return {
      lines: due.rows.map(toOrderLine),
      next: next.rows.map((row) => ({
        partition: row.partition,
        productId: row.product_id,
        locationId: row.location_id,
        expiresAtMs: row.expires_at,
      })),
    };
  }

  /** What some holders hold of some products at each location. */
  async holdings(
    by: "holder" | "buyer_key",
    keys: readonly orders.HoldingKey[],
  ): Promise<(orders.HoldingKey & { locationId: string; held: number })[]> {
    const { rows } = await this.#session.query<{
      partition: number;
      product_id: string;
      holder: string;
      location_id: string;
      held: number;
    }>(orders.loadHoldings(by, keys));
    return rows.map((row) => ({
      partition: row.partition,
      productId: row.product_id,
      holder: row.holder,
      locationId: row.location_id,
      held: row.held,
    }));
  }

  async channels(): Promise<Channel[]> {
    const { rows } = await this.#session.query<load.ChannelRow>(load.loadChannels());
    return rows.map(toChannel);
  }

  async channelLevels(
    keys: readonly { partition: number; productId: string; channelId: string }[],
  ): Promise<ChannelLevel[]> {
    const { rows } = await this.#session.query<load.ChannelLevelRow>(load.loadChannelLevels(keys));
    return rows.map(toChannelLevel);
  }

  async products(keys: readonly { partition: number; productId: string }[]): Promise<catalogue.PlacedProduct[]> {
    const { rows } = await this.#session.query<load.ProductRow>(load.loadProducts(keys));
    return rows.map((row) => ({ partition: row.partition, product: toProduct(row) as Product }));
  }

  async locations(): Promise<Location[]> {
    const { rows } = await this.#session.query<load.LocationRow>(load.loadLocations());
    return rows.map(toLocation);
  }

  async skuOwners(keys: readonly { partition: number; sku: string }[]): Promise<Map<string, string>> {
    const { rows } = await this.#session.query<{ sku: string; product_id: string }>(load.loadSkuOwners(keys));
    return new Map(rows.map((row) => [row.sku, row.product_id]));
  }

  async results(keys: readonly { partition: number; key: string }[]): Promise<StoredOutcome[]> {
    const { rows } = await this.#session.query<load.ResultRow>(load.loadResults(keys));
    return rows.map((row) => ({ key: row.key, requestHash: row.request_hash, outcome: row.outcome, heads: row.heads }));
  }

  async productHoldsStock(partition: number, productId: string): Promise<boolean> {
    const { rows } = await this.#session.query<{ holds: boolean }>(load.productHoldsStock(partition, productId));
    return rows[0]!.holds;
  }

  async locationHoldsStock(locationId: string): Promise<boolean> {
    const { rows } = await this.#session.query<{ holds: boolean }>(load.locationHoldsStock(locationId));
    return rows[0]!.holds;
  }

  /** What moved at items since moments, as far as a group may look back. */
  walkBack(walks: readonly Walk[]): Promise<Walked> {
    return walkBack(this.#session, walks, limits.countWalkGroupEntriesMax);
  }

  /**
   * Sends a whole group behind what was sent before it on the same connection, without waiting for any answer. Nothing
   * of it is written unless what the group was decided on holds once its locks were had.
   * @param partitions in ascending order
   * @returns when the database said COMMIT, like `commit`
   */
  static commitAhead(session: Session, partitions: readonly number[], statements: readonly Statement[]): Promise<void> {
    // The locks stay a statement of their own: only the snapshot of one behind them sees what others wrote before.
    const opened = [session.query({ text: "BEGIN" }), session.query(lockHeads(partitions))];
    return new GroupTransaction(session, null).commit(statements, opened);
  }

  /**
   * Sends what `groupStatements` made, and the COMMIT, before it returns its promise; where there are failpoints, the
   * COMMIT only after they were passed.
   * @returns only when the database said COMMIT
   */
  async commit(statements: readonly Statement[], opened: readonly Promise<unknown>[] = []): Promise<void> {
    const sent: Promise<unknown>[] = [...opened, ...statements.map((statement) => this.#session.query(statement))];
    if (this.#reach !== null) {
      await allSent(sent);
      await this.#reach("after_insert");
      await this.#reach("before_commit");
    }
    const tag = this.#session.command("COMMIT");
    tag.catch(() => {});
    try {
      await allSent(sent);
    } catch (error) {
      await tag.catch(() => {});
      throw error instanceof ConnectionLost ? new CommitUnknown(error.message, { cause: error }) : error;
    }
    let answer: string;
    try {
      answer = await tag;
    } catch (error) {
      throw new CommitUnknown("the answer to COMMIT was lost", { cause: error });
    }
    if (answer !== "COMMIT") throw new Error(`the database answered COMMIT with ${answer}`);
    await this.#reach?.("after_commit");
  }
}
