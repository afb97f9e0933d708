/**
 * A marketplace's receiver of webhooks: it believes only what is signed, deals with each event once, keeps the newest
 * state of each item, and sees when events are missing.
 *
 *   WEBHOOK_SECRET=whsec_… npx bun examples/marketplace-receiver.ts
 */
import { type InventoryItem, type SequenceState, verifyWebhook, WebhookRefused, WebhookSequence } from "@onhand/client";

const secrets = (process.env.WEBHOOK_SECRET ?? "").split(" ").filter((secret) => secret !== "");
if (secrets.length === 0) {
  process.stderr.write(
    "Set WEBHOOK_SECRET to the secret of the subscription; two with a space between while it rotates.\n",
  );
  process.exit(2);
}
const say = (text: string) => process.stdout.write(`${text}\n`);

/** A real receiver keeps both in its database, in one transaction with what it does about the event. */
const offers = new Map<string, InventoryItem>();
const stored: { sequence?: SequenceState } = {};

async function receive(request: Request): Promise<Response> {
  const { event, sequence, supersedes, cursor } = await verifyWebhook(await request.text(), request.headers, secrets);
  const { item } = event.data;
  const held = item && offers.get(item.inventoryId);
  // A message may come again, and another may overtake it: only a higher version is news.
  if (item !== undefined && item.version > (held?.version ?? 0)) {
    offers.set(item.inventoryId, item);
    say(`${item.sku} at ${item.locationId}: offer ${Math.max(0, item.availableStock)}`);
  }
  if (sequence !== null) {
    // It may begin anywhere: a subscription that ran before, or one that was replayed.
    const watch = new WebhookSequence(stored.sequence ?? { upTo: sequence - 1, beyond: [] });
    const { missing } = watch.take(sequence, supersedes);
    stored.sequence = watch.state;
    for (const [first, last] of missing) say(`not here yet: ${first} to ${last}; the feed has them before ${cursor}`);
  }
  return new Response(null, { status: 204 });
}

const server = Bun.serve({
  port: Number(process.env.PORT ?? 8091),
  hostname: process.env.HOST ?? "127.0.0.1",
  maxRequestBodySize: 1024 * 1024,
  async fetch(request) {
    if (request.method !== "POST") return new Response(null, { status: 405 });
    try {
      return await receive(request);
    } catch (error) {
      if (!(error instanceof WebhookRefused)) throw error;
      say(`refused: ${error.message}`);
      return new Response(error.message, { status: 400 });
    }
  },
});
say(`Waiting for webhooks at ${server.url.href}; subscribe this address with POST /v1/subscriptions/inventory.`);
