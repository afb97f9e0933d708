/** Posting a session over crashes, lost answers and two servers: each line is applied once, and all of them in the end. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { lineFailureOf } from "../../src/assembly/line-failure.ts";
import { Submitter } from "../../src/commands/submitter.ts";
import type { Command } from "../../src/core/command.ts";
import type { Outcome } from "../../src/core/outcome.ts";
import { CountLines } from "../../src/counts/count-lines.ts";
import { CountPoster } from "../../src/counts/count-poster.ts";
import { CountSessions } from "../../src/counts/count-sessions.ts";
import { openDatabase } from "../../src/db/pool.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { DatabaseUnavailable, PoisonCommand } from "../../src/writer/errors.ts";
import type { Writer } from "../../src/writer/writer.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { openDatabaseGate } from "../support/database-gate.ts";
import { apply, createLocation, createProduct, inventory, line, openWriter } from "../support/writers.ts";

const partitionCount = 4;
const productCount = 250;
const productId = (index: number): string => `p${index}`;
const poster = { actor: "key_1", requestId: "req_1", traceparent: null };

let database: TestDatabase;
let writer: Writer;
let sessions: CountSessions;
let lines: CountLines;
let keys = 0;

beforeEach(async () => {
  database = await createDatabase(partitionCount);
  writer = await openWriter(database);
  sessions = new CountSessions(database.application, systemClock);
  lines = new CountLines(database.application, partitionCount);
  await apply(writer, createLocation("shop"));
  const indices = Array.from({ length: productCount }, (_, index) => index);
  await apply(writer, ...indices.map((index) => createProduct(productId(index))));
  await apply(writer, ...indices.map((index) => inventory([line(productId(index), "shop", { adjustment: 100 })])));
});
afterEach(async () => {
  await writer.stop();
  await database.close();
});

const request = (operation: string, content: unknown = null) => {
  keys += 1;
  return { principal: "key_1", key: `k${keys}`, operation, content };
};

/** A session in which one unit too few was found of every product. */
async function counted(): Promise<string> {
  const { answer } = await sessions.open(request("open"), { locationId: "shop" });
  const found = Array.from({ length: productCount }, (_, index) => ({ productId: productId(index), stockLevel: 99 }));
  await lines.put(request("put"), answer.sessionId, { lines: found }, null);
  return answer.sessionId;
}

type Submit = (command: Command) => Promise<{ readonly outcome: Outcome; readonly replayed?: boolean }>;
const through = (submitter: Submitter): Submit => submitter.submitOne.bind(submitter);
const posterWith = (submit: Submit): CountPoster =>
  new CountPoster({ database: database.application, sessions, submit, explain: lineFailureOf, clock: systemClock });

/** How many entries of counts each product has, and the levels that they left. */
async function countEntries(): Promise<{ entries: number[]; levels: number[] }> {
  const { rows } = await database.owner.query<{ entries: number; on_hand: number }>({
    text: `SELECT count(j.sequence)::integer AS entries, i.on_hand FROM item i
           LEFT JOIN journal j ON j.partition = i.partition AND j.product_id = i.product_id AND j.kind = 2
           GROUP BY i.product_id, i.on_hand`,
  });
  return {
    entries: [...new Set(rows.map((row) => row.entries))],
    levels: [...new Set(rows.map((row) => row.on_hand))],
  };
}
const once = { entries: [1], levels: [99] };

test("a server that dies in the middle leaves it posting, and any other one goes on", async () => {
  const sessionId = await counted();
  let submitted = 0;
  const dying = posterWith((command) => {
    submitted += 1;
    // What is applied by then has no verdict yet: the step that would record it never ends.
    return submitted > 140 ? Promise.reject(new Error("it died")) : through(new Submitter(writer))(command);
  });
  await expect(dying.post(request("post"), sessionId, poster, null)).rejects.toThrow("it died");
  expect(await sessions.get(sessionId)).toMatchObject({ status: "posting", applied: 140, pending: 110 });
  await database.owner.query({ text: "UPDATE count_line SET verdict = NULL, sequence = NULL WHERE line > 60" });
  // While it is posting nothing else is done with it.
  const late = { lines: [{ productId: "p1", stockLevel: 1 }] };
  await expect(lines.put(request("put"), sessionId, late, null)).rejects.toMatchObject({ code: "already_ended" });
  await expect(sessions.cancel(request("cancel"), sessionId, null)).rejects.toMatchObject({ code: "already_ended" });
  const other = posterWith(through(new Submitter(writer)));
  const posted = await other.post(request("post"), sessionId, { ...poster, actor: "key_2" }, null);
  expect(posted.session).toMatchObject({ status: "posted", applied: productCount, pending: 0, posted_by: "key_1" });
  expect(await countEntries()).toEqual(once);
});

test("two servers that post it at the same time apply each line once", async () => {
  const sessionId = await counted();
  const otherWriter = await openWriter(database);
  try {
    const answers = await Promise.all([
      posterWith(through(new Submitter(writer))).post(request("post"), sessionId, poster, null),
      posterWith(through(new Submitter(otherWriter))).post(
        request("post"),
        sessionId,
        { ...poster, actor: "key_2" },
        null,
      ),
    ]);
    for (const { session } of answers) expect(session.applied).toBe(productCount);
    expect(await sessions.get(sessionId)).toMatchObject({ status: "posted" });
    expect(await countEntries()).toEqual(once);
  } finally {
    await otherWriter.stop();
  }
});

test("sales go on while it is posted, and stay on top", async () => {
  const sessionId = await counted();
  const sales = Array.from({ length: 3 * productCount }, (_, index) =>
    inventory([line(productId(index % productCount), "shop", { adjustment: -1 }, { movementType: "sale" })]),
  );
  const posting = posterWith(through(new Submitter(writer))).post(request("post"), sessionId, poster, null);
  await Promise.all([posting, apply(writer, ...sales)]);
  expect(await countEntries()).toEqual({ entries: [1], levels: [96] });
});

test("a line that the writer was too busy for is pending, and posted with the next call", async () => {
  const sessionId = await counted();
  const refusing = new Set(["p7", "p201"]);
  const submit = through(new Submitter(writer));
  const busy = posterWith((command) => {
    const { productId: asked } = (command as Extract<Command, { kind: "inventory" }>).lines[0]!;
    if (!refusing.delete(asked)) return submit(command);
    const rejection = {
      code: "insufficient_stock",
      detail: "Something moved meanwhile",
      line: 0,
      isStale: true,
    } as const;
    return Promise.resolve({ outcome: { kind: "rejected", rejection } });
  });
  await expect(busy.post(request("post"), sessionId, poster, null)).rejects.toMatchObject({ code: "overloaded" });
  await expect(busy.post(request("post"), sessionId, poster, null)).rejects.toMatchObject({ code: "overloaded" });
  expect((await busy.post(request("post"), sessionId, poster, null)).session).toMatchObject({
    status: "posted",
    applied: productCount,
  });
  expect(await countEntries()).toEqual(once);
});

test("connections that are cut at any moment: it is posted in the end, each line once", async () => {
  const sessionId = await counted();
  const gate = await openDatabaseGate(database.target.url);
  const gated = openDatabase({ url: gate.url }, { name: "gated", role: "application" }, 2);
  const cut = new CountPoster({
    database: gated,
    sessions: new CountSessions(gated, systemClock),
    submit: through(new Submitter(writer)),
    explain: lineFailureOf,
    clock: systemClock,
  });
  try {
    let status: string = "open";
    for (let round = 0; status !== "posted"; round++) {
      const posting = cut.post(request("post"), sessionId, poster, null).then(
        ({ session }) => session.status,
        () => "cut",
      );
      for (let turn = 0; turn < 4 * round; turn++) await new Promise((resolve) => setImmediate(resolve));
      if (round < 40) {
        await gate.shut();
        await gate.open();
      }
      status = await posting;
    }
    expect(await countEntries()).toEqual(once);
  } finally {
    await gated.close();
    await gate.close();
  }
});

test("whoever waits too long is told how far it is, and it goes on by itself", async () => {
  const sessionId = await counted();
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const submit = through(new Submitter(writer));
  const waited = Promise.withResolvers<() => void>();
  const slow = new CountPoster({
    database: database.application,
    sessions,
    submit: (command) => released.then(() => submit(command)),
    explain: lineFailureOf,
    clock: {
      ...systemClock,
      after(_delayMs, callback) {
        waited.resolve(callback);
        return () => {};
      },
    },
  });
  const posting = slow.post(request("post"), sessionId, poster, null);
  (await waited.promise)();
  expect((await posting).session).toMatchObject({ status: "posting", pending: productCount });
  release();
  const stopped = slow.stop();
  await stopped;
  await posterWith(submit).post(request("post"), sessionId, poster, null);
  expect(await sessions.get(sessionId)).toMatchObject({ status: "posted", applied: productCount });
  expect(await countEntries()).toEqual(once);
});

/** Has p0 refused, for its item is archived. */
const archive = (product: string) => apply(writer, inventory([line(product, "shop", { retire: "archive" })]));
const restore = (product: string) => apply(writer, inventory([line(product, "shop", { retire: "restore" })]));
const levelOf = async (product: string): Promise<number> =>
  (
    await database.owner.query<{ on_hand: number }>({
      text: "SELECT on_hand FROM item WHERE product_id = $1",
      values: [product],
    })
  ).rows[0]!.on_hand;
const openWith = async (...found: { productId: string; stockLevel: number }[]): Promise<string> => {
  const { answer } = await sessions.open(request("open"), { locationId: "shop" });
  await lines.put(request("put"), answer.sessionId, { lines: found }, null);
  return answer.sessionId;
};

for (const ends of ["open", "cancelled", "posted anew"] as const)
  test(`a server that is late with a round of posting changes nothing of a session that is ${ends}`, async () => {
    const sessionId = await openWith({ productId: "p0", stockLevel: 50 });
    await archive("p0");
    const submit = through(new Submitter(writer));
    const reached = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const late: string[] = [];
    const slow = posterWith(async (command) => {
      late.push((command as Extract<Command, { kind: "inventory" }>).lines[0]!.productId);
      reached.resolve();
      await goOn.promise;
      return submit(command);
    });
    const posting = slow.post(request("post"), sessionId, poster, null);
    await reached.promise;
    const quick = posterWith(submit);
    const { session } = await quick.post(request("post"), sessionId, poster, null);
    expect(session).toMatchObject({ status: "open", rejected: 1 });
    await lines.put(request("put"), sessionId, { lines: [{ productId: "p1", stockLevel: 3 }] }, null);
    if (ends === "cancelled") await sessions.cancel(request("cancel"), sessionId, null);
    if (ends === "posted anew") await quick.post(request("post"), sessionId, poster, null);
    const before = await sessions.get(sessionId);
    await restore("p0");
    goOn.resolve();
    await posting;
    expect(await sessions.get(sessionId)).toEqual(before);
    expect(before).toMatchObject({ status: ends === "cancelled" ? "cancelled" : "open" });
    expect([await levelOf("p0"), await levelOf("p1")]).toEqual([100, ends === "posted anew" ? 3 : 100]);
    expect(new Set(late)).toEqual(new Set(["p0"]));
  });

test("a repeat under its key begins no other round, and goes on with its own", async () => {
  const sessionId = await openWith({ productId: "p0", stockLevel: 50 });
  await archive("p0");
  const post = request("post");
  const { version } = await sessions.get(sessionId);
  const submit = through(new Submitter(writer));
  const failing = posterWith(() => Promise.reject(new DatabaseUnavailable("gone")));
  await expect(failing.post(post, sessionId, poster, version)).rejects.toThrow(/did not answer in time.*stay applied/);
  const first = await posterWith(submit).post(post, sessionId, poster, version);
  expect(first).toMatchObject({ isReplayed: true, session: { status: "open", rejected: 1 } });
  await restore("p0");
  await lines.put(request("put"), sessionId, { lines: [{ productId: "p1", stockLevel: 3 }] }, null);
  const again = await posterWith(submit).post(post, sessionId, poster, version);
  expect(again).toMatchObject({ isReplayed: true, session: { status: "open", applied: 0, pending: 1, rejected: 1 } });
  expect(await levelOf("p1")).toBe(100);
  await expect(posterWith(submit).post(request("post"), sessionId, poster, version)).rejects.toMatchObject({
    code: "version_conflict",
  });
  const anew = await posterWith(submit).post(request("post"), sessionId, poster, null);
  expect(anew).toMatchObject({ isReplayed: false, session: { status: "posted", applied: 2 } });
});

test("a line that fails for good is refused, and the others are applied", async () => {
  const sessionId = await openWith({ productId: "p0", stockLevel: 50 }, { productId: "p1", stockLevel: 3 });
  const submit = through(new Submitter(writer));
  const poisoned = posterWith((command) => {
    const { productId: asked } = (command as Extract<Command, { kind: "inventory" }>).lines[0]!;
    return asked === "p0" ? Promise.reject(new PoisonCommand("the database refused the command")) : submit(command);
  });
  const { session } = await poisoned.post(request("post"), sessionId, poster, null);
  expect(session).toMatchObject({ status: "open", applied: 1, rejected: 1 });
  const { lines: shown } = await lines.list(sessionId, "rejected", 0, 10, false);
  expect(shown[0]!.row).toMatchObject({
    product_id: "p0",
    code: "internal",
    detail: expect.stringContaining("Take it out"),
  });
});

test("a refusal that nobody wrote down is not given again once its cause is mended", async () => {
  const sessionId = await openWith({ productId: "p0", stockLevel: 50 });
  await archive("p0");
  const submit = through(new Submitter(writer));
  const dying = posterWith(async (command) => {
    await submit(command);
    throw new Error("it died");
  });
  await expect(dying.post(request("post"), sessionId, poster, null)).rejects.toThrow("it died");
  await restore("p0");
  const { session } = await posterWith(submit).post(request("post"), sessionId, poster, null);
  expect(session).toMatchObject({ status: "posted", applied: 1 });
  expect(await levelOf("p0")).toBe(50);
});
