/** What must not compile: `npm run check -- tsc` fails when one of these lines does. */
import { expect, test } from "bun:test";
import { type AdjustedItem, type Answer, type Client, createClient, type InventoryItem } from "../src/index.ts";

/** Compiled, never run. */
export async function rightCalls(client: Client): Promise<unknown> {
  const adjusted: AdjustedItem = await client.adjustInventory({ sku: "A", locationId: "l1", adjustment: -1 });
  const answer: Answer<AdjustedItem> = await client.withMeta.patchInventory(
    adjusted.inventoryId,
    { stockLevel: 3 },
    { ifMatch: adjusted.version },
  );
  const { data, totals } = await client.listInventory({ include: "totals" });
  const first: InventoryItem | undefined = data[0];
  const [byProduct] = (await client.listInventoryByProduct()).data;
  await client.deleteLocation("l1", { archive: true });
  for await (const event of client.updates()) return event.data.item?.availableStock;
  for await (const { movementId } of client.all.listMovements(adjusted.inventoryId)) return movementId;
  return [answer.meta.replayed, totals?.stockLevel, first?.sku, byProduct?.totals.locations];
}

/** Compiled, never run. */
export async function wrongCalls(client: Client): Promise<void> {
  // @ts-expect-error: no place
  await client.adjustInventory({ sku: "A", adjustment: 1 });
  // @ts-expect-error: a quantity is a number
  await client.adjustInventory({ sku: "A", locationId: "l1", adjustment: "1" });
  // @ts-expect-error: a misspelt field
  await client.adjustInventory({ sku: "A", locationId: "l1", adjustment: 1, reasn: "sold" });
  // @ts-expect-error: a line without a level or an adjustment
  await client.bulkUpdateInventory({ updates: [{ sku: "A", locationId: "l1" }] });
  // @ts-expect-error: no body
  await client.createProduct();
  // @ts-expect-error: a misspelt parameter
  await client.listInventory({ locatonId: "l1" });
  // @ts-expect-error: no such state
  await client.listProducts({ status: "gone" });
  // @ts-expect-error: groupBy has methods of its own
  await client.listInventory({ groupBy: "product" });
  // @ts-expect-error: reads take no key
  await client.getProduct("p1", { idempotencyKey: "k" });
  // @ts-expect-error: an id is text
  await client.getProduct(1);
  // @ts-expect-error: a listing chooses its own cursor
  client.all.listProducts({ cursor: "c" });
  // @ts-expect-error: a product has no stock level
  (await client.getProduct("p1")).stockLevel;
  // @ts-expect-error: no server
  createClient({ apiKey: "k" });
}

test("both lists of calls are there to be compiled", () => {
  expect([rightCalls, wrongCalls]).toHaveLength(2);
});
