/** Looks afterwards whether the sale came out even. */
import type { Api } from "../api.ts";
import type { DemoServer } from "../server-child.ts";
import type { ListingRow } from "./listing.ts";
import { type Fates, isBalanced, sumOf } from "./tally.ts";

export interface Check {
  readonly name: string;
  readonly isRight: boolean;
  readonly detail: string;
}

const expiryMsMax = 20_000;
const lookEveryMs = 200;

interface Item {
  readonly productId: string;
  readonly stockLevel: number;
  readonly reservedStock: number;
  readonly availableStock: number;
}

/** @param fates what became of each row that wanted something */
export async function checkSale(
  api: Api,
  server: DemoServer,
  rows: readonly ListingRow[],
  levels: ReadonlyMap<string, number>,
  fates: ReadonlyMap<ListingRow, Fates>,
): Promise<Check[]> {
  const items = await settledItems(api);
  const onHand = new Map<string, number>();
  for (const { productId, stockLevel } of items) onHand.set(productId, (onHand.get(productId) ?? 0) + stockLevel);
  const sold = new Map<string, number>();
  for (const [{ itemId }, tally] of fates) sold.set(itemId, (sold.get(itemId) ?? 0) + tally.sold);
  const wrongLevels = [...levels].filter(
    ([itemId, units]) => (onHand.get(itemId) ?? 0) !== 2 * units - (sold.get(itemId) ?? 0),
  );
  const oversold = items.filter((item) => item.availableStock < 0);
  const stillHeld = items.reduce((sum, item) => sum + item.reservedStock, 0);
  const unbalanced = [...fates.values()].filter((tally) => !isBalanced(tally));
  const wanting = rows.filter(({ kind }) => kind === "sold");
  const asked = sumOf(fates.values()).asked;
  const units = wanting.reduce((sum, row) => sum + row.units, 0);
  const verified = await server.run("verify");
  return [
    {
      name: "every row is accounted for",
      isRight: fates.size === wanting.length && asked === units && unbalanced.length === 0,
      detail: `${fates.size} of ${wanting.length} rows that want something, ${asked} of ${units} units, ${unbalanced.length} rows out of balance`,
    },
    {
      name: "no oversell",
      isRight: oversold.length === 0,
      detail: `${oversold.length} of ${items.length} items below zero`,
    },
    {
      name: "levels = opening − sold",
      isRight: wrongLevels.length === 0,
      detail: `${levels.size - wrongLevels.length} of ${levels.size} items`,
    },
    { name: "nothing is held for ever", isRight: stillHeld === 0, detail: `${stillHeld} units still held` },
    {
      name: "onhand verify",
      isRight: verified.code === 0,
      detail: verified.code === 0 ? "the journal is whole" : verified.output.trim(),
    },
  ];
}

/** All items once what was abandoned has gone back, or when that takes too long. */
async function settledItems(api: Api): Promise<Item[]> {
  for (const begunAtMs = performance.now(); ; ) {
    const items = await allItems(api);
    const isSettled = items.every((item) => item.reservedStock === 0);
    if (isSettled || performance.now() - begunAtMs > expiryMsMax) return items;
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
}

async function allItems(api: Api): Promise<Item[]> {
  const items: Item[] = [];
  for (let next: string | null = ""; next !== null; ) {
    const path = `/v1/inventory?limit=1000${next === "" ? "" : `&cursor=${encodeURIComponent(next)}`}`;
    const { status, body } = await api.get(path);
    if (status !== 200) throw new Error(`${path}: ${JSON.stringify(body)}`);
    items.push(...(body.data as Item[]));
    next = body.nextCursor as string | null;
  }
  return items;
}
