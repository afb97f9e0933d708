import { expect, test } from "bun:test";
import { ChangeQueue, queuedMax } from "./change-queue.ts";
import type { Change } from "./holdings.ts";

const item = (productId: string, version: number) => ({ productId, locationId: "l", version }) as Change["item"];
const change = (productId: string, from: number | null, to: number | null): Change => ({
  kind: to === null ? "removed" : from === null ? "added" : "changed",
  productId,
  locationId: "l",
  sku: productId,
  item: to === null ? null : item(productId, to),
  previous: from === null ? null : item(productId, from),
  cause: "event",
  event: null,
  isRewound: false,
});
const queueOf = () => new ChangeQueue(() => {});

async function drain(queue: ChangeQueue): Promise<Change[]> {
  queue.end(null);
  const changes: Change[] = [];
  for await (const each of queue) changes.push(each);
  return changes;
}

test("a reader gets changes in order, whether it waits for them or they for it", async () => {
  const queue = queueOf();
  const early = queue.next();
  queue.push(change("a", null, 1));
  queue.push(change("a", 1, 2));
  expect((await early).value).toMatchObject({ item: { version: 1 } });
  expect(await drain(queue)).toMatchObject([{ item: { version: 2 } }]);
});

test("past its limit the changes of an item become one, and nothing is left out", async () => {
  const queue = queueOf();
  for (let index = 0; index < queuedMax; index++) queue.push(change(`p${index}`, null, 1));
  for (let version = 1; version < 50; version++) queue.push(change("p7", version, version + 1));
  queue.push(change("new", null, 1));
  queue.push(change("new", 1, 2));
  queue.push(change("p8", 1, null));
  const changes = await drain(queue);
  expect(changes).toHaveLength(queuedMax);
  expect(changes[7]).toEqual(change("p7", null, 50));
  expect(changes.at(-1)).toEqual(change("new", null, 2));
  expect(changes.some(({ productId }) => productId === "p8")).toBe(false);
});

test("what was queued is handed out before the end, and a failure ends it as one", async () => {
  const queue = queueOf();
  queue.push(change("a", null, 1));
  queue.end(new Error("over"));
  expect((await queue.next()).value).toMatchObject({ productId: "a" });
  expect(await queue.next().catch((error: Error) => error.message)).toBe("over");
  expect(await queue.next()).toEqual({ done: true, value: undefined });
});

test("a reader that stops waits for nothing more", async () => {
  const stopped: ChangeQueue[] = [];
  const queue = new ChangeQueue((ended) => stopped.push(ended));
  const waiting = queue.next();
  await queue.return();
  expect(await waiting).toEqual({ done: true, value: undefined });
  expect(stopped).toEqual([queue]);
});
