/** Two servers deliver to one receiver while the one that delivers is killed or frozen in the middle of its requests. */
import { expect } from "bun:test";
import type { ServerResponse } from "node:http";
import { paceLimits } from "../../src/webhooks/plan/endpoint-pace.ts";
import { productIdOf, stockUp } from "../processes/stock.ts";
import type { TestDatabase } from "../support/database.ts";
import { type ServerProcess, startServer, until } from "../support/server-process.ts";
import { accept, type Received, Receiver, sequenceOf } from "./receiver.ts";

const products = 20;
const settings = { ONHAND_WEBHOOK_PRIVATE_TARGETS: "true" };

export type Blow = (server: ServerProcess) => Promise<void>;

/** Deals blows to whichever server delivers, each while requests are under way, and checks what the receiver has seen. */
export async function dealBlows(database: TestDatabase, blows: readonly Blow[]): Promise<void> {
  const start = (): Promise<ServerProcess> => startServer({ databaseUrl: database.target.url, settings });
  const receiver = await Receiver.start();
  try {
    let servers = [await start(), await start()];
    await stockUp(servers[0]!, products, 1, 1_000);
    await servers[0]!.expect("POST", "/v1/subscriptions/inventory", { url: receiver.url });
    const expected: string[] = [];
    for (const blow of blows) {
      const held = holdAnswers(receiver);
      expected.push(...(await write(servers[0]!)));
      await until("requests are under way", () => held.length >= 3);
      const deliverer = await delivererAmong(servers);
      await blow(deliverer);
      receiver.answer = accept;
      for (const response of held) response.destroy();
      servers = servers.filter((each) => !each.hasEnded);
      while (servers.length < 2) servers.push(await start());
    }
    expected.push(...(await write(servers[0]!)));
    const ids = (): Set<string> => new Set(receiver.received.map((each) => each.headers["webhook-id"]!));
    await until("everything has arrived", () => ids().size >= expected.length);
    await until("nothing is left", () => isQueueEmpty(servers[0]!));
    check(receiver.received, expected, blows.length);
  } finally {
    await receiver.stop();
  }
}

/** Requests come in, and nobody answers them. */
function holdAnswers(receiver: Receiver): ServerResponse[] {
  const held: ServerResponse[] = [];
  receiver.answer = (_received, response) => void held.push(response);
  return held;
}

/** Changes every product several times. @returns the ids of the events */
async function write(server: ServerProcess): Promise<string[]> {
  const updates = Array.from({ length: products * 5 }, (_, index) => ({
    productId: productIdOf(index % products),
    locationId: "l0",
    adjustment: 1,
  }));
  const { results } = await server.expect<{ results: { movementId: string }[] }>("POST", "/v1/inventory/bulk-update", {
    updates,
  });
  return results.map((each) => each.movementId);
}

async function delivererAmong(servers: readonly ServerProcess[]): Promise<ServerProcess> {
  for (const server of servers) {
    const metrics = await server.expect<string>("GET", "/metrics");
    if (/^onhand_webhook_in_flight [1-9]/m.test(metrics)) return server;
  }
  throw new Error("no server has anything in flight");
}

async function isQueueEmpty(server: ServerProcess): Promise<boolean> {
  const { data } = await server.expect<{ data: { queued: number }[] }>("GET", "/v1/subscriptions/inventory");
  return data.every((each) => each.queued === 0);
}

/** All came, under one number each, without a gap, in order per item; what came twice was in flight. */
function check(received: readonly Received[], expected: readonly string[], blows: number): void {
  const byId = Map.groupBy(received, (each) => each.headers["webhook-id"]!);
  expect([...byId.keys()].sort()).toEqual([...expected].sort());
  for (const all of byId.values()) {
    expect(new Set(all.map(sequenceOf)).size).toBe(1);
    expect(new Set(all.map((each) => each.body)).size).toBe(1);
  }
  const numbers = [...byId.values()].map(([first]) => sequenceOf(first!));
  expect(numbers.sort((a, b) => a - b)).toEqual(expected.map((_, index) => index + 1));
  for (const all of Map.groupBy(received, (each) => JSON.parse(each.body).subject as string).values()) {
    const versions = all.map((each) => JSON.parse(each.body).data.item.version as number);
    expect(versions).toEqual([...versions].sort((a, b) => a - b));
  }
  expect(received.length - expected.length).toBeLessThanOrEqual(blows * paceLimits.concurrencyMax);
}
