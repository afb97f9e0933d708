/**
 * Folds what entries say of orders: of each order and each line how it stands, and what its entries moved in all.
 *
 * A line's entry tells how the line stands after the whole step, which may take two entries (units leave here, and are
 * expected there); so what they moved is held against the line at the end and not in between. Of a line that is in front
 * of a trusted position what was moved there is not known, and only how it stands is compared.
 */
import { hash } from "node:crypto";
import { entryKinds } from "@onhand/protocol/vocabulary";
import type { StockOrderLine, ToldOrder } from "../../core/orders/order.ts";
import { lineKey } from "../../core/orders/order.ts";
import type { Entry } from "../../core/record/entry.ts";
import { type EntryDetail, parseDetail } from "../../core/record/entry-detail.ts";
import { namesOf } from "./entry-rules.ts";
import type { FaultKind, FaultList } from "./report.ts";

/** How a line stands; what never changes of it as a digest. */
export type FoldedLine = Pick<
  StockOrderLine,
  "held" | "incoming" | "done" | "dropped" | "surplus" | "end" | "phase" | "expiresAtMs"
> & {
  readonly lapsed: number;
  readonly identity: string;
  /** Sums of what entries moved for it; null when they are not all known. */
  readonly moved: { readonly reserved: number; readonly incoming: number } | null;
};

const digest = (value: unknown): string => hash("sha256", JSON.stringify(value), "base64url").slice(0, 22);

/** @returns what never changes of a line, as a digest */
export const identityOf = (line: StockOrderLine): string =>
  digest([
    line.kind,
    line.requestLine,
    line.productId,
    line.locationId,
    line.toLocationId,
    line.quantity,
    line.holder,
    line.buyerKey,
  ]);

/** @returns how the locations of an order were chosen, in one spelling; null: not known */
export const allocationText = ({ allocation }: ToldOrder): string | null =>
  allocation === undefined ? null : allocation === null ? "none" : digest(allocation);

/** @returns an order as its columns have it, in one spelling, but for how its locations were chosen */
export const orderText = (order: ToldOrder): string =>
  JSON.stringify([
    order.kind,
    order.partitions,
    order.lineCount,
    order.createdAtMs,
    order.actor,
    order.phase,
    order.expiresAtMs,
    order.expectedAtMs,
    order.fromLocationId,
    order.toLocationId,
    order.channelId,
    order.buyerKey,
    order.paymentLateAtMs,
    order.supersededBy,
  ]);

export interface FoldedOrder {
  /** See `orderText`. */
  readonly text: string;
  /** As its first entry has it, see `allocationText`; null when that is in front of a trusted position. */
  readonly allocation: string | null;
}

export class OrderFold {
  /** By `lineKey`. */
  readonly lines = new Map<string, FoldedLine>();
  /** Orders whose id carries this partition. */
  readonly orders = new Map<string, FoldedOrder>();
  readonly #faults: FaultList;
  readonly #fromSequence: number;

  constructor(faults: FaultList, fromSequence: number) {
    this.#faults = faults;
    this.#fromSequence = fromSequence;
  }

  /** Takes an entry of an item or of an order. */
  visit(entry: Entry): void {
    const { detail } = entry;
    const moves = entry.delta.reserved !== 0 || entry.delta.incoming !== 0;
    if (detail === null) {
      if (moves) this.#unlined(entry);
      return;
    }
    const said = parseDetail(entry);
    if (said.order !== undefined && said.order.partition === entry.partition) this.#visitOrder(said.order);
    if (said.line !== undefined) this.#visitLine(entry, said.line);
    else if (moves) this.#unlined(entry);
    if (said.lines !== undefined) this.#retime(entry, said);
  }

  #visitOrder(order: ToldOrder): void {
    const allocation = allocationText(order) ?? this.orders.get(order.orderId)?.allocation ?? null;
    this.orders.set(order.orderId, { text: orderText(order), allocation });
  }

  /** Before there were supplies, incoming units were set like any other field. */
  #unlined(entry: Entry): void {
    if (entry.delta.reserved === 0 && entry.kind === entryKinds.inventoryConfigured) return;
    this.#fault("counter", entry, "the line of an order for what is reserved or expected", "none");
  }

  #visitLine(entry: Entry, line: StockOrderLine): void {
    const fault = lineFault(entry, line);
    if (fault !== null) this.#fault("line", entry, fault.expected, fault.found, line);
    const key = lineKey(line);
    const before = this.lines.get(key);
    const identity = identityOf(line);
    if (before !== undefined && before.identity !== identity)
      this.#fault("line", entry, "the line as it was made", JSON.stringify(line), line);
    const isKnown = before === undefined ? this.#fromSequence === 0 || isMade(entry, line) : before.moved !== null;
    const had = before?.moved ?? { reserved: 0, incoming: 0 };
    const { reserved, incoming } = entry.delta;
    const { held, done, dropped, lapsed = 0, surplus, end, phase, expiresAtMs } = line;
    this.lines.set(key, {
      ...{ held, incoming: line.incoming, done, dropped, lapsed, surplus, end, phase, expiresAtMs, identity },
      moved: isKnown ? { reserved: had.reserved + reserved, incoming: had.incoming + incoming } : null,
    });
  }

  /** The lines that an order's entry names take over its phase and expiry. */
  #retime(entry: Entry, { order, lines }: EntryDetail): void {
    if (order === undefined) return;
    for (const number of lines!) {
      const key = lineKey({ orderId: order.orderId, line: number });
      const line = this.lines.get(key);
      if (line !== undefined) this.lines.set(key, { ...line, phase: order.phase, expiresAtMs: order.expiresAtMs });
      else if (this.#fromSequence === 0) this.#fault("order", entry, `entries of line ${number}`, "none");
    }
  }

  /** What the entries of each line moved must be what it holds and expects in the end. */
  finish(): void {
    for (const [key, { held, incoming, moved }] of this.lines) {
      if (moved === null || (moved.reserved === held && moved.incoming === incoming)) continue;
      const [orderId, line] = key.split("/") as [string, string];
      const expected = `held ${moved.reserved}, incoming ${moved.incoming} by its entries`;
      const found = `held ${held}, incoming ${incoming}`;
      this.#faults.add("counter", { sequence: null, orderId, line: Number(line), expected, found });
    }
  }

  #fault(kind: FaultKind, entry: Entry, expected: string, found: string, line?: StockOrderLine): void {
    const names = line === undefined ? {} : { orderId: line.orderId, line: line.line };
    this.#faults.add(kind, { ...namesOf(entry), ...names, expected, found });
  }
}

/** Whether an entry is the one that made its line: then nothing was moved for it before. */
const isMade = ({ kind, delta }: Entry, line: StockOrderLine): boolean =>
  (kind === entryKinds.inventoryReserved && delta.reserved === line.quantity && line.held === line.quantity) ||
  (kind === entryKinds.inventoryExpected && delta.incoming === line.quantity && line.locationId === null);

function lineFault(entry: Entry, line: StockOrderLine): { expected: string; found: string } | null {
  const { held, incoming, done, dropped, lapsed = 0, surplus, quantity } = line;
  const found = JSON.stringify(line);
  const units = [held, incoming, done, dropped, lapsed, surplus];
  const addsUp = units.every((each) => Number.isSafeInteger(each) && each >= 0);
  if (lapsed > dropped) return { expected: "no more units that lapsed than were dropped", found };
  if (!addsUp || held + incoming + done + dropped !== quantity)
    return { expected: "units of a line that add up to its quantity", found };
  if (line.partition !== entry.partition || line.productId !== entry.productId)
    return { expected: `a line of ${entry.productId} in partition ${entry.partition}`, found };
  const isThere = entry.locationId === line.locationId || entry.locationId === line.toLocationId;
  const reservesElsewhere = entry.delta.reserved !== 0 && entry.locationId !== line.locationId;
  const expectsElsewhere = entry.delta.incoming !== 0 && entry.locationId !== line.toLocationId;
  return !isThere || reservesElsewhere || expectsElsewhere
    ? { expected: `a line from or to ${entry.locationId}`, found }
    : null;
}
