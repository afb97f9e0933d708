/**
 * Goods go from one shop to another: requested, shipped, received in two parcels, one of them short. On the way they
 * are available nowhere and incoming at the other shop; what never arrives is booked as lost.
 *
 *   npx bun examples/shop-transfer.ts SKU FROM TO [QUANTITY]
 */
import { createClient, type InventoryItem } from "@onhand/client";

const [sku, fromLocationId, toLocationId, units = "4"] = process.argv.slice(2);
const quantity = Number(units);
if (sku === undefined || fromLocationId === undefined || toLocationId === undefined || !(quantity >= 2)) {
  process.stderr.write("Usage: npx bun examples/shop-transfer.ts SKU FROM TO [QUANTITY of 2 or more]\n");
  process.exit(2);
}

const onhand = createClient({
  baseUrl: process.env.ONHAND_URL ?? "http://127.0.0.1:8080",
  apiKey: process.env.ONHAND_API_KEY ?? "",
});

async function show(what: string): Promise<void> {
  const { data: items } = await onhand.listInventory({ sku: sku! });
  const of = (locationId: string) => {
    const item = items.find((each) => "locationId" in each && each.locationId === locationId) as
      | InventoryItem
      | undefined;
    return `${locationId}: ${item?.availableStock ?? 0} available, ${item?.incomingStock ?? 0} incoming`;
  };
  process.stdout.write(`${what.padEnd(28)} ${of(fromLocationId!)}; ${of(toLocationId!)}\n`);
}

await show("before");
const tomorrow = new Date(Date.now() + 86_400_000).toISOString();
const { transferId } = await onhand.createTransfer({
  ...{ fromLocationId, toLocationId, expectedAt: tomorrow, reference: "shop-to-shop" },
  lines: [{ sku, quantity }],
});
await show("requested: held");
await onhand.shipTransfer(transferId, {});
await show("shipped: on its way");
await onhand.receiveTransfer(transferId, { lines: [{ line: 1, quantity: 1 }] });
await show("first parcel");
const done = await onhand.receiveTransfer(transferId, { lines: [{ line: 1, quantity: quantity - 2 }], close: true });
await show("second parcel, one missing");
process.stdout.write(`${transferId} is ${done.status}: ${JSON.stringify(done.lines[0])}\n`);
