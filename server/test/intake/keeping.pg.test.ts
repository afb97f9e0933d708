/** What happens to sources while nobody asks: when they were heard of, who is told, and what is retried, over two servers. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { Registry } from "prom-client";
import { Submitter } from "../../src/commands/submitter.ts";
import { ContactBook } from "../../src/sources/contact-book.ts";
import { sourceDocument } from "../../src/sources/source.ts";
import { SourceKeeper } from "../../src/sources/source-keeper.ts";
import { insertSource, type ShownSourceRow, selectSource } from "../../src/sources/sql/sources.ts";
import { sourceMetrics } from "../../src/telemetry/source-metrics.ts";
import type { Writer } from "../../src/writer/writer.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { apply, createLocation, createProduct, openWriter } from "../support/writers.ts";
import { lineOf, mapCodes, onHand, openIntake, originOf, partitionCount } from "./support.ts";

let database: TestDatabase;
let writer: Writer;
let intake: ReturnType<typeof openIntake>;
let contacts: ContactBook;
const logger = { warn: () => {} };
const clock = new ManualClock();
const till = originOf("till");

beforeEach(async () => {
  database = await createDatabase(partitionCount);
  writer = await openWriter(database);
  contacts = new ContactBook(database.application, clock, logger);
  intake = openIntake(database, writer, { heard: (sourceId, places) => contacts.heard(sourceId, places) });
  await apply(writer, createLocation("shop"), createProduct("soap"));
  const document = sourceDocument({ name: "till", freshForSeconds: 60, locationIds: ["shop"] });
  await database.application.query(insertSource("till", document));
});
afterEach(async () => {
  await contacts.stop();
  await writer.stop();
  await database.close();
});

function keeperOf(serverId: string): SourceKeeper {
  const submitter = new Submitter(writer);
  return new SourceKeeper({
    database: database.application,
    intake,
    submit: (command) => submitter.submitOne(command),
    partitionCount,
    serverId,
    clock,
    metrics: sourceMetrics(new Registry()),
    logger,
  });
}

/** What the journal tells of records: kind, place and lines. */
async function told(): Promise<unknown[][]> {
  const { rows } = await database.owner.query<{ kind: number; record: Record<string, unknown> }>({
    text: "SELECT kind, detail->'record'->'told' AS record FROM journal WHERE kind BETWEEN 90 AND 99 ORDER BY sequence",
  });
  return rows.map(({ kind, record }) => [kind, record.locationId ?? record.lines ?? null]);
}
/** As if everything had been heard so long ago. */
const age = (seconds: number) =>
  database.owner.query({
    text: "UPDATE source_contact SET last_heard_at = last_heard_at - $1::integer * interval '1 second'",
    values: [seconds],
  });

test("lines say when a source was heard of, where, and of which moment it told", async () => {
  const occurredAtMs = Date.parse("2026-11-01T10:00:00.000Z");
  await intake.apply(till, [
    lineOf({ occurredAtMs }),
    lineOf({ occurredAtMs: occurredAtMs - 5_000 }),
    lineOf({ location: { locationId: "nowhere" } }),
  ]);
  await contacts.flush();
  const { rows } = await database.owner.query<ShownSourceRow>(selectSource("till"));
  expect(rows[0]!.contacts!.map((each) => [each.locationId, each.lastEventAtMs, each.isStale])).toEqual([
    ["", occurredAtMs, false],
    ["shop", occurredAtMs, false],
  ]);
  // What comes late tells of no newer moment, and a source that there is not is not written down.
  await intake.apply(till, [lineOf({ occurredAtMs: occurredAtMs - 90_000 })]);
  await intake.apply(originOf("nobody"), [lineOf()]);
  await contacts.flush();
  const { rows: after } = await database.owner.query({
    text: "SELECT DISTINCT source_id, last_event_at FROM source_contact",
  });
  expect(after).toEqual([{ source_id: "till", last_event_at: occurredAtMs }]);
});

test("silence is told once, whoever looks, and its end too", async () => {
  await intake.apply(till, [lineOf()]);
  await contacts.flush();
  const [one, other] = [keeperOf("srv_1"), keeperOf("srv_2")];
  expect(await one.step()).toBe(true);
  expect(await other.step()).toBe(false);
  expect(await told()).toEqual([]);
  await age(61);
  await one.step();
  await one.stop();
  expect(await other.step()).toBe(true);
  const stale = [
    [91, null],
    [91, "shop"],
  ];
  expect(await told()).toEqual(stale);
  await intake.apply(till, [lineOf()]);
  await contacts.flush();
  await other.step();
  expect(await told()).toEqual([...stale, [92, null], [92, "shop"]]);
  await age(61);
  await other.step();
  expect((await told()).slice(4)).toEqual(stale);
  await other.stop();
});

test("a source that is archived is silent without being told of", async () => {
  await intake.apply(till, [lineOf()]);
  await contacts.flush();
  await database.owner.query({ text: "UPDATE source SET life = 1" });
  await age(61);
  const keeper = keeperOf("srv_1");
  await keeper.step();
  await keeper.stop();
  expect(await told()).toEqual([]);
});

test("lines that wait are told of once and applied when their codes are known, in steps of the longest waiting", async () => {
  const keeper = keeperOf("srv_1");
  const lines = Array.from({ length: 1_200 }, () => lineOf({ product: { code: "x" }, location: { code: "y" } }));
  await intake.apply(till, lines);
  await keeper.step();
  await keeper.step();
  expect(await told()).toEqual([
    [93, 1_000],
    [93, 200],
  ]);
  await mapCodes(database, "till", { x: ["product", "soap"] });
  await keeper.step();
  await keeper.step();
  // They wait for the next code now, and are not told of again.
  expect(await onHand(database)).toBe(0);
  expect(await told()).toHaveLength(2);
  await mapCodes(database, "till", { y: ["location", "shop"] });
  await keeper.step();
  expect(await onHand(database)).toBe(-1_000);
  await keeper.step();
  await keeper.step();
  expect(await onHand(database)).toBe(-1_200);
  await keeper.stop();
});
