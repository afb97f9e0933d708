/**
 * A till that is killed: adds sales (`PRODUCT:NUMBER`, or `PRODUCT:note:NUMBER` as a line of the log) to a queue in a file
 * and sends them. `KILL_AT` says at which step it kills itself, as a power cut would; each step of storing, sending and
 * removing is one. Prints what became durable.
 */

import { fileStore, type QueueStore } from "../../src/file-store.ts";
import { createClient } from "../../src/index.ts";

const [path, baseUrl, killAt, ...sales] = process.argv.slice(2) as [string, string, string, ...string[]];
let step = 0;

function reach(): void {
  step += 1;
  if (step === Number(killAt)) process.kill(process.pid, "SIGKILL");
}

async function around<Result>(work: () => Promise<Result>): Promise<Result> {
  reach();
  const result = await work();
  reach();
  return result;
}

const file = fileStore(path);
const store: QueueStore = {
  open: () => file.open(),
  write: (puts, removes) => around(() => file.write(puts, removes)),
  close: () => file.close(),
};
const client = createClient({ baseUrl, fetch: (url, init) => around(() => fetch(url, init)) });
const queue = await client.offlineQueue({ store });
for (const sale of sales) {
  const [productId, ...rest] = sale.split(":") as [string, ...string[]];
  const number = rest.at(-1)!;
  const body = { productId, locationId: "shop", adjustment: -1, type: "sale", reference: number } as const;
  if (rest.includes("note")) await queue.note({ ...body, operationId: `sale ${number}` });
  else await queue.add((api) => api.adjustInventory(body, { idempotencyKey: `sale ${number}` }));
  process.stdout.write(`added ${sale}\n`);
}
await queue.idle();
await queue.close();
process.stdout.write(`steps ${step}\n`);
