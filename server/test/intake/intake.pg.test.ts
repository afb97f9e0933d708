/** Lines from outside: each operation has effect once, whatever its codes mean when it comes again; no line harms another. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { Submitter } from "../../src/commands/submitter.ts";
import type { IntakeLine } from "../../src/intake/intake-line.ts";
import { ParkedLines } from "../../src/intake/parked-lines.ts";
import { discardParked } from "../../src/intake/sql/parked.ts";
import { insertPublications } from "../../src/intake/sql/statements.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { OutcomeUnknown, PoisonCommand } from "../../src/writer/errors.ts";
import type { Writer } from "../../src/writer/writer.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { apply, createLocation, createProduct, inventory, line, openWriter } from "../support/writers.ts";
import { lineOf, mapCodes, onHand, openIntake, originOf, partitionCount } from "./support.ts";

let database: TestDatabase;
let writer: Writer;
let intake: ReturnType<typeof openIntake>;
const till = originOf("till");

beforeEach(async () => {
  database = await createDatabase(partitionCount);
  writer = await openWriter(database);
  intake = openIntake(database, writer);
  await apply(writer, createLocation("shop"), createLocation("stall"));
  await apply(writer, ...["soap", "brush", "towel"].map((each) => createProduct(each)));
  await apply(writer, ...["soap", "brush"].map((each) => inventory([line(each, "shop", { adjustment: 100 })])));
});
afterEach(async () => {
  await writer.stop();
  await database.close();
});

const verdicts = (results: readonly { verdict: string }[]): string[] => results.map((result) => result.verdict);
const parkedOf = async (operationId: string) =>
  (await new ParkedLines(database.application, systemClock).of(till, [operationId])).get(operationId)!;

test("products and locations are named by id, by SKU or by the sender's codes", async () => {
  await mapCodes(database, "till", { "4711": ["product", "brush"], front: ["location", "shop"] });
  const results = await intake.apply(till, [
    lineOf(),
    lineOf({ product: { sku: "SKU-soap" } }),
    lineOf({ product: { code: "4711" }, location: { code: "front" } }),
    lineOf({ product: { code: "4711" }, location: { locationId: "stall" }, change: { adjustment: -2 } }),
  ]);
  expect(results).toMatchObject(Array(4).fill({ verdict: "applied", rule: "change_added" }));
  expect(await onHand(database)).toBe(98);
  expect(await onHand(database, "brush")).toBe(99);
  // What happened is recorded, also where it takes stock below zero.
  expect(await onHand(database, "brush", "stall")).toBe(-2);
});

test("an operation that comes again changes nothing, also when its code means another product by then", async () => {
  await mapCodes(database, "till", { "1": ["product", "soap"] });
  const sale = lineOf({ product: { code: "1" } });
  const [first] = await intake.apply(till, [sale]);
  await mapCodes(database, "till", { "1": ["product", "brush"] });
  for (const other of [intake, openIntake(database, writer)]) {
    const [again] = await other.apply(till, [{ ...sale, occurredAtMs: null, reason: "another reason" }]);
    expect(again).toMatchObject({ verdict: "duplicate", movementId: first!.movementId!, rule: "change_added" });
  }
  await database.application.query({ text: "DELETE FROM source_code" });
  expect(await intake.apply(till, [sale])).toMatchObject([{ verdict: "duplicate", movementId: first!.movementId! }]);
  expect([await onHand(database), await onHand(database, "brush")]).toEqual([99, 100]);
  // The operations of others are others.
  expect(await intake.apply(originOf("shop2"), [lineOf({ operationId: sale.operationId })])).toMatchObject([
    { verdict: "applied" },
  ]);
});

test("the corrected time of an operation may differ from one sending to the next", async () => {
  const saidAtMs = Date.now() - 86_400_000;
  const sale = lineOf({ saidAtMs, occurredAtMs: saidAtMs + 4_000 });
  await intake.apply(till, [sale]);
  expect(verdicts(await intake.apply(till, [{ ...sale, occurredAtMs: saidAtMs + 9_000 }]))).toEqual(["duplicate"]);
});

test("the same operation with other words is parked, and the first one stays what it was", async () => {
  const sale = lineOf();
  const other = { ...sale, change: { adjustment: -5 } };
  expect(verdicts(await intake.apply(till, [sale, other, sale]))).toEqual(["applied", "rejected", "duplicate"]);
  expect(await intake.apply(till, [other, sale])).toMatchObject([
    { verdict: "rejected", error: { code: "idempotency_key_reused" } },
    { verdict: "duplicate" },
  ]);
  expect(await onHand(database)).toBe(99);
  // Somebody says that both happened.
  const row = await parkedOf(sale.operationId);
  expect(await intake.retry([row], till.context)).toMatchObject([{ verdict: "applied" }]);
  expect(await onHand(database)).toBe(94);
});

test("what has no mapping waits, and is applied once it has one, once", async () => {
  const lines = [
    lineOf({ product: { code: "new" } }),
    lineOf({ location: { code: "kiosk" } }),
    lineOf({ product: { sku: "SKU-lamp" } }),
    lineOf(),
  ];
  const results = await intake.apply(till, lines);
  expect(results.map((each) => each.error?.code ?? each.verdict)).toEqual([
    "unmapped_product",
    "unmapped_location",
    "unknown_product",
    "applied",
  ]);
  expect(verdicts(await intake.apply(till, lines))).toEqual(["review", "review", "review", "duplicate"]);
  await mapCodes(database, "till", { new: ["product", "soap"], kiosk: ["location", "stall"] });
  await apply(writer, createProduct("lamp"));
  const rows = await Promise.all(lines.slice(0, 3).map((each) => parkedOf(each.operationId)));
  expect(rows.map((row) => [row.state, row.tries, row.code])).toEqual([
    ["open", 0, "new"],
    ["open", 0, "kiosk"],
    ["open", 0, "SKU-lamp"],
  ]);
  // Its sender sends it again, and somebody retries it at the same time on another server.
  const [sent, retried] = await Promise.all([
    intake.apply(till, lines),
    openIntake(database, writer).retry(rows, till.context),
  ]);
  for (const result of [...sent, ...retried]) expect(result.movementId).toBeDefined();
  expect(verdicts(await intake.apply(till, lines))).toEqual(Array(4).fill("duplicate"));
  expect([await onHand(database), await onHand(database, "soap", "stall"), await onHand(database, "lamp")]).toEqual([
    98, -1, -1,
  ]);
  expect(await parkedOf(lines[0]!.operationId)).toMatchObject({ state: "applied", result: { rule: "change_added" } });
});

test("what is refused is parked, and a retry takes a key of its own", async () => {
  const archive = (life: "active" | "archived") =>
    apply(writer, { ...createProduct("soap"), operation: { kind: "patch", fields: {}, life } });
  await archive("archived");
  const sale = lineOf();
  const [refused] = await intake.apply(till, [sale, lineOf({ product: { productId: "brush" } })]);
  expect(refused).toMatchObject({ verdict: "rejected", error: { code: "archived" } });
  expect(await onHand(database, "brush")).toBe(99);
  expect(await intake.retry([await parkedOf(sale.operationId)], till.context)).toMatchObject([
    { verdict: "rejected", parkedId: refused!.parkedId! },
  ]);
  await archive("active");
  // The refusal under its own key is remembered: only a retry lets it in.
  expect(verdicts(await intake.apply(till, [sale]))).toEqual(["rejected"]);
  const row = await parkedOf(sale.operationId);
  expect(row.tries).toBe(2);
  const both = await Promise.all([intake.retry([row], till.context), intake.retry([row], till.context)]);
  expect(both.flat().map((each) => each.movementId)).toEqual(Array(2).fill(expect.any(String)));
  expect(await intake.apply(till, [sale])).toMatchObject([{ verdict: "duplicate", parkedId: row.parked_id }]);
  expect(await onHand(database)).toBe(99);
});

test("a line that makes no sense, and one that the database chokes on, harm no other", async () => {
  const submitter = new Submitter(writer);
  const poisoned = openIntake(database, writer, {
    submit: (command) =>
      command.lines[0]!.change.adjustment === -13
        ? Promise.reject(new PoisonCommand("the database refuses it"))
        : submitter.submitOne(command),
  });
  const results = await poisoned.apply(till, [
    lineOf({ change: { adjustment: 0.5 } }),
    lineOf({ change: { adjustment: -13 } }),
    lineOf({ operationId: "a\nb" }),
    lineOf({ occurredAtMs: Number.NaN }),
    lineOf(),
    lineOf({ product: { productId: "nothing" } }),
    lineOf({ location: { locationId: "nowhere" } }),
  ]);
  expect(results.map((each) => [each.verdict, each.error?.code])).toEqual([
    ["rejected", "validation_failed"],
    ["rejected", "validation_failed"],
    ["rejected", "validation_failed"],
    ["rejected", "validation_failed"],
    ["applied", undefined],
    ["review", "not_found"],
    ["review", "not_found"],
  ]);
  expect(await onHand(database)).toBe(99);
  expect(verdicts(await intake.apply(originOf("erp", { mode: "levels" }), [lineOf()]))).toEqual(["rejected"]);
});

test("when answers are lost, the request fails, and sending it again completes it without doing anything twice", async () => {
  const submitter = new Submitter(writer);
  let asked = 0;
  const lossy = openIntake(database, writer, {
    submit: async (command) => {
      asked += 1;
      if (asked % 7 === 0) throw new OutcomeUnknown("not sent");
      const settled = await submitter.submitOne(command);
      if (asked % 5 === 0) throw new OutcomeUnknown("lost");
      return settled;
    },
  });
  const lines = [...Array.from({ length: 60 }, () => lineOf()), lineOf({ product: { code: "unmapped" } })];
  await expect(lossy.apply(till, lines)).rejects.toBeInstanceOf(OutcomeUnknown);
  const results = await intake.apply(till, lines);
  expect(results.at(-1)).toMatchObject({ verdict: "review", error: { code: "unmapped_product" } });
  expect(new Set(verdicts(results))).toEqual(new Set(["applied", "duplicate", "review"]));
  expect(await onHand(database)).toBe(40);
});

test("lines that come four times, shuffled, through two servers, count once", async () => {
  await mapCodes(database, "till", { s: ["product", "soap"], b: ["product", "brush"] });
  const lines = Array.from(
    { length: 400 },
    (_, index): IntakeLine =>
      lineOf({
        product: index % 2 === 0 ? { code: "s" } : { code: "b" },
        change: { adjustment: -1 - (index % 3) },
      }),
  );
  const otherWriter = await openWriter(database);
  try {
    const servers = [intake, openIntake(database, otherWriter)];
    const shuffled = (seed: number) => lines.toSorted((a, b) => hash(a, seed) - hash(b, seed));
    await Promise.all([1, 2, 3, 4].map((seed) => servers[seed % 2]!.apply(till, shuffled(seed))));
    const sumOf = (code: string): number =>
      lines.reduce((sum, each) => {
        const isOf = "code" in each.product && each.product.code === code;
        return sum + (isOf && "adjustment" in each.change ? each.change.adjustment : 0);
      }, 100);
    expect([await onHand(database), await onHand(database, "brush")]).toEqual([sumOf("s"), sumOf("b")]);
  } finally {
    await otherWriter.stop();
  }
});

test("of levels the newest holds, and the answer names the rule", async () => {
  const nowMs = Date.now();
  const level = (stockLevel: number, agoMs: number, version: number | null = null) =>
    lineOf({ change: { stockLevel }, movementType: "count", occurredAtMs: nowMs - agoMs, version });
  const erp = originOf("erp", { trust: 90 });
  expect(await intake.apply(erp, [level(80, 0, 7)])).toMatchObject([{ verdict: "applied", rule: "newest_level" }]);
  expect(await intake.apply(erp, [level(70, 0, 6)])).toMatchObject([{ verdict: "ignored", rule: "older_version" }]);
  expect(await intake.apply(till, [level(60, 0)])).toMatchObject([{ verdict: "ignored", rule: "less_trusted" }]);
  expect(await intake.apply(erp, [level(50, 60_000)])).toMatchObject([{ verdict: "ignored", rule: "older_level" }]);
  expect(await onHand(database)).toBe(80);
  const { rows } = await database.owner.query({
    text: "SELECT source_id, stock_level, version, rule FROM source_statement ORDER BY source_id",
  });
  expect(rows).toEqual([
    { source_id: "erp", stock_level: 80, version: 7, rule: "newest_level" },
    { source_id: "till", stock_level: 60, version: null, rule: "less_trusted" },
  ]);
});

test("a large request of levels waits for room, and none of it for too long", async () => {
  const locations = Array.from({ length: 40 }, (_, index) => `l${index}`);
  await apply(writer, ...locations.map(createLocation));
  const levels = Array.from({ length: 1_200 }, (_, index) =>
    lineOf({ location: { locationId: locations[index % 40]! }, change: { stockLevel: index }, movementType: "count" }),
  );
  const loads: number[] = [];
  const submitter = new Submitter(writer);
  const watched = openIntake(database, writer, {
    submit: (command) => {
      loads.push(watched.load.lines);
      return submitter.submitOne(command);
    },
  });
  const results = await watched.apply(till, levels);
  expect(new Set(results.map((each) => each.rule))).toEqual(new Set(["newest_level"]));
  expect(Math.max(...loads)).toBe(8_000);
  expect(watched.load).toEqual({ lines: 0, waiting: 0 });
  expect(await onHand(database, "soap", "l39")).toBe(1_199);
});

test("a source that only states levels moves nothing, and what it says is kept", async () => {
  const auditor = originOf("auditor", { isStatementOnly: true });
  const [kept, refused] = await intake.apply(auditor, [
    lineOf({ change: { stockLevel: 12 }, movementType: "count" }),
    lineOf(),
  ]);
  expect(kept).toMatchObject({ verdict: "applied", rule: "statement" });
  expect(refused).toMatchObject({ verdict: "rejected" });
  expect(await onHand(database)).toBe(100);
  expect(intake.submitted).toEqual([]);
});

test("the echo of a number that was published is dropped", async () => {
  const market = originOf("market", { echoWindowMs: 600_000 });
  const publication = { publicationId: "p1", productId: "soap", reference: null, publishedAtMs: null };
  await database.application.query(
    insertPublications("market", [
      { ...publication, locationId: "shop", stockLevel: 97 },
      { ...publication, locationId: "", stockLevel: 95 },
    ]),
  );
  const level = (stockLevel: number) => lineOf({ change: { stockLevel }, movementType: "count" });
  expect(await intake.apply(market, [level(97), level(95), level(96)])).toMatchObject([
    { verdict: "ignored", rule: "echo" },
    { verdict: "ignored", rule: "echo" },
    { verdict: "applied", rule: "newest_level" },
  ]);
  expect(await onHand(database)).toBe(96);
});

test("a line that was discarded stays so, whoever sends it again", async () => {
  const sale = lineOf({ product: { code: "old" } });
  await intake.apply(till, [sale]);
  const row = await parkedOf(sale.operationId);
  await database.application.query(discardParked(row.parked_id, "key_2", "a test of theirs"));
  await mapCodes(database, "till", { old: ["product", "soap"] });
  expect(await intake.apply(till, [sale])).toMatchObject([{ verdict: "ignored", rule: "discarded" }]);
  expect(await onHand(database)).toBe(100);
  expect((await parkedOf(sale.operationId)).history.map((step) => [step.did, step.by])).toEqual([
    ["parked", "key_1"],
    ["discarded", "key_2"],
  ]);
});

/** A number that looks drawn, the same for the same line and seed. */
const hash = (each: IntakeLine, seed: number): number =>
  [...`${each.operationId}/${seed}`].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 1_000_003, seed);
