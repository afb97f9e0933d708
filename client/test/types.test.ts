/** What must not compile: `npm run check -- tsc` fails when one of these lines does. */
import { expect, test } from "bun:test";
import {
  type AdjustedItem,
  type Answer,
  type ChangedReservation,
  type ChangedTransfer,
  type Channel,
  type ChannelItem,
  type Client,
  type CountResults,
  type CountSession,
  type CountVariance,
  createClient,
  type IncomingLine,
  type InventoryItem,
  type Reservation,
  type Review,
  type Supply,
  type Transfer,
} from "../src/index.ts";

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
export async function rightCallsOnOrders(client: Client): Promise<unknown> {
  const cart: ChangedReservation = await client.createReservation({
    lines: [{ sku: "A", locationGroup: "eu", quantity: 2 }],
    sourcing: { policy: "fewest_parcels" },
    supersede: true,
    buyer: "b",
  });
  await client.payReservation(cart.reservationId, {}, { idempotencyKey: "pay-1" });
  const sold: Reservation = await client.commitReservation(cart.reservationId, {
    lines: [{ line: 1, quantity: 1 }],
    ifExpired: "retake",
  });
  await client.releaseReservation(cart.reservationId, {});
  const moved: ChangedTransfer = await client.createTransfer({
    ...{ fromLocationId: "l1", toLocationId: "l2" },
    lines: [{ sku: "A", quantity: 1 }],
  });
  await client.receiveTransfer(moved.transferId, { lines: [{ line: 1, quantity: 1, state: "damaged" }], close: true });
  const supply: Supply = await client.createSupply({
    ...{ locationId: "l1", reference: "PO" },
    lines: [{ sku: "A", quantity: 1 }],
  });
  const [phase, end]: [Reservation["phase"], string | null] = [sold.phase, sold.lines[0]!.end];
  return [phase, end, supply.status];
}

/** Compiled, never run. */
export async function rightCallsOnCounts(client: Client): Promise<unknown> {
  const session: CountSession = await client.openCountSession({ locationId: "l1", blind: true });
  await client.putCountLines(
    session.sessionId,
    { lines: [{ sku: "A", stockLevel: null }] },
    { ifMatch: session.version },
  );
  const report: CountVariance = await client.getCountVariance(session.sessionId);
  const { results }: CountResults = await client.countInventory({
    ...{ locationId: "l1", countedAt: "2026-11-21T20:00:00Z" },
    lines: [{ sku: "A", stockLevel: 1 }],
  });
  const moved = await client.adjustInventory({
    ...{ sku: "A", locationId: "l1" },
    move: { from: "sellable", to: "damaged", quantity: 1 },
  });
  const review: Review = await client.resolveReview("mov_1", { note: "seen" });
  const verdict: "applied" | "contained" | "review" | "rejected" | undefined = results[0]?.verdict;
  return [report.totals.variance, verdict, moved.states?.damaged, moved.contained?.countedAt, review.note];
}

/** Compiled, never run: a listing over all pages gives single rows. */
export async function rightListings({ all, updates, getChannel }: Client): Promise<unknown> {
  const channel: Channel = await getChannel("c1");
  for await (const row of all.listReservations({ phase: "paying" })) return row satisfies Reservation;
  for await (const row of all.listTransfers({ status: "in_transit" })) return row satisfies Transfer;
  for await (const row of all.listSupplies({ status: "expected" })) return row satisfies Supply;
  for await (const row of all.listIncoming({ locationId: "l1" })) return row satisfies IncomingLine;
  for await (const row of all.listChannels()) return row satisfies Channel;
  for await (const row of all.listChannelInventory("c1", { availableBelow: 3 })) return row satisfies ChannelItem;
  for await (const row of all.listCountSessions({ status: "open" })) return row satisfies CountSession;
  for await (const row of all.listCountLines("cnt_1", { verdict: "rejected" })) return row.error?.code;
  for await (const row of all.listReviews({ kind: "oversold" })) return row satisfies Review;
  for await (const { data } of updates({ filter: { channelIds: ["c1"] } }))
    return [data.available, data.notice?.about, data.lines];
  return channel.buffers;
}

/** Compiled, never run. */
export async function wrongCallsOnOrders(client: Client): Promise<void> {
  // @ts-expect-error: a reservation has lines
  await client.createReservation({ buyer: "b" });
  // @ts-expect-error: a line says how many
  await client.createReservation({ lines: [{ sku: "A", locationId: "l1" }] });
  // @ts-expect-error: longer by how much
  await client.extendReservation("res_1", {});
  // @ts-expect-error: goods go somewhere
  await client.createTransfer({ fromLocationId: "l1", lines: [{ sku: "A", quantity: 1 }] });
  // @ts-expect-error: no such phase
  await client.listReservations({ phase: "sold" });
  // @ts-expect-error: a count says when, but not by how much
  await client.countInventory({ locationId: "l1", lines: [{ sku: "A", adjustment: 1 }] });
  // @ts-expect-error: somebody says what came of looking
  await client.resolveReview("mov_1", {});
  // @ts-expect-error: a channel has a name
  await client.createChannel({ channelId: "c1" });
  // @ts-expect-error: a view holds items, of which channels have none
  client.live({ filter: { channelIds: ["c1"] } });
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

test("the lists of calls are there to be compiled", () => {
  const right = [rightCalls, rightCallsOnOrders, rightCallsOnCounts, rightListings];
  expect([...right, wrongCalls, wrongCallsOnOrders]).toHaveLength(6);
});
