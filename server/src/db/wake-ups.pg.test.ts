import { afterAll, beforeAll, expect, test } from "bun:test";
import { createDatabase, type TestDatabase } from "../../test/support/database.ts";
import { openPgProxy } from "../../test/support/pg-proxy.ts";
import { type Clock, systemClock } from "../lib/clock.ts";
import { WakeUps } from "./wake-ups.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.close());

/** Counts wake-ups and lets a test wait for the next one. */
function counter() {
  let count = 0;
  const waiting: (() => void)[] = [];
  return {
    wake(): void {
      count += 1;
      for (const resolve of waiting.splice(0)) resolve();
    },
    get count() {
      return count;
    },
    next: () => new Promise<void>((resolve) => waiting.push(resolve)),
  };
}

test("a server wakes the others, not itself", async () => {
  const [mine, theirs] = [counter(), counter()];
  const sender = new WakeUps(database.target, systemClock, mine.wake);
  const listener = new WakeUps(database.target, systemClock, theirs.wake);
  await sender.start();
  await listener.start();
  const before = mine.count;
  const woken = theirs.next();
  sender.send();
  await woken;
  // An answer the other way shows that nothing of the first came back.
  const answered = mine.next();
  listener.send();
  await answered;
  expect(mine.count).toBe(before + 1);
  await Promise.all([sender.stop(), listener.stop()]);
});

test("many commits at once share a wake-up", async () => {
  const theirs = counter();
  const sender = new WakeUps(database.target, systemClock, () => {});
  const listener = new WakeUps(database.target, systemClock, theirs.wake);
  await sender.start();
  await listener.start();
  const woken = theirs.next();
  for (let commit = 0; commit < 500; commit++) sender.send();
  await woken;
  await theirs.next();
  expect(sender.counts.sent).toBe(2);
  await Promise.all([sender.stop(), listener.stop()]);
});

test("a connection that breaks is opened again, and whoever waited looks for himself", async () => {
  const mine = counter();
  const lost = Promise.withResolvers<() => void>();
  const clock: Clock = {
    ...systemClock,
    after(_delayMs, reconnect) {
      lost.resolve(reconnect);
      return () => {};
    },
  };
  const wakeUps = new WakeUps(database.target, clock, mine.wake);
  await wakeUps.start();
  expect(mine.count).toBe(1);
  await database.owner.query({
    text: "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'onhand wake-ups' AND datname = current_database()",
  });
  const reconnect = await lost.promise;
  expect(wakeUps.isListening).toBe(false);
  const listening = mine.next();
  reconnect();
  await listening;
  expect(wakeUps.isListening).toBe(true);
  await wakeUps.stop();
});

test("without a database there are no wake-ups and no failure", async () => {
  const wakeUps = new WakeUps({ url: "postgresql://nobody@127.0.0.1:1/none" }, systemClock, () => {});
  await wakeUps.start();
  wakeUps.send();
  expect(wakeUps.isListening).toBe(false);
  await wakeUps.stop();
});

test("a database that does not answer holds up nobody, and is left for a new connection", async () => {
  const proxy = await openPgProxy(database.target.url);
  proxy.onStatement((text, connection) => {
    if (text.startsWith("LISTEN")) connection.silence();
  });
  const lost = Promise.withResolvers<() => void>();
  const clock: Clock = {
    ...systemClock,
    after(_delayMs, reconnect) {
      lost.resolve(reconnect);
      return () => {};
    },
  };
  const wakeUps = new WakeUps({ url: proxy.url }, clock, () => {}, 100);
  await wakeUps.start();
  expect(wakeUps.isListening).toBe(false);
  proxy.onStatement(() => {});
  (await lost.promise)();
  while (!wakeUps.isListening) await new Promise((resolve) => setImmediate(resolve));
  await wakeUps.stop();
  await proxy.close();
});
