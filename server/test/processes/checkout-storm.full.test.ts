/**
 * A storm at the checkout: 200 buyers want one of 100 products with one unit each. They hold, pay and buy; the payment
 * provider's answers get lost, come late and come twice. Each round sells exactly 100.
 */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { describeFault } from "../../src/journal/verify/report.ts";
import { verifyJournal } from "../../src/journal/verify/verify-journal.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { startServer, stopAll } from "../support/server-process.ts";
import { randomNumbers } from "./load.ts";
import { act, afterMs, inParallel, reserve } from "./reservations.ts";
import { listItems, locationIdOf, productIdOf, stockUp } from "./stock.ts";

let database: TestDatabase;

beforeEach(async () => {
  database = await createDatabase();
});
afterEach(async () => {
  await stopAll();
  await database.close();
});

const buyers = 200;
const products = 100;
/** A hundred take two minutes: ONHAND_STORM_ROUNDS=100 npm run test:full -- checkout-storm */
const rounds = Number(process.env.ONHAND_STORM_ROUNDS ?? 25);
/** Few, so that buyers wait for each other and not for the machine: a payment must not run out for want of a core. */
const roundsAtOnce = 7;

test(`${rounds} rounds of 200 buyers for 100 single units sell exactly 100 each, whatever becomes of the payments`, async () => {
  const servers = await Promise.all(["one", "other"].map(() => startServer({ databaseUrl: database.target.url })));
  const urls = servers.map(({ url }) => url);
  // Each round has products of its own, so that rounds can run beside each other.
  await stockUp(servers[0]!, products * rounds, 1, 1);

  const sales = await inParallel(
    Array.from({ length: rounds }, (_, round) => round),
    roundsAtOnce,
    (round) => storm(round, urls),
  );

  expect(sales.map((sold) => sold.length)).toEqual(Array.from({ length: rounds }, () => products));
  for (const sold of sales) expect(new Set(sold).size).toBe(products);
  const { items } = await listItems(servers[1]!);
  expect(items.every(({ stockLevel, reservedStock }) => stockLevel === 0 && reservedStock === 0)).toBe(true);
  const { rows } = await database.owner.query<{ product_id: string }>({
    text: "SELECT product_id FROM journal WHERE kind = 41 AND on_hand_delta = -1 GROUP BY product_id HAVING count(*) = 1",
  });
  expect(rows).toHaveLength(products * rounds);
  const { faults } = await verifyJournal(database.owner);
  expect(faults.map(describeFault)).toEqual([]);
}, 600_000);

/** One round. @returns the product of each sale that a buyer was told of */
async function storm(round: number, urls: readonly string[]): Promise<string[]> {
  const random = randomNumbers(round);
  const open = new Set(Array.from({ length: products }, (_, index) => productIdOf(round * products + index)));
  const sold: string[] = [];
  const buy = async (buyer: number): Promise<void> => {
    for (let attempt = 0; open.size > 0; attempt++) {
      const productId = [...open][random(open.size)]!;
      const url = urls[(buyer + attempt) % urls.length]!;
      const outcome = await checkout(url, productId, `buyer-${buyer}`, random);
      if (outcome === "sold") {
        open.delete(productId);
        sold.push(productId);
        return;
      }
      // Somebody else holds it, or bought it; it may come back.
      await afterMs(300 + random(400));
    }
  };
  await Promise.all(Array.from({ length: buyers }, (_, buyer) => buy(buyer)));
  return sold;
}

/** Holds, pays, buys; what the provider answers is decided by chance. */
async function checkout(
  url: string,
  productId: string,
  buyer: string,
  random: (limit: number) => number,
): Promise<"sold" | "refused" | "lost"> {
  const held = await reserve(url, { productId, locationId: locationIdOf(0), quantity: 1 }, 2, { buyer });
  if (held.status !== 201) return "refused";
  const { reservationId } = held.body;
  const paying = await act(url, reservationId, "pay", { ttlSeconds: 2 });
  if (paying.status !== 200) return "lost";
  const fate = random(20);
  // The answer of the provider is lost: nobody commits, and nobody releases; the time runs out.
  if (fate === 0) return "lost";
  // It was refused, and the shop says so.
  if (fate === 1) {
    await act(url, reservationId, "release");
    return "lost";
  }
  // It comes when the time for the payment is over; the shop takes the unit again if it is still there.
  if (fate === 2) {
    await afterMs(2_050);
    const late = await act(url, reservationId, "commit", { ifExpired: random(2) === 0 ? "retake" : "refuse" });
    if (late.status !== 200) expect(late.body.code).toBe("reservation_expired");
    return late.status === 200 ? "sold" : "lost";
  }
  const first = act(url, reservationId, "commit");
  // It comes twice, at the same time.
  if (fate < 6) {
    const both = await Promise.all([first, act(url, reservationId, "commit")]);
    const won = both.filter(({ status }) => status === 200).length;
    expect(won).toBeLessThanOrEqual(1);
    return won === 1 ? "sold" : "lost";
  }
  return (await first).status === 200 ? "sold" : "lost";
}
