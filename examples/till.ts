/**
 * A till. Type `SKU` or `SKU QUANTITY` and a line is sold; a minus sign takes goods back; `count SKU QUANTITY` says what
 * lies on the shelf. What was typed is safe as soon as it says "noted": it is in a file, and the server has it once, after
 * an outage or a restart too.
 *
 *   npx bun examples/till.ts LOCATION [QUEUE-FILE]
 */
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import { createClient } from "@onhand/client";
import { fileStore } from "@onhand/client/file-store";

const [locationId, queueFile = "data-till/queue.log"] = process.argv.slice(2);
if (locationId === undefined) {
  process.stderr.write("Usage: npx bun examples/till.ts LOCATION [QUEUE-FILE]\n");
  process.exit(2);
}
mkdirSync(dirname(queueFile), { recursive: true });
const say = (text: string) => process.stdout.write(`${text}\n`);

const onhand = createClient({
  baseUrl: process.env.ONHAND_URL ?? "http://127.0.0.1:8080",
  apiKey: process.env.ONHAND_API_KEY ?? "",
});

const queue = await onhand.offlineQueue({
  store: fileStore(queueFile),
  device: { locationId },
  onVerdict: ({ id }, { verdict, item, error, parkedId }) => {
    if (error !== undefined) say(`line ${id} waits for somebody as ${parkedId}: ${error.detail}`);
    else say(`line ${id}: ${item?.sku ?? verdict}, ${item?.stockLevel ?? "?"} left`);
  },
  onRefused: ({ id }, { detail }) => say(`line ${id} was refused: ${detail}`),
  onTrouble: () => say(`no answer; ${queue.commands().length} lines wait`),
});

const view = onhand.live({
  filter: { locationIds: [locationId] },
  onStatus: ({ mode }) => say(`stock is ${mode}`),
  onError: (error) => say(String(error)),
});
// What the shop had is known without a network, too, with what was sold since.
queue.levels.follow(view);

function shown(sku: string): string {
  const known = queue.levels.get(sku, locationId!);
  if (known === undefined) return `nobody here knows how many ${sku} there are`;
  const asOf = known.asOf === null ? "" : ` as of ${known.asOf.toISOString()}`;
  return `${known.stockLevel} of ${sku} should be left${asOf}`;
}

for await (const typed of createInterface({ input: process.stdin })) {
  const words = typed.trim().split(/\s+/);
  const isCount = words[0] === "count";
  const [sku, quantity = "1"] = isCount ? words.slice(1) : words;
  if (sku === undefined || sku === "" || !/^-?\d{1,6}$/.test(quantity)) continue;
  const { id } = await queue.note(
    isCount
      ? { sku, stockLevel: Number(quantity) }
      : { sku, adjustment: -Number(quantity), type: Number(quantity) < 0 ? "return" : "sale" },
  );
  say(`noted as line ${id}; ${shown(sku)}`);
}

// The end of the input is the end of the day: what can be sent is sent, what cannot waits for tomorrow.
const evening = new Promise<void>((resolve) => setTimeout(resolve, 5_000).unref());
await Promise.race([queue.idle(), evening]);
await queue.close();
view.close();
