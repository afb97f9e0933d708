/** Holds what still differs to the truth: each difference is explained, and nothing differs that nobody tells of. */
import { expect } from "bun:test";
import { type ServerProcess, until } from "../support/server-process.ts";
import { itemKey, type Place } from "./truth.ts";
import { allOf, itemsOf } from "./views.ts";
import type { World } from "./world.ts";

/** What the ERP's book says of an item that it has not invoiced all sales of: units that it has too many. */
export type NotInvoiced = ReadonlyMap<string, number>;

const exactChecks = ["level", "movements", "counter", "total", "channel", "overdue_hold"];

export async function checkDifferences(
  server: ServerProcess,
  world: World,
  book: { readonly asOfMs: number; readonly notInvoiced: NotInvoiced },
): Promise<void> {
  await server.expect("POST", "/v1/reconciliations", {});
  await until("reconciliation has finished", async () => {
    const runs = await server.expect<{ data: { status: string }[] }>("GET", "/v1/reconciliations");
    return runs.data.every(({ status }) => status !== "running");
  });
  const open = (await allOf(server, "/v1/reconciliations/differences")).filter(({ state }) => state !== "closed");
  const of = (check: string) => open.filter((difference) => difference.check === check);

  for (const check of exactChecks) expect([check, of(check)]).toEqual([check, []]);
  for (const { explanation } of open) expect(explanation.length).toBeGreaterThan(20);

  const below = world.truth.items.filter((place) => world.truth.levelOf(place) < 0).map(itemKey);
  expect([...new Set(of("negative_stock").map((row) => itemKey(row as Place)))].sort()).toEqual(below.sort());

  expect(of("stale_source").map(({ sourceId, locationId }) => [sourceId, locationId])).toEqual(
    expect.arrayContaining([["kiosk", null]]),
  );
  expect(of("stale_source").filter(({ sourceId }) => sourceId !== "kiosk")).toEqual([]);

  const waiting = new Set([...world.parked.keys()].map((key) => key.split(" ")[0]!));
  const told = of("parked_lines").map(({ sourceId }) => sourceId.replace(/^device:/, ""));
  expect(told.sort()).toEqual([...waiting].sort());

  // The ERP's book: exactly the sales that it has not got.
  const ofBook = of("statement").filter(({ sourceId }) => sourceId === "ledger");
  expect(new Map(ofBook.map((row) => [itemKey(row), row.units]))).toEqual(new Map(book.notInvoiced));
  for (const row of ofBook) {
    expect(row.expected.onHand).toBe(world.truth.levelOf(row, book.asOfMs));
    expect([itemKey(row), row.driftKind, row.explanation]).toEqual([
      itemKey(row),
      "not_yet_there",
      expect.stringMatching(/has not got/),
    ]);
    expect(row.firstMovementId).toMatch(/^mov_/);
  }
  await checkOtherStatements(
    server,
    of("statement").filter(({ sourceId }) => sourceId !== "ledger"),
  );
}

interface Statement extends Place {
  readonly stockLevel: number;
  readonly asOf: string;
}

/** What other sources stated last: it is what there was then by everything known today, or an open difference says so. */
async function checkOtherStatements(
  server: ServerProcess,
  differences: readonly Record<string, unknown>[],
): Promise<void> {
  const known = new Map(differences.map((row) => [`${row.sourceId} ${itemKey(row as unknown as Place)}`, row]));
  const idOf = new Map((await itemsOf(server)).map((item) => [itemKey(item), item.inventoryId as string]));
  for (const sourceId of ["erp", "bazaar", "kiosk"])
    for (const { asOf, ...statement } of (await allOf(server, `/v1/sources/${sourceId}/statements`)) as Statement[]) {
      const then = await server.expect<{ stockLevel: number }>(
        "GET",
        `/v1/inventory/${idOf.get(itemKey(statement))}?asOf=${asOf}&asOfBasis=occurred`,
      );
      const difference = known.get(`${sourceId} ${itemKey(statement)}`);
      const units = statement.stockLevel - then.stockLevel;
      expect([sourceId, itemKey(statement), difference?.units ?? 0]).toEqual([sourceId, itemKey(statement), units]);
      if (difference !== undefined) expect(difference.expected).toMatchObject({ onHand: then.stockLevel });
    }
}

/** Lines that wait are those that nobody could apply, each for its own reason; no other one was left behind. */
export async function checkParked(server: ServerProcess, world: World): Promise<void> {
  const rows = await allOf(server, "/v1/parked-lines");
  const waiting = new Map(rows.map((row) => [`${row.originId} ${row.operationId}`, row.reason as string]));
  expect(new Map([...waiting].sort())).toEqual(new Map([...world.parked].sort()));
}
