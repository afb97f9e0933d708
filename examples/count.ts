/**
 * A stocktake while the shop is open: a session, a line that is counted, sales in between, what differs, and posting.
 * The count holds as of the moment it was taken, so what is sold afterwards stays on top, and what was sold before and
 * comes late is contained in it.
 *
 *   npx bun examples/count.ts SKU LOCATION [FOUND]
 */
import { createClient, type InventoryItem } from "@onhand/client";

const [sku, locationId, foundText] = process.argv.slice(2);
if (sku === undefined || locationId === undefined || !/^\d{0,6}$/.test(foundText ?? "")) {
  process.stderr.write("Usage: npx bun examples/count.ts SKU LOCATION [FOUND]\n");
  process.exit(2);
}
const say = (text: string) => process.stdout.write(`${text}\n`);

const onhand = createClient({
  baseUrl: process.env.ONHAND_URL ?? "http://127.0.0.1:8080",
  apiKey: process.env.ONHAND_API_KEY ?? "",
});

const sell = (units: number, timestamp = new Date().toISOString()) =>
  onhand.adjustInventory({ ...{ sku, locationId, type: "sale", timestamp }, adjustment: -units });

const { data } = await onhand.listInventory({ sku, locationId });
const [item] = data as InventoryItem[];
if (item === undefined || item.availableStock < 3) {
  say(`At least 3 units of ${sku} must be available at ${locationId}; sell from another shelf.`);
  process.exit(1);
}
say(`${item.stockLevel} of ${sku} by the book`);
const beforeTheCount = new Date().toISOString();

const { sessionId } = await onhand.openCountSession({ locationId, reference: "count.ts" });
const found = foundText === undefined || foundText === "" ? item.stockLevel - 1 : Number(foundText);
await onhand.putCountLines(sessionId, { lines: [{ sku, stockLevel: found }] });
say(`${found} counted; nothing has moved yet`);

// Customers do not wait for a stocktake.
const sold = await sell(2);
say(`2 sold meanwhile: ${sold.stockLevel} by the book`);

const { lines } = await onhand.getCountVariance(sessionId);
const line = lines.find((each) => each.sku === sku)!;
say(`${line.expected} were expected at the moment of the count, so it differs by ${line.variance}`);

let session = await onhand.postCountSession(sessionId);
// A call waits for a while; a long session takes several, and none of its lines is applied twice.
while (session.status === "posting") session = await onhand.postCountSession(sessionId);
const counted = (await onhand.getInventory(item.inventoryId)) as InventoryItem;
say(`${session.status}: ${counted.stockLevel} on hand, which is ${found} counted less 2 sold since`);

const late = await sell(1, beforeTheCount);
say(
  `a sale of before the count comes late: ${late.stockLevel} on hand${late.contained ? ", for the count contains it" : ""}`,
);
