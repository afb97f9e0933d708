/** Counts that look back further together than a group may: they are told apart in smaller groups, each within its limit. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import type { Command } from "../../src/core/command.ts";
import { limits } from "../../src/core/limits.ts";
import { CountLines } from "../../src/counts/count-lines.ts";
import { CountSessions } from "../../src/counts/count-sessions.ts";
import { AnswerTimeout } from "../../src/db/errors.ts";
import { openSession } from "../../src/db/session.ts";
import { systemClock } from "../../src/lib/clock.ts";
import type { Writer } from "../../src/writer/writer.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { adjust, apply, createLocation, createProduct, inventory, line, openWriter } from "../support/writers.ts";

const itemsCount = 7;
const productId = (index: number): string => `p${index}`;
const products = Array.from({ length: itemsCount }, (_, index) => productId(index));
const countedAtMs = Date.now() - 3_600_000;

let database: TestDatabase;
let writer: Writer;
/** Items in each statement that walked back. */
let walked: number[];
let failsBeyond: number;

beforeEach(async () => {
  database = await createDatabase(4);
  walked = [];
  failsBeyond = Number.POSITIVE_INFINITY;
  writer = await openWriter(database, {
    laneCount: 1,
    connect: async (target, name) => {
      const session = await openSession(target, name);
      return {
        command: session.command,
        destroy: session.destroy,
        get isBroken() {
          return session.isBroken;
        },
        query: (statement) => {
          if (statement.name !== "walk_stretches") return session.query(statement);
          const items = (statement.values as Buffer[])[0]!.readInt32BE(12);
          walked.push(items);
          return items > failsBeyond ? Promise.reject(new AnswerTimeout("too slow")) : session.query(statement);
        },
      };
    },
  });
  await apply(writer, createLocation("shop"));
  await apply(writer, ...products.map((product) => createProduct(product)));
});
afterEach(async () => {
  await writer.stop();
  await database.close();
});

const count = (product: string): Command => inventory([line(product, "shop", { stockLevel: 50, countedAtMs })]);
const levels = async (): Promise<number[]> =>
  (await database.owner.query<{ on_hand: number }>({ text: "SELECT on_hand FROM item" })).rows.map(
    (row) => row.on_hand,
  );

/** A session over all the products tells of each how it differs, though no statement reads all that lies between. */
async function expectComparedWithBook(entries: number): Promise<void> {
  const request = (key: string) => ({ principal: "key_1", key, operation: key, content: null });
  const sessions = new CountSessions(database.application, systemClock);
  const lines = new CountLines(database.application, 4);
  const { answer } = await sessions.open(request("open"), { locationId: "shop" });
  const counted = products.map((product) => ({ productId: product, stockLevel: 2 }));
  const countedAt = new Date(countedAtMs).toISOString();
  await lines.put(request("put"), answer.sessionId, { lines: counted, countedAt }, null);
  expect((await lines.variance(answer.sessionId, 10)).totals).toMatchObject({ expected: 0, variance: 14, unknown: 0 });
  const { lines: shown } = await lines.list(answer.sessionId, null, 0, 10, false);
  expect(shown.map(({ movedSince, variance }) => [movedSince, variance])).toEqual(products.map(() => [entries, 2]));
  // Nobody is shown what was expected of a blind one, and nothing is read for it.
  const { lines: blind } = await lines.list(answer.sessionId, null, 0, 10, true);
  expect(blind.map(({ expected }) => expected)).toEqual(products.map(() => null));
}

test("at the documented limits a group halves until what it looks back over fits, and every count is applied", async () => {
  const entries = Math.ceil((1.2 * limits.countWalkGroupEntriesMax) / itemsCount);
  expect(entries).toBeLessThan(limits.countWalkEntriesMax);
  for (let done = 0; done < entries; done += 1_000) {
    const some = Array.from({ length: Math.min(1_000, entries - done) });
    await apply(writer, ...products.flatMap((product) => some.map(() => adjust(product, "shop", 1))));
  }
  await expectComparedWithBook(entries);
  await apply(writer, ...products.map(count));
  expect(await levels()).toEqual(products.map(() => 50 + entries));
  // One command cannot be divided: what it does not reach is refused, and says what to do.
  const atomic = inventory(products.map((product) => line(product, "shop", { stockLevel: 1, countedAtMs })));
  const { outcome } = await writer.submitOne(atomic);
  expect(outcome).toMatchObject({ kind: "rejected", rejection: { code: "validation_failed", pointer: "/countedAt" } });
}, 120_000);

test("a group whose looking back is not answered in time halves at once, and is not taken for a database gone", async () => {
  await apply(writer, ...products.map((product) => adjust(product, "shop", 1)));
  failsBeyond = 2;
  await apply(writer, ...products.map(count));
  expect(await levels()).toEqual(products.map(() => 51));
  expect(walked).toEqual([7, 4, 2, 2, 3, 2, 1]);
});
