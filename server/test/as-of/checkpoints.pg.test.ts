/** Checkpoints: made in time, told once, and proven by what the journal tells of them. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { entryKinds } from "@onhand/protocol/vocabulary";
import { Registry } from "prom-client";
import { CheckpointKeeper } from "../../src/checkpoints/checkpoint-keeper.ts";
import { type MakerParts, makeCheckpoint } from "../../src/checkpoints/checkpoint-maker.ts";
import { partitionOf } from "../../src/core/record/partition.ts";
import type { Fault } from "../../src/journal/verify/report.ts";
import { verifyJournal } from "../../src/journal/verify/verify-journal.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { checkpointMetrics } from "../../src/telemetry/checkpoint-metrics.ts";
import type { Writer } from "../../src/writer/writer.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import {
  adjust,
  apply,
  createLocation,
  createProduct,
  inventory,
  line,
  openWriter,
  submitOne,
} from "../support/writers.ts";

const partitionCount = 2;
const ids = Array.from({ length: 20 }, (_, index) => `p${index}`);
const [p, q, r] = ids.filter((id) => partitionOf(id, partitionCount) === 1) as [string, string, string];

let database: TestDatabase;
let writer: Writer;
beforeAll(async () => {
  database = await createDatabase(partitionCount);
  writer = await openWriter(database);
  await apply(writer, createLocation("paris"), ...[p, q, r].map((id) => createProduct(id)));
  await apply(writer, adjust(p, "paris", 10), adjust(q, "paris", 20), adjust(r, "paris", 30));
});
afterAll(async () => {
  await writer.stop();
  await database.close();
});

const parts = (changes: Partial<MakerParts> = {}): MakerParts => ({
  database: database.application,
  submit: (command) => submitOne(writer, command),
  kept: 30,
  ...changes,
});
const keeper = (serverId: string, everyEntries: number) =>
  new CheckpointKeeper({
    ...parts(),
    everyEntries,
    everyHours: 24,
    serverId,
    clock: systemClock,
    metrics: checkpointMetrics(new Registry()),
    logger: { warn: () => {} },
  });

const run = (text: string) => database.owner.query<Record<string, number>>({ text });
const countOf = async (from: string): Promise<number> =>
  (await run(`SELECT count(*)::integer AS n FROM ${from}`)).rows[0]!.n!;
const toldEntries = (partition: number) =>
  countOf(`journal WHERE kind = ${entryKinds.journalCheckpointed} AND partition = ${partition}`);

describe("making them", () => {
  test("nothing is made where there is nothing new, and the entry that tells of one is nothing new", async () => {
    expect(await makeCheckpoint(parts(), 2)).toBeNull();
    expect(await makeCheckpoint(parts(), 1)).toMatchObject({ partition: 1, previous: 0, levels: 3, late: 0 });
    expect(await makeCheckpoint(parts(), 1)).toBeNull();
    expect(await toldEntries(1)).toBe(1);
  });

  test("of two that are made at the same time one comes to nothing", async () => {
    await apply(writer, adjust(p, "paris", -1), adjust(q, "paris", -1));
    const made = await Promise.all([makeCheckpoint(parts(), 1), makeCheckpoint(parts(), 1)]);
    expect(made.filter((each) => each !== null)).toHaveLength(1);
    expect(await toldEntries(1)).toBe(2);
  });

  test("what could not be told is told at the next turn, once", async () => {
    await apply(writer, adjust(p, "paris", -1), adjust(q, "paris", -1));
    const failing = parts({ submit: () => Promise.reject(new Error("the writer is gone")) });
    expect(makeCheckpoint(failing, 1)).rejects.toThrow("the writer is gone");
    await makeCheckpoint(failing, 1).catch(() => {});
    expect(await countOf("checkpoint WHERE NOT is_told")).toBe(1);
    expect(await verifyJournal(database.application)).toMatchObject({ ok: true });
    expect(await keeper("a", 1_000).step()).toEqual({ made: 0 });
    expect(await countOf("checkpoint WHERE NOT is_told")).toBe(0);
    expect(await toldEntries(1)).toBe(3);
    // The answer to the first telling was lost: told again, it is the same entry.
    await run("UPDATE checkpoint SET is_told = false");
    expect(await makeCheckpoint(parts(), 1)).toBeNull();
    expect(await toldEntries(1)).toBe(3);
  });

  test("one server makes what is due: by entries, by hours, never without anything new", async () => {
    // The duty of the step before is still held by its server.
    await run("DELETE FROM duty");
    const [first, second] = [keeper("one", 10), keeper("two", 10)];
    expect(await first.step()).toEqual({ made: 0 });
    expect(await second.step()).toBe("elsewhere");
    await apply(writer, ...Array.from({ length: 10 }, () => adjust(p, "paris", 1)));
    expect(await first.step()).toEqual({ made: 1 });
    expect(await first.step()).toEqual({ made: 0 });
    await run("UPDATE checkpoint SET made_at = made_at - interval '25 hours'");
    expect(await first.step()).toEqual({ made: 0 });
    await apply(writer, adjust(p, "paris", 1));
    expect(await first.step()).toEqual({ made: 1 });
    await first.stop();
    expect(await second.step()).toEqual({ made: 0 });
    await second.stop();
  });

  test("old ones lose their levels, and keep their place", async () => {
    await apply(writer, adjust(p, "paris", 1), adjust(p, "paris", 1));
    const before = await countOf("checkpoint");
    await makeCheckpoint(parts({ kept: 2 }), 1);
    await apply(writer, adjust(p, "paris", 1), adjust(p, "paris", 1));
    await makeCheckpoint(parts({ kept: 2 }), 1);
    expect(await countOf("checkpoint")).toBe(before + 2);
    expect(await countOf("checkpoint WHERE has_levels")).toBe(2);
    expect(await countOf("checkpoint_level")).toBe(6);
    expect(await verifyJournal(database.application)).toMatchObject({ ok: true });
  });
});

describe("proving them", () => {
  const tables = [
    "checkpoint",
    "checkpoint_level",
    "checkpoint_late",
    "item",
    "product_total",
    "journal",
    "partition_head",
  ];

  beforeAll(async () => {
    // Late: it occurred before the last checkpoint.
    const occurredAtMs = Date.now() - 60_000;
    await apply(writer, inventory([line(q, "paris", { adjustment: -2 }, { occurredAtMs })]), adjust(p, "paris", 1));
    expect(await makeCheckpoint(parts(), 1)).toMatchObject({ late: 1 });
    await apply(writer, adjust(p, "paris", 2), adjust(p, "paris", 2));
    for (const table of tables) await run(`CREATE TABLE saved_${table} AS TABLE ${table}`);
    await run("ALTER TABLE journal DROP CONSTRAINT journal_never_oversells, DROP CONSTRAINT journal_moves_by_kind");
  });
  afterEach(async () => {
    await run(`TRUNCATE ${tables.join(", ")}`);
    for (const table of tables) await run(`INSERT INTO ${table} SELECT * FROM saved_${table}`);
  });

  const kindsOf = async (fromCheckpoint: boolean): Promise<Fault["kind"][]> => {
    const { faults } = await verifyJournal(database.application, { fromCheckpoint });
    return [...new Set(faults.map(({ kind }) => kind))].sort();
  };
  const last = "(SELECT max(sequence) FROM checkpoint WHERE partition = 1)";

  test("untouched, all verifies; from a checkpoint only what lies behind it is read", async () => {
    const whole = await verifyJournal(database.application);
    const report = await verifyJournal(database.application, { fromCheckpoint: true });
    expect(whole).toMatchObject({ ok: true });
    expect(report).toMatchObject({ ok: true });
    const [place] = (await run(`SELECT ${last} AS sequence`)).rows;
    expect(report.partitions[1]).toMatchObject({ fromSequence: place!.sequence, entries: 3 });
    expect(report.partitions[0]).toMatchObject({ fromSequence: 0 });
    expect(report.partitions[1]!.hash).toBe(whole.partitions[1]!.hash);
  });

  test("a level in a checkpoint that was changed", async () => {
    await run(`UPDATE checkpoint_level SET on_hand = on_hand + 1 WHERE checkpoint = ${last}`);
    expect(await kindsOf(false)).toEqual(["checkpoint"]);
    expect(await kindsOf(true)).toEqual(["checkpoint", "level"]);
  });

  test("a level in an older checkpoint that was changed is found by the whole check", async () => {
    await run(`UPDATE checkpoint_level SET on_hand = on_hand + 1 WHERE checkpoint < ${last}`);
    expect(await kindsOf(false)).toEqual(["checkpoint"]);
  });

  test("a late movement that was changed, or taken away", async () => {
    await run(`UPDATE checkpoint_late SET occurred_at = occurred_at - interval '1 second'`);
    expect([await kindsOf(false), await kindsOf(true)]).toEqual([["checkpoint"], ["checkpoint"]]);
    await run("DELETE FROM checkpoint_late");
    expect([await kindsOf(false), await kindsOf(true)]).toEqual([["checkpoint"], ["checkpoint"]]);
  });

  test("a digest that was changed with its rows is not what the journal was told", async () => {
    await run(`UPDATE checkpoint SET digest = '\\x${"ab".repeat(32)}' WHERE sequence = ${last}`);
    expect(await kindsOf(true)).toEqual(["checkpoint"]);
    expect(await kindsOf(false)).toEqual(["checkpoint"]);
  });

  test("a checkpoint that was taken away is missed, and so is the entry that tells of one", async () => {
    await run(`DELETE FROM checkpoint WHERE sequence = ${last}`);
    expect(await kindsOf(false)).toEqual(["checkpoint"]);
    await run(
      `INSERT INTO checkpoint SELECT * FROM saved_checkpoint WHERE sequence = ${last.replace("checkpoint", "saved_checkpoint")}`,
    );
    await run(
      `UPDATE journal SET kind = ${entryKinds.sourceFresh} WHERE kind = ${entryKinds.journalCheckpointed} AND sequence > ${last}`,
    );
    expect(await kindsOf(true)).toEqual(["checkpoint", "hash"]);
  });

  test("from a checkpoint: a level row that was set back to an older entry, or deleted, which an anchor does not notice", async () => {
    await run(
      `UPDATE item i SET on_hand = j.on_hand, version = j.version, last_sequence = j.sequence, updated_at = j.recorded_at
       FROM journal j WHERE i.product_id = '${q}' AND j.partition = i.partition AND j.sequence = (SELECT previous_sequence FROM journal WHERE partition = i.partition AND sequence = i.last_sequence)`,
    );
    expect(await kindsOf(true)).toEqual(["level", "total"]);
    await run(`DELETE FROM item WHERE product_id = '${r}'`);
    expect(await kindsOf(true)).toContain("level_missing");
  });

  test("the entry at the checkpoint is another one", async () => {
    await run(`UPDATE journal SET hash = '\\x${"cd".repeat(32)}' WHERE partition = 1 AND sequence = ${last}`);
    expect(await kindsOf(true)).toEqual(["anchor"]);
  });
});
