/**
 * A checkout: units are held while the buyer fills in the form, get time of their own while the payment runs, and are sold
 * when the money is there. The buyer's older cart gives way to the newer one; money that comes too late takes the units
 * again if they are still there, and is paid back if not.
 *
 *   npx bun examples/checkout.ts SKU LOCATION [BUYER]
 */
import { createClient, OnhandProblem } from "@onhand/client";

const [sku, locationId, buyer = "buyer-1"] = process.argv.slice(2);
if (sku === undefined || locationId === undefined) {
  process.stderr.write("Usage: npx bun examples/checkout.ts SKU LOCATION [BUYER]\n");
  process.exit(2);
}
const say = (text: string) => process.stdout.write(`${text}\n`);

const onhand = createClient({
  baseUrl: process.env.ONHAND_URL ?? "http://127.0.0.1:8080",
  apiKey: process.env.ONHAND_API_KEY ?? "",
});

/** In place of a payment provider: it takes its time. */
const pay = () => new Promise<"paid">((resolve) => setTimeout(() => resolve("paid"), 200));

try {
  const cart = await onhand.createReservation({
    lines: [{ sku, locationId, quantity: 1 }],
    ttlSeconds: 600,
    buyer,
    supersede: true,
    reference: `cart of ${buyer}`,
  });
  say(`held until ${cart.expiresAt}${cart.superseded.length > 0 ? ", in place of the older cart" : ""}`);

  // From here on the hold does not run out while the provider thinks: payment has a time of its own.
  await onhand.payReservation(cart.reservationId, { ttlSeconds: 300 });
  say(`payment: ${await pay()}`);

  const sale = await onhand.commitReservation(cart.reservationId, { ifExpired: "retake", reference: "order-1" });
  say(`sold ${sale.lines[0]!.committed} of ${sku}; ${sale.items[0]!.availableStock} left`);
} catch (error) {
  if (!(error instanceof OnhandProblem)) throw error;
  if (error.code === "insufficient_stock") say(`sold out: ${error.detail}`);
  // The money came too late and the units are gone: `reservation.payment_late.v1` tells of it, too.
  else if (error.code === "reservation_expired") say(`pay the money back: ${error.detail}`);
  else throw error;
}
