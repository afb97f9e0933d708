/** Orders on stock through writers on a real database: what two servers know of them, and what the database refuses. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import type { Command, LocationCommand } from "../../src/core/command.ts";
import { limits } from "../../src/core/limits.ts";
import { partitionOf } from "../../src/core/record/partition.ts";
import { WriteConflict } from "../../src/db/errors.ts";
import { openSession } from "../../src/db/session.ts";
import { GroupTransaction } from "../../src/journal/group-transaction.ts";
import { writeOrders } from "../../src/journal/sql/write-orders.ts";
import { verifyJournal } from "../../src/journal/verify/verify-journal.ts";
import { systemClock } from "../../src/lib/clock.ts";
import type { Settled } from "../../src/writer/job.ts";
import type { Writer } from "../../src/writer/writer.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import {
  commit,
  createChannel,
  expire,
  extend,
  orderOf,
  release,
  reserve,
  reserveLine,
  transfer,
  transferAction,
  untilPast,
} from "../support/orders.ts";
import { adjust, apply, createLocation, createProduct, openWriter, submitOne } from "../support/writers.ts";
import { Callers, MetricsSpy, together, traced } from "./callers.ts";
import { checkLedger } from "./ledger-check.ts";
import { TappedSessions } from "./tapped-sessions.ts";

const partitionCount = 4;
/** Two products of one partition and one of another. */
const ids = Array.from({ length: 40 }, (_, index) => `p${index}`);
const [p, q] = ids.filter((id) => partitionOf(id, partitionCount) === 2) as [string, string];
const far = ids.find((id) => partitionOf(id, partitionCount) === 3)!;

let database: TestDatabase;
let writer: Writer;
/** Another server on the same database. */
let other: Writer;
let metrics: MetricsSpy;
let callers: Callers;

beforeEach(async () => {
  database = await createDatabase(partitionCount);
  metrics = new MetricsSpy();
  callers = new Callers();
  writer = await openWriter(database, { metrics });
  other = await openWriter(database);
  await apply(writer, createLocation("paris"), createLocation("lyon"));
  await apply(writer, ...[p, q, far].map((productId) => createProduct(productId)));
  await apply(writer, ...[p, q, far].map((productId) => adjust(productId, "paris", 10)));
});
afterEach(async () => {
  await Promise.all([writer.stop(), other.stop()]);
  await database.close();
});

interface Levels {
  readonly on_hand: number;
  readonly reserved: number;
  readonly incoming: number;
}

async function levels(productId: string, locationId = "paris"): Promise<Levels> {
  const { rows } = await database.owner.query<Levels>({
    text: "SELECT on_hand, reserved, incoming FROM item WHERE product_id = $1 AND location_id = $2",
    values: [productId, locationId],
  });
  return rows[0]!;
}

const ask = async (on: Writer, command: Command): Promise<Settled> => {
  const answer = await callers.ask(on, traced(command));
  if (answer instanceof Error) throw answer;
  return answer;
};

const made = async (on: Writer, command: Command) => orderOf((await ask(on, command)).outcome);

const refusal = async (on: Writer, command: Command): Promise<string> => {
  const { outcome } = await ask(on, command);
  return outcome.kind === "rejected" ? outcome.rejection.code : outcome.kind;
};

/** Everything agrees, also to those who verify the journal. */
async function expectSound(): Promise<void> {
  await checkLedger(database, callers.told);
  expect((await verifyJournal(database.owner)).faults).toEqual([]);
}

test("what one server holds the other commits, and neither has forgotten anything", async () => {
  const { order } = await made(writer, reserve([reserveLine(p, "paris", 4), reserveLine(far, "paris", 2)]));
  expect(await levels(p)).toMatchObject({ on_hand: 10, reserved: 4 });
  await made(other, commit(order, { lines: [{ line: 1, quantity: 3 }] }));
  await made(writer, extend(order, 900_000));
  expect((await made(other, commit(order))).lines.map((line) => line.done)).toEqual([4, 2]);
  expect(await refusal(writer, release(order))).toBe("already_ended");
  expect(await levels(p)).toMatchObject({ on_hand: 6, reserved: 0 });
  expect(await levels(far)).toMatchObject({ on_hand: 8, reserved: 0 });
  await expectSound();
});

test("two servers that hold, commit and let go of the same items sell no unit twice", async () => {
  const writers = [writer, other];
  await together(60, async (index) => {
    const on = writers[index % 2]!;
    const { outcome } = await ask(on, reserve([reserveLine(p, "paris", 1), reserveLine(far, "paris", 1)]));
    if (outcome.kind !== "order") return;
    await ask(writers[(index + 1) % 2]!, index % 3 === 0 ? release(outcome.order) : commit(outcome.order));
  });
  const { on_hand: left, reserved } = await levels(p);
  expect([left >= 0, reserved]).toEqual([true, 0]);
  await expectSound();
});

test("a hold whose time is over is released in front of whatever is decided about its item", async () => {
  const { order } = await made(writer, reserve([reserveLine(p, "paris", 10)], { ttlMs: 1 }));
  await untilPast(database.owner, order.expiresAtMs!);
  expect(await refusal(other, adjust(p, "paris", -10))).toBe("lines");
  expect(await levels(p)).toMatchObject({ on_hand: 0, reserved: 0 });
  expect(await made(writer, commit(order))).toMatchObject({ latePayment: "refused", lines: [{ end: "expired" }] });
  await expectSound();
});

test("a time that another server shortened is kept", async () => {
  const { order } = await made(writer, reserve([reserveLine(p, "paris", 10)]));
  // What this server remembers of the item is that nothing is due for ten minutes.
  expect(await refusal(writer, adjust(p, "paris", -1))).toBe("insufficient_stock");
  const { order: extended } = await made(other, extend(order, 1));
  await untilPast(database.owner, extended.expiresAtMs!);
  expect(await refusal(writer, adjust(p, "paris", -1))).toBe("lines");
  expect(await levels(p)).toMatchObject({ on_hand: 9, reserved: 0 });
  await expectSound();
});

test("what is due is released once, whoever is asked", async () => {
  const orders = await Promise.all(
    Array.from({ length: 10 }, () => made(writer, reserve([reserveLine(p, "paris", 1)], { ttlMs: 1 }))),
  );
  await untilPast(database.owner, Math.max(...orders.map(({ order }) => order.expiresAtMs!)));
  const asked = orders.flatMap(({ order }) => [expire(order), expire(order)]);
  await Promise.all(asked.map((command, index) => ask(index % 2 === 0 ? writer : other, command)));
  const { rows } = await database.owner.query<{ count: number }>({
    text: "SELECT count(*) AS count FROM journal WHERE kind = 43",
  });
  expect(rows[0]!.count).toBe(10);
  await expectSound();
});

test("a buyer's newer hold takes the place of an older one that another server made elsewhere", async () => {
  const buyer = { buyerKey: "b".repeat(32), supersedes: true };
  const { order: older } = await made(writer, reserve([reserveLine(far, "paris", 3)], buyer));
  const { outcome } = await ask(other, reserve([reserveLine(p, "paris", 2)], buyer, "newer"));
  expect(outcome).toMatchObject({ kind: "rejected", rejection: { isStale: true, needsPartitions: [3] } });
  const newer = await made(other, reserve([reserveLine(p, "paris", 2)], { ...buyer, alsoPartitions: [3] }, "newer"));
  expect(newer.superseded).toEqual([older.orderId]);
  expect(await levels(far)).toMatchObject({ reserved: 0 });
  expect(await made(writer, commit(older))).toMatchObject({ latePayment: "refused", lines: [{ end: "superseded" }] });
  await expectSound();
});

test("what took the place of a hold is known to all, even when nothing was held any more where its id leads", async () => {
  const buyer = { buyerKey: "b".repeat(32), supersedes: true, alsoPartitions: [2, 3] };
  const lines = [reserveLine(far, "paris", 1), reserveLine(p, "paris", 2)];
  const { order: older } = await made(writer, reserve(lines, buyer));
  await made(writer, release(older, [{ line: 1, quantity: null }]));
  const { order: newer } = await made(other, reserve([reserveLine(p, "paris", 3)], buyer));
  const { order } = await made(writer, release(older));
  expect(order.supersededBy).toBe(newer.orderId);
  await expectSound();
});

test("a request that would weigh too many places is refused, and loads none of them", async () => {
  const locations = Array.from({ length: 101 }, (_, index) => createLocation(`s${index}`));
  const grouped = locations.map(({ operation, ...rest }): LocationCommand => {
    if (operation.kind !== "create") throw new Error("a location is created");
    return { ...rest, operation: { kind: "create", document: { ...operation.document, groups: ["stores"] } } };
  });
  await apply(writer, ...grouped);
  await apply(writer, adjust(p, "s7", 1));
  const asked: (string | undefined)[] = [];
  const connect: typeof openSession = async (target, name) => {
    const session = await openSession(target, name);
    const query: typeof session.query = (statement) => {
      asked.push(statement.name);
      return session.query(statement);
    };
    return { ...session, query, command: (text) => session.command(text), destroy: () => session.destroy() };
  };
  const watched = await openWriter(database, { laneCount: 1, connect });
  const lines = (count: number) =>
    Array.from({ length: count }, () => reserveLine(p, null, 1, { locationGroup: "stores" }));
  const limits = { buyerKey: "a".repeat(32), limits: { unitsPerBuyer: 500, percentPerPrincipal: null } };
  expect(await refusal(watched, reserve(lines(200), limits))).toBe("validation_failed");
  expect(asked).not.toContain("load_items");
  expect((await made(watched, reserve(lines(198), { policy: "partial" }))).lines).toMatchObject([{ locationId: "s7" }]);
  expect(asked).toContain("load_items");
  await watched.stop();
  await expectSound();
});

test("what nobody gave back is known to another server, which takes that again and no more", async () => {
  const { order } = await made(writer, reserve([reserveLine(p, "paris", 6)]));
  await made(writer, release(order, [{ line: 1, quantity: 2 }]));
  const { order: shortened } = await made(writer, extend(order, 1));
  await untilPast(database.owner, shortened.expiresAtMs!);
  await made(other, release(order));
  const { rows } = await database.owner.query<object>({ text: "SELECT dropped, lapsed FROM stock_order_line" });
  expect(rows).toEqual([{ dropped: 6, lapsed: 4 }]);
  await expectSound();
  const third = await openWriter(database);
  const { lines, latePayment } = await made(third, commit(order, { retakes: true }));
  await third.stop();
  expect([latePayment, lines]).toMatchObject(["retaken", [{ done: 4, dropped: 2, end: "released" }]]);
  expect(await levels(p)).toMatchObject({ on_hand: 6, reserved: 0 });
  await expectSound();
});

test("limits count what is held over both servers", async () => {
  const limited = { buyerKey: "c".repeat(32), limits: { unitsPerBuyer: 3, percentPerPrincipal: 50 } };
  const { order } = await made(writer, reserve([reserveLine(p, "paris", 2)], limited));
  expect(await refusal(other, reserve([reserveLine(p, "paris", 2)], limited))).toBe("hold_limit_exceeded");
  await made(other, reserve([reserveLine(p, "paris", 1)], limited));
  expect(await refusal(writer, reserve([reserveLine(p, "paris", 1)], limited))).toBe("hold_limit_exceeded");
  await made(other, release(order));
  await made(writer, reserve([reserveLine(p, "paris", 2)], limited));
  const others = { ...limited, buyerKey: "d".repeat(32) };
  expect(await refusal(other, reserve([reserveLine(p, "paris", 3)], others))).toBe("hold_limit_exceeded");
  await expectSound();
});

test("a transfer is held, on its way and received over both servers", async () => {
  const { order } = await made(writer, transfer("paris", "lyon", [{ productId: p, quantity: 6 }]));
  await made(other, transferAction(order, { kind: "ship", lines: [{ line: 1, quantity: 5 }], expectedAtMs: null }));
  expect([await levels(p), await levels(p, "lyon")]).toEqual([
    { on_hand: 5, reserved: 1, incoming: 0 },
    { on_hand: 0, reserved: 0, incoming: 5 },
  ]);
  const lines = [{ line: 1, quantity: 4, state: null }];
  await made(writer, transferAction(order, { kind: "receive", lines, closes: true }));
  await made(other, transferAction(order, { kind: "cancel", lines: null }));
  expect([await levels(p), await levels(p, "lyon")]).toEqual([
    { on_hand: 5, reserved: 0, incoming: 0 },
    { on_hand: 4, reserved: 0, incoming: 0 },
  ]);
  await expectSound();
});

test("a channel is told what is held on either server", async () => {
  await apply(writer, createChannel("web", ["paris", "lyon"], 1));
  await apply(writer, adjust(p, "lyon", 3));
  const available = async (): Promise<number> => {
    const { rows } = await database.owner.query<{ available: number }>({
      text: "SELECT available FROM channel_level WHERE product_id = $1 AND channel_id = 'web'",
      values: [p],
    });
    return rows[0]!.available;
  };
  expect(await available()).toBe(12);
  const { order } = await made(other, reserve([reserveLine(p, "paris", 2)]));
  expect(await available()).toBe(10);
  await made(writer, commit(order));
  await apply(other, adjust(p, "lyon", -3));
  expect(await available()).toBe(7);
  await expectSound();
});

test("a hold beyond its time that nobody released yet does not count for its buyer, wherever it lies", async () => {
  await apply(writer, adjust(p, "lyon", 3));
  const limited = { buyerKey: "f".repeat(32), limits: { unitsPerBuyer: 3, percentPerPrincipal: null } };
  const { order } = await made(writer, reserve([reserveLine(p, "paris", 3)], { ...limited, ttlMs: 1 }));
  await untilPast(database.owner, order.expiresAtMs!);
  await made(other, reserve([reserveLine(p, "lyon", 1)], limited));
  expect([await levels(p), await levels(p, "lyon")]).toMatchObject([{ reserved: 0 }, { reserved: 1 }]);
  const { order: second } = await made(other, reserve([reserveLine(p, "paris", 2)], { ...limited, ttlMs: 1 }));
  await untilPast(database.owner, second.expiresAtMs!);
  await made(other, reserve([reserveLine(p, "lyon", 2)], limited));
  expect([await levels(p), await levels(p, "lyon")]).toMatchObject([{ reserved: 0 }, { reserved: 3 }]);
  await expectSound();
});

/** A server that is alone on one lane, and whose answers can be held back. */
async function openAlone(): Promise<{ alone: Writer; sessions: TappedSessions }> {
  const sessions = new TappedSessions();
  const { connect } = sessions;
  // Time stands still, so that the database's clock need not be looked at again.
  const clock = { ...systemClock, monotonicMs: () => 0 };
  const alone = await openWriter(database, { metrics, laneCount: 1, connect, clock });
  for (const productId of [p, q]) await apply(alone, adjust(productId, "paris", 1));
  return { alone, sessions };
}

test("holds, commits and extensions are decided ahead, on what the group before them leaves", async () => {
  const { alone, sessions } = await openAlone();
  const { order: one } = await made(alone, reserve([reserveLine(p, "paris", 3)]));
  const { order: two } = await made(alone, reserve([reserveLine(q, "paris", 3)]));
  sessions.forget();
  sessions.holdsAnswers = true;
  const first = [commit(one, { lines: [{ line: 1, quantity: 1 }] }), reserve([reserveLine(q, "paris", 8)])];
  const firstAnswers = Promise.all(first.map((command) => ask(alone, command)));
  const firstCommit = await sessions.nextCommit();
  const second = [commit(one), extend(two, 900_000), reserve([reserveLine(q, "paris", 1)])];
  const secondAnswers = Promise.all(second.map((command) => ask(alone, command)));
  const secondCommit = await sessions.nextCommit();
  expect(metrics.ahead).toBe(1);
  sessions.holdsAnswers = false;
  firstCommit.release();
  secondCommit.release();
  expect((await firstAnswers).map(({ outcome }) => orderOf(outcome).lines[0]!.done)).toEqual([1, 0]);
  const [committed, extended, refused] = await secondAnswers;
  expect(orderOf(committed!.outcome).lines).toMatchObject([{ held: 0, done: 3 }]);
  expect(orderOf(extended!.outcome).order.expiresAtMs).toBeGreaterThan(two.expiresAtMs!);
  expect(refused!.outcome).toMatchObject({ kind: "rejected", rejection: { code: "insufficient_stock" } });
  expect(metrics.failures).toEqual([]);
  await alone.stop();
  await expectSound();
});

test("limits are decided ahead on what the group before them holds", async () => {
  const { alone, sessions } = await openAlone();
  const limited = { buyerKey: "e".repeat(32), limits: { unitsPerBuyer: 3, percentPerPrincipal: 50 } };
  await made(alone, reserve([reserveLine(p, "paris", 1)], limited));
  sessions.forget();
  sessions.holdsAnswers = true;
  const first = ask(alone, reserve([reserveLine(p, "paris", 1)], limited));
  const firstCommit = await sessions.nextCommit();
  const second = ask(alone, reserve([reserveLine(p, "paris", 2)], limited));
  const secondCommit = await sessions.nextCommit();
  expect(metrics.ahead).toBe(1);
  sessions.holdsAnswers = false;
  firstCommit.release();
  secondCommit.release();
  expect((await first).outcome.kind).toBe("order");
  expect((await second).outcome).toMatchObject({ rejection: { code: "hold_limit_exceeded", limit: 3 } });
  await alone.stop();
  await expectSound();
});

test("nothing is decided ahead about an item of which something is due", async () => {
  const alone = await openWriter(database, { metrics, laneCount: 1 });
  await together(10, async () => {
    for (let round = 0; round < 20; round++) {
      await ask(alone, reserve([reserveLine(p, "paris", 3)], { ttlMs: 1 }));
      await ask(alone, adjust(q, "paris", 1));
    }
  });
  await alone.stop();
  await expectSound();
});

test("the answer to a hold is remembered under its key, and a dry run is not", async () => {
  const dry = reserve([reserveLine(p, "paris", 4)], { isDryRun: true }, "dry");
  expect((await made(writer, dry)).isDryRun).toBe(true);
  expect(await levels(p)).toMatchObject({ reserved: 0 });
  const command = reserve([reserveLine(p, "paris", 4)], { note: { reference: "cart-7", buyer: "Ada" } }, "hold");
  const first = await ask(writer, command);
  const again = await submitOne(other, traced(command));
  expect([again.replayed, again.outcome]).toEqual([true, first.outcome]);
  const { rows } = await database.owner.query<object>({ text: "SELECT reference, note FROM stock_order" });
  expect(rows).toEqual([{ reference: "cart-7", note: { reference: "cart-7", buyer: "Ada" } }]);
  await expectSound();
});

test("the database refuses lines that hold other than what the entries move", async () => {
  const { order, lines } = await made(writer, reserve([reserveLine(p, "paris", 4)]));
  const session = await openSession(database.target, "test");
  const write = async (held: number, dropped: number) => {
    const { transaction } = await GroupTransaction.lock(session, [2], null);
    const changed = { ...lines[0]!, held, dropped };
    const statement = writeOrders({
      orders: [{ order, note: null }],
      lines: [changed],
      moving: [],
      updatedAtMs: order.createdAtMs,
    });
    const failure = await transaction.commit([statement]).catch((error: unknown) => error);
    return failure instanceof WriteConflict ? failure.what : failure;
  };
  expect(await write(3, 1)).toBe("counters");
  expect(await write(4, 0)).toBeUndefined();
  session.destroy();
  await expectSound();
});

test("the database refuses entries that move what no line holds", async () => {
  await made(writer, reserve([reserveLine(p, "paris", 4)]));
  const session = await openSession(database.target, "test");
  const { rows } = await session.query<{ done: boolean }>({
    text: "SELECT set_config('onhand.promised', '4', false) IS NOT NULL AS done",
  });
  expect(rows).toEqual([{ done: true }]);
  // A session that says that lines hold four more units than its entries move.
  const lying = await openWriter(database, { connect: async () => session, laneCount: 1, metrics });
  await expect(submitOne(lying, adjust(q, "paris", 1))).rejects.toMatchObject({ name: "PoisonCommand" });
  await lying.stop();
  await expectSound();
});

test("a group takes no more lines of orders than entries fit into it", async () => {
  const lines = Array.from({ length: 200 }, () => reserveLine(p, "paris", 1));
  await apply(writer, adjust(p, "paris", 50 * lines.length));
  const made = await apply(writer, ...Array.from({ length: 50 }, () => reserve(lines)));
  metrics.groupSizes.length = 0;
  const sold = await apply(writer, ...made.map((outcome) => commit(orderOf(outcome).order)));
  expect(sold.map((outcome) => orderOf(outcome).lines.every(({ done }) => done === 1))).not.toContain(false);
  expect(metrics.groupSizes.reduce((sum, commands) => sum + commands, 0)).toBe(50);
  expect(Math.max(...metrics.groupSizes)).toBeLessThanOrEqual(limits.groupEntriesMax / lines.length);
});
