/** Payloads that took too long are read again by themselves; others wait for another mapping. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { PayloadKeeper } from "../../src/mappings/payload-keeper.ts";
import { Sources } from "../../src/sources/sources.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { ManualClock } from "../support/manual-clock.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase(4);
});
afterAll(() => database.close());

const keep = (sourceId: string, code: string, agoSeconds: number, tries: number) =>
  database.owner.query({
    text: `INSERT INTO kept_payload SELECT 'pay_' || $1, $1, convert_to($1, 'UTF8'), '{}', '{}', json_build_object('code', $2::text, 'detail', 'x'), 1, $4,
             now(), now() - make_interval(secs => $3)`,
    values: [sourceId, code, agoSeconds, tries],
  });
const register = (sourceId: string, life: number) =>
  database.owner.query({
    text: "INSERT INTO source VALUES ($1, '{}', 1, $2, now(), now(), 1)",
    values: [sourceId, life],
  });

test("those that rested long enough and were not tried too often, of sources that are in use, look by look", async () => {
  for (const [sourceId, code, agoSeconds, tries, life] of [
    ["slow", "time", 90, 1, 0],
    ["resting", "time", 5, 1, 0],
    ["given-up", "time", 90, 5, 0],
    ["wrong", "output", 90, 1, 0],
    ["archived", "time", 90, 1, 1],
  ] as const) {
    await register(sourceId, life);
    await keep(sourceId, code, agoSeconds, tries);
  }
  const clock = new ManualClock();
  const asked: string[] = [];
  const looked: PromiseWithResolvers<void>[] = [Promise.withResolvers(), Promise.withResolvers()];
  const keeper = new PayloadKeeper({
    database: database.application,
    sources: new Sources(database.application, clock),
    eventDoor: {
      async retry(source, { principal }) {
        asked.push(`${source.sourceId} by ${principal.keyId}`);
        looked[asked.length - 1]!.resolve();
        return { read: 1, kept: 0, verdicts: {}, next: null };
      },
    },
    clock,
    logger: { warn: () => {} },
  });
  await keeper.look();
  expect(asked).toEqual(["slow by onhand"]);
  keeper.start();
  await clock.pass(30_000);
  await looked[1]!.promise;
  await keeper.stop();
  expect(asked).toEqual(["slow by onhand", "slow by onhand"]);
});
