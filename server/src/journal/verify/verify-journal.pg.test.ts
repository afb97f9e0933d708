import { afterAll, beforeAll, expect, test } from "bun:test";
import { fillJournal } from "../../../test/support/bulk-journal.ts";
import { createDatabase, type TestDatabase } from "../../../test/support/database.ts";
import {
  adjust,
  apply,
  createLocation,
  createProduct,
  inventory,
  line,
  openWriter,
  submitOne,
} from "../../../test/support/writers.ts";
import type { LocationCommand, ProductCommand } from "../../core/command.ts";
import { commitmentOf } from "../../core/record/chain.ts";
import type { Writer } from "../../writer/writer.ts";
import { anchorOf, formatAnchor, parseAnchor } from "./anchor.ts";
import { PartitionUnknown, verifyJournal } from "./verify-journal.ts";

let database: TestDatabase;
let writer: Writer;

beforeAll(async () => {
  database = await createDatabase();
  writer = await openWriter(database);
});
afterAll(async () => {
  await writer.stop();
  await database.close();
});

const change = <Change extends ProductCommand | LocationCommand>(command: Change, operation: Change["operation"]) => ({
  ...command,
  operation,
});
const salt = new Uint8Array(16).fill(1);
const text = { salt, reason: "broken", reference: null, commitment: commitmentOf(salt, "broken", null) };

async function mixedCommands(): Promise<void> {
  const products = Array.from({ length: 12 }, (_, index) => `mixed-${index}`);
  await apply(writer, createLocation("paris"), createLocation("lyon"), createLocation("closing"));
  await apply(writer, ...products.map((productId) => createProduct(productId)));
  await apply(writer, inventory(products.map((productId) => line(productId, "paris", { adjustment: 10 }))));
  const [a, b, c, d] = products as [string, string, string, string];
  const waived = { guard: { stockLevel: null } };
  await apply(writer, inventory([line(a, "lyon", { stockLevel: 7, reorderPoint: 3 }, { ...waived, text })]));
  await apply(writer, inventory([line(a, "paris", { unavailableStock: 4 }, waived)]));
  await apply(writer, inventory([line(b, "paris", { stockLevel: 3, countedAtMs: Date.now() })]));
  await apply(writer, inventory([line(b, "paris", { adjustment: -9 }, { allowNegative: true, text })]));
  await apply(writer, inventory([line(b, "paris", { adjustment: 2 }), line(a, "paris", { adjustment: -1 })]));
  await apply(writer, inventory([line(c, "paris", { adjustment: -10 })]));
  await apply(writer, inventory([line(c, "paris", { retire: "delete" })]));
  await apply(writer, inventory([line(c, "lyon", { adjustment: 1 }), line(c, "lyon", { adjustment: -1 })]));
  await apply(writer, inventory([line(d, "paris", { retire: "archive" })]));
  expect((await submitOne(writer, adjust(a, "paris", -1_000))).outcome.kind).toBe("rejected");
  await apply(writer, change(createProduct(d), { kind: "patch", fields: { sku: "NEW", name: "new" } }));
  await apply(writer, change(createProduct(d), { kind: "patch", fields: {}, life: "archived" }));
  await apply(writer, change(createProduct(c), { kind: "delete" }));
  await apply(writer, createProduct(c, `SKU-${d}`), adjust(c, "paris", 1));
  await apply(writer, change(createLocation("closing"), { kind: "delete" }));
  await apply(writer, change(createLocation("lyon"), { kind: "patch", fields: {}, life: "archived" }));
}

test("an empty journal verifies", async () => {
  const report = await verifyJournal(database.application);
  expect(report).toMatchObject({ ok: true, faultCount: 0 });
  expect(report.partitions).toHaveLength(17);
  expect(await verifyJournal(database.application, { from: anchorOf(report) })).toMatchObject({ ok: true });
});

test("what the writer makes of all kinds of commands verifies, and goes on from where it ended", async () => {
  await mixedCommands();
  const first = await verifyJournal(database.application);
  expect(first.faults).toEqual([]);
  const { rows } = await database.owner.query<{ entries: number }>({ text: "SELECT count(*) AS entries FROM journal" });
  expect(first.partitions.reduce((sum, { entries }) => sum + entries, 0)).toBe(rows[0]!.entries);

  await apply(writer, adjust("mixed-0", "paris", 5), adjust("mixed-11", "paris", 1));
  const from = parseAnchor(formatAnchor(anchorOf(first)));
  const second = await verifyJournal(database.application, { from });
  expect(second).toMatchObject({ ok: true, faults: [] });
  expect(second.partitions.reduce((sum, { entries }) => sum + entries, 0)).toBe(2);
});

test("erased texts leave the journal provable", async () => {
  const { rowCount } = await database.application.query({ text: "DELETE FROM entry_text WHERE reason = 'broken'" });
  expect(rowCount).toBe(2);
  expect((await verifyJournal(database.application)).faults).toEqual([]);
});

test("single partitions are verified by themselves", async () => {
  const report = await verifyJournal(database.application, { partitions: [5, 0] });
  expect(report.partitions.map(({ partition }) => partition)).toEqual([0, 5]);
  expect(report.ok).toBe(true);
  await expect(verifyJournal(database.application, { partitions: [17] })).rejects.toThrow(PartitionUnknown);
});

test("many pages, texts and parts verify, with the progress told, while writers go on", async () => {
  const filled = await createDatabase(2);
  const options = { entries: 26_000, products: 300, locations: 4, textEvery: 3, pairEvery: 5 };
  await fillJournal(filled, options);
  const whole = await verifyJournal(filled.application);
  expect(whole.faults).toEqual([]);
  expect(whole.partitions.reduce((sum, { entries }) => sum + entries, 0)).toBe(options.entries);

  const server = await openWriter(filled);
  let isVerifying = true;
  const writing = (async () => {
    let written = 0;
    for (; isVerifying; written += 40) {
      const lines = (n: number) => [0, 1].map((k) => line(`prod-${(n * 7 + k) % 300}`, "loc-1", { adjustment: 1 }));
      await apply(server, ...Array.from({ length: 20 }, (_, n) => inventory(lines(written + n))));
      await apply(server, ...[createProduct(`new-${written}`), adjust(`new-${written}`, "loc-2", 3)]);
    }
    return written;
  })();
  const told: [number, number][] = [];
  for (const from of [undefined, anchorOf(whole), anchorOf(whole)]) {
    const onProgress = (done: number, total: number): void => void told.push([done, total]);
    const report = await verifyJournal(filled.application, from === undefined ? { onProgress } : { from, onProgress });
    expect(report.faults).toEqual([]);
  }
  isVerifying = false;
  expect(await writing).toBeGreaterThan(0);
  expect(told.every(([done, total]) => done <= total)).toBe(true);
  expect(told.some(([done, total]) => done === total && total >= options.entries)).toBe(true);
  await server.stop();
  await filled.close();
}, 60_000);
