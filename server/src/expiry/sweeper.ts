/**
 * Lets go of holds whose time is over where nobody comes by. Whoever decides anything about an item releases what is due
 * of it first, so nothing here makes a hold end: it only sees to it that the end is recorded, and told, within a second.
 *
 * Every server sweeps. What two of them find at the same time is released once, for the writer decides under its locks
 * by the database's clock. Modes: waiting → sweeping (as long as there is more than one look finds) → waiting; stopped.
 */
import type { Submitter } from "../commands/submitter.ts";
import type { ExpireCommand } from "../core/command.ts";
import { systemActor } from "../core/inventory/movement.ts";
import { orderLimits } from "../core/orders/order.ts";
import { parseOrderId } from "../core/record/ids.ts";
import type { Queryable } from "../db/pool.ts";
import type { Clock } from "../lib/clock.ts";
import { randomBytes, requestId } from "../lib/random-id.ts";
import { type DueRow, dueOrders, type OrderSizeRow, orderSizes } from "./sql/due.ts";

export const sweeperLimits = {
  /** Between two looks, give or take half of it, so that servers do not look at the same time. */
  everyMs: 250,
  /** After a failure; doubled with each one in a row. */
  retryMsMin: 250,
  retryMsMax: 10_000,
  /** Lines that one look finds. */
  linesPerLook: 400,
  /** Orders in one command: few, so that sales that wait for the same partitions do not wait long. */
  ordersPerCommand: 25,
  /** Lines of these together, for the same reason: as many as a single order may have. */
  linesPerCommand: orderLimits.linesMax,
  /** Commands that wait for the writer at a time. */
  commandsInFlightMax: 4,
} as const;

if (sweeperLimits.ordersPerCommand > orderLimits.sweptReservationsMax)
  throw new Error("a command of the sweeper must be allowed to hold its orders");

export interface SweeperReport {
  /** What a look found: orders that are due, and how long the oldest of them has been, in ms. */
  looked(due: { readonly orders: number; readonly oldestMs: number }): void;
  /** Entries that a command came to. */
  swept(entries: number): void;
  /** What fails is tried again. */
  failed(error: Error): void;
}

export interface SweeperOptions {
  readonly database: Queryable;
  readonly submitter: Pick<Submitter, "submitOne">;
  readonly clock: Clock;
  readonly report: SweeperReport;
  /** 0 up to 1. */
  readonly random: () => number;
}

export class Sweeper {
  readonly #options: SweeperOptions;
  #isStopped = true;
  #failuresInARow = 0;
  #sweeping: Promise<void> = Promise.resolve();
  #cancelWait: () => void = () => {};

  constructor(options: SweeperOptions) {
    this.#options = options;
  }

  start(): void {
    this.#isStopped = false;
    this.#wait(this.#delayMs());
  }

  /** Ends behind the commands that are under way. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelWait();
    await this.#sweeping;
  }

  /** Releases what is due by now. @returns how many entries that took @throws whatever the database or the writer fails with */
  async sweep(): Promise<number> {
    let swept = 0;
    for (;;) {
      const due = await this.#look();
      if (due.length === 0) return swept;
      const entries = await this.#expire(due);
      swept += entries;
      // What was found and came to nothing was somebody else's; looking again at once would find it again.
      if (entries === 0 || this.#isStopped) return swept;
    }
  }

  #wait(delayMs: number): void {
    this.#cancelWait = this.#options.clock.after(delayMs, () => {
      this.#sweeping = this.#turn();
    });
  }

  #delayMs(): number {
    return sweeperLimits.everyMs * (0.5 + this.#options.random());
  }

  async #turn(): Promise<void> {
    let delayMs: number;
    try {
      await this.sweep();
      this.#failuresInARow = 0;
      delayMs = this.#delayMs();
    } catch (error) {
      this.#options.report.failed(error as Error);
      const { retryMsMin, retryMsMax } = sweeperLimits;
      delayMs = Math.min(retryMsMax, retryMsMin * 2 ** Math.min(this.#failuresInARow++, 10));
    }
    if (!this.#isStopped) this.#wait(delayMs);
  }

  async #look(): Promise<readonly DueRow[]> {
    const { rows } = await this.#options.database.query<DueRow>(dueOrders(sweeperLimits.linesPerLook));
    this.#options.report.looked({ orders: rows.length, oldestMs: rows[0]?.overdue_ms ?? 0 });
    return rows;
  }

  /** @returns how many entries it came to */
  async #expire(due: readonly DueRow[]): Promise<number> {
    const keys = due.flatMap(({ order_id: orderId }) => {
      const position = parseOrderId("reservation", orderId);
      return position === null ? [] : [{ partition: position.partition, orderId }];
    });
    const { rows } = await this.#options.database.query<OrderSizeRow>(orderSizes(keys));
    const waiting = commandsOf(
      rows.map((row) => ({ orderId: row.order_id, partitions: row.partitions, lineCount: row.line_count })),
    );
    let swept = 0;
    const work = async (): Promise<void> => {
      for (let command = waiting.shift(); command !== undefined; command = waiting.shift()) {
        const { outcome } = await this.#options.submitter.submitOne(command);
        const entries = outcome.kind === "done" ? outcome.entries : 0;
        this.#options.report.swept(entries);
        swept += entries;
      }
    };
    const workers = await Promise.allSettled(Array.from({ length: sweeperLimits.commandsInFlightMax }, work));
    for (const worker of workers) if (worker.status === "rejected") throw worker.reason;
    return swept;
  }
}

/** Commands for some orders, each for orders that lie in the same partitions, so that none locks more than it must. */
export function commandsOf(orders: ExpireCommand["orders"]): ExpireCommand[] {
  const alike = [...Map.groupBy(orders, ({ partitions }) => partitions.join()).values()];
  return alike.flatMap(shares).map(commandFor);
}

/** In order, each as large as a command may be. */
function shares(orders: ExpireCommand["orders"]): ExpireCommand["orders"][] {
  const { ordersPerCommand, linesPerCommand } = sweeperLimits;
  const all: ExpireCommand["orders"][number][][] = [];
  let lines = 0;
  for (const order of orders) {
    const last = all.at(-1);
    if (last === undefined || last.length === ordersPerCommand || lines + order.lineCount > linesPerCommand) {
      all.push([order]);
      lines = 0;
    } else last.push(order);
    lines += order.lineCount;
  }
  return all;
}

/** Each has a key of its own: done again, it comes to nothing new. */
function commandFor(orders: ExpireCommand["orders"]): ExpireCommand {
  const key = Buffer.from(randomBytes(16)).toString("hex");
  return {
    kind: "expire",
    orders,
    key,
    requestHash: key,
    actor: systemActor,
    source: null,
    requestId: requestId(),
    traceparent: null,
  };
}
