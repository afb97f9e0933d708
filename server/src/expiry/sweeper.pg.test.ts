import { afterEach, beforeEach, expect, test } from "bun:test";
import { createDatabase, type TestDatabase } from "../../test/support/database.ts";
import { ManualClock } from "../../test/support/manual-clock.ts";
import { commit, orderOf, reserve, reserveLine, untilPast } from "../../test/support/orders.ts";
import { adjust, apply, createLocation, createProduct, openWriter } from "../../test/support/writers.ts";
import { Submitter } from "../commands/submitter.ts";
import type { ExpireCommand } from "../core/command.ts";
import type { StockOrder } from "../core/orders/order.ts";
import { verifyJournal } from "../journal/verify/verify-journal.ts";
import type { Clock } from "../lib/clock.ts";
import type { Writer } from "../writer/writer.ts";
import { commandsOf, Sweeper, type SweeperOptions, sweeperLimits } from "./sweeper.ts";

const products = ["soap", "comb", "brush"];
const partitionCount = 4;
let database: TestDatabase;
let writers: Writer[];
let looks: { orders: number; oldestMs: number }[];
let failures: string[];

beforeEach(async () => {
  database = await createDatabase(partitionCount);
  writers = [await openWriter(database), await openWriter(database)];
  looks = [];
  failures = [];
  await apply(writers[0]!, createLocation("shop"), ...products.map((productId) => createProduct(productId)));
  await apply(writers[0]!, ...products.map((productId) => adjust(productId, "shop", 10_000)));
});
afterEach(async () => {
  await Promise.all(writers.map((writer) => writer.stop()));
  await database.close();
});

/** A sweeper as each server has one. */
function sweeperOf(writer: Writer, clock: Clock = new ManualClock(), options: Partial<SweeperOptions> = {}): Sweeper {
  return new Sweeper({
    database: database.application,
    submitter: new Submitter(writer),
    clock,
    report: {
      looked: (due) => void looks.push(due),
      swept: () => {},
      failed: (error) => void failures.push(error.message),
    },
    random: () => 0.5,
    ...options,
  });
}

/** Makes holds of one unit of each product. @returns the orders */
async function hold(count: number, ttlMs: number): Promise<StockOrder[]> {
  const lines = products.map((productId) => reserveLine(productId, "shop", 1));
  const commands = Array.from({ length: count }, () => reserve(lines, { ttlMs }));
  return (await apply(writers[0]!, ...commands)).map((outcome) => orderOf(outcome).order);
}

const latest = (orders: readonly StockOrder[]): number => Math.max(...orders.map((order) => order.expiresAtMs!));

async function held(): Promise<number> {
  const { rows } = await database.owner.query<{ held: number }>({
    text: "SELECT coalesce(sum(held), 0)::bigint AS held FROM stock_order_line",
  });
  return rows[0]!.held;
}

/** Entries that say that a hold is over. */
async function released(): Promise<number> {
  const { rows } = await database.owner.query<{ count: number }>({
    text: "SELECT count(*) AS count FROM journal WHERE kind = 43",
  });
  return rows[0]!.count;
}

async function expectSound(): Promise<void> {
  expect((await verifyJournal(database.owner)).faults).toEqual([]);
}

test("what is due is released, and what is not is left alone", async () => {
  await hold(2, 600_000);
  const due = await hold(3, 1);
  await untilPast(database.owner, latest(due));
  const found = await sweeperOf(writers[0]!).sweep();
  expect(found).toBeGreaterThan(0);
  expect([await held(), await released()]).toEqual([6, 9]);
  expect(looks[0]).toMatchObject({ orders: found / products.length });
  expect(looks[0]!.oldestMs).toBeGreaterThanOrEqual(0);
  expect(await sweeperOf(writers[0]!).sweep()).toBe(0);
  await expectSound();
});

test("two servers release each hold once", async () => {
  const due = await hold(200, 1);
  await untilPast(database.owner, latest(due));
  await Promise.all(writers.map((writer) => sweeperOf(writer).sweep()));
  // One of them may have stopped early, having found only what the other was about to release.
  await sweeperOf(writers[0]!).sweep();
  expect([await held(), await released()]).toEqual([0, 600]);
  await expectSound();
});

test("a hold that is committed at the same time is sold or released, never both", async () => {
  const due = await hold(60, 1);
  await untilPast(database.owner, latest(due) - 1);
  const [answers] = await Promise.all([
    Promise.all(writers[1]!.submit(due.map((order) => commit(order)))),
    sweeperOf(writers[0]!).sweep(),
  ]);
  const sold = answers.filter(({ outcome }) => outcome.kind === "order" && outcome.latePayment === null).length;
  await sweeperOf(writers[0]!).sweep();
  const { rows } = await database.owner.query<{ on_hand: number; reserved: number }>({
    text: "SELECT DISTINCT on_hand, reserved FROM item",
  });
  expect(rows).toEqual([{ on_hand: 10_000 - sold, reserved: 0 }]);
  await expectSound();
});

test("it looks again and again, also after a failure, until it is stopped", async () => {
  const clock = new ManualClock();
  let fails = true;
  const failing = {
    ...database.application,
    query: async <Row extends object>() => {
      looks.push({ orders: 0, oldestMs: 0 });
      if (fails) throw new Error("away");
      return { rows: [] as Row[], rowCount: 0 };
    },
  };
  const sweeper = sweeperOf(writers[0]!, clock, { database: failing });
  sweeper.start();
  await clock.pass(sweeperLimits.everyMs);
  expect(failures).toEqual(["away"]);
  fails = false;
  await clock.pass(sweeperLimits.retryMsMin);
  const before = looks.length;
  await clock.pass(sweeperLimits.everyMs * 4);
  expect(looks.length).toBeGreaterThan(before);
  await sweeper.stop();
  expect(clock.timers).toBe(0);
});

test("a command holds orders of the same partitions, and only so many", () => {
  const count = sweeperLimits.ordersPerCommand + 1;
  const orders: ExpireCommand["orders"] = [
    ...Array.from({ length: count }, (_, index) => ({ orderId: `a${index}`, partitions: [1], lineCount: 2 })),
    { orderId: "b", partitions: [1, 2], lineCount: 2 },
  ];
  const commands = commandsOf(orders);
  expect(commands.map((command) => command.orders.length)).toEqual([count - 1, 1, 1]);
  expect(new Set(commands.map(({ key }) => key)).size).toBe(3);
});

test("a command holds no more lines than the largest order has", () => {
  const orders = [300, 200, 1, 500, 499, 1, 1].map((lineCount, index) => ({
    orderId: `a${index}`,
    partitions: [1],
    lineCount,
  }));
  const sizes = commandsOf(orders).map((command) => command.orders.map(({ lineCount }) => lineCount));
  expect(sizes).toEqual([[300, 200], [1], [500], [499, 1], [1]]);
});
