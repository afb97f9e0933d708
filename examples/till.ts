/**
 * A till. Type `SKU` or `SKU QUANTITY` and a line is sold; a minus sign takes goods back. What was typed is safe as soon
 * as it says "noted": it is in a file with its key, and is sent once, after an outage or a restart too.
 *
 *   npx bun examples/till.ts LOCATION [QUEUE-FILE]
 */
import { createInterface } from "node:readline";
import { createClient } from "@onhand/client";
import { fileStore } from "@onhand/client/file-store";

const [locationId, queueFile = "till-queue.jsonl"] = process.argv.slice(2);
if (locationId === undefined) {
  process.stderr.write("Usage: npx bun examples/till.ts LOCATION [QUEUE-FILE]\n");
  process.exit(2);
}
const say = (text: string) => process.stdout.write(`${text}\n`);

const onhand = createClient({
  baseUrl: process.env.ONHAND_URL ?? "http://127.0.0.1:8080",
  apiKey: process.env.ONHAND_API_KEY ?? "",
});

const queue = await onhand.offlineQueue({
  store: fileStore(queueFile),
  onAnswered: ({ id }, { body }) => {
    const { sku, stockLevel } = body as { sku: string; stockLevel: number };
    say(`sale ${id}: ${sku}, ${stockLevel} left`);
  },
  onRefused: ({ id }, { detail }) => say(`sale ${id} was refused: ${detail}`),
  onTrouble: () => say(`no answer; ${queue.commands().length} sales wait`),
});

const view = onhand.live({
  filter: { locationIds: [locationId] },
  onStatus: ({ mode }) => say(`stock is ${mode}`),
  onError: (error) => say(String(error)),
});

for await (const line of createInterface({ input: process.stdin })) {
  const [sku, quantity = "1"] = line.trim().split(/\s+/);
  if (sku === undefined || sku === "" || !/^-?\d{1,6}$/.test(quantity)) continue;
  const type = Number(quantity) < 0 ? "return" : "sale";
  const { id } = await queue.add((api) =>
    api.adjustInventory({ sku, locationId, adjustment: -Number(quantity), type, timestamp: new Date().toISOString() }),
  );
  const shown = view.get(sku, locationId);
  say(`noted as sale ${id}; the shop had ${shown?.availableStock ?? "an unknown number"} of ${sku}`);
}

// The end of the input is the end of the day: what can be sent is sent, what cannot waits for tomorrow.
const evening = new Promise<void>((resolve) => setTimeout(resolve, 5_000).unref());
await Promise.race([queue.idle(), evening]);
await queue.close();
view.close();
