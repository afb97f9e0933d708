/**
 * A day of a retailer told to two servers by everybody at once, late, twice and out of order, while one of them is killed;
 * then, when all is quiet, every view against the truth.
 */
import { expect } from "bun:test";
import { Directory } from "../processes/load.ts";
import { createDatabase } from "../support/database.ts";
import { runCommand, type ServerProcess, startServer, stopAll, until } from "../support/server-process.ts";
import { chanceOf } from "./chance.ts";
import { checkDifferences, checkParked } from "./check-differences.ts";
import { checkChannels, checkHistory, checkLevels, checkPast } from "./check-views.ts";
import { Delivery } from "./delivery.ts";
import { mapCodes, openShop } from "./retailer.ts";
import { itemKey } from "./truth.ts";
import { allOf } from "./views.ts";
import { lateMapped, type Message, makeWorld, type World, type WorldSize } from "./world.ts";

const settings = { ONHAND_DRAIN_SECONDS: "1" };
/** Shares of the messages behind which something happens. */
const moments = { kill: 0.35, restart: 0.55, map: 0.6, publish: [0.2, 0.45, 0.7] } as const;

/** Lives through a day and checks it. */
export async function proveDay(size: WorldSize): Promise<void> {
  const database = await createDatabase();
  try {
    const databaseUrl = database.target.url;
    const start = () => startServer({ databaseUrl, settings });
    const servers = await Promise.all([start(), start()]);
    const world = makeWorld(size, Date.now());
    const [first] = servers;
    await openShop(first!, world);
    const directory = new Directory(...servers.map(({ url }) => url));
    const delivery = new Delivery(directory, world.tills);
    await stateKiosk(delivery, world);
    const queue = [...world.messages];
    const echoes = new Echoes(first!, queue, size.seed);
    const steps = new Map<number, () => Promise<void>>();
    const at = (share: number, step: () => Promise<void>) => steps.set(Math.ceil(queue.length * share), step);
    at(moments.kill, async () => {
      await servers[1]!.killHard();
    });
    at(moments.restart, async () => {
      servers[1] = await start();
      directory.urls = servers.map(({ url }) => url);
    });
    at(moments.map, async () => {
      await mapCodes(first!, world.productIds.slice(-lateMapped));
    });
    for (const share of moments.publish) at(share, () => echoes.publish(share));
    const startedAtMs = performance.now();
    await delivery.run(queue, (sent) => steps.get(sent)?.() ?? Promise.resolve());
    const asked = await delivery.fillGaps();
    const tookS = (performance.now() - startedAtMs) / 1000;
    await until("lines whose code was mapped are applied", async () => {
      const rows = await allOf(first!, "/v1/parked-lines?originId=shopify");
      return rows.length === [...world.parked.keys()].filter((key) => key.startsWith("shopify ")).length;
    });
    const book = await stateBook(delivery, world);
    console.info(
      `${queue.length} requests in ${tookS.toFixed(1)} s, ${delivery.lost} tries lost, ${asked} lines asked for again, verdicts ${told(delivery.verdicts)}, rules ${told(delivery.rules)}`,
    );

    for (const [operation, times] of delivery.applied) expect([operation, times]).toEqual([operation, 1]);
    expect(delivery.rules.get("echo") ?? 0).toBeGreaterThanOrEqual(echoes.sent);
    for (const server of servers) await checkLevels(server, world);
    await checkChannels(first!, world);
    await checkParked(first!, world);
    await checkPast(servers[1]!, world);
    await checkHistory(first!, world);
    await checkDifferences(first!, world, book);
    const verified = await runCommand(["verify"], { databaseUrl });
    expect([verified.code, verified.out]).toEqual([0, expect.stringContaining("The journal is whole")]);
  } finally {
    await stopAll();
    await database.close();
  }
}

const told = (counts: ReadonlyMap<string, number>): string =>
  [...counts].map(([name, count]) => `${name} ${count}`).join(", ");

/** The kiosk speaks once, of what there is, and never again. */
async function stateKiosk(delivery: Delivery, world: World): Promise<void> {
  const [productId] = world.productIds;
  const place = { productId: productId!, locationId: "kiosk" };
  const units = world.truth.levelOf(place);
  const occurredAt = new Date(world.startMs).toISOString();
  const lines = [{ operationId: "kiosk-1", ...place, stockLevel: units, occurredAt }];
  await delivery.send({ kind: "source", sender: "kiosk", lines, dueMs: world.startMs });
}

/** The book of the ERP at the day's end, which lacks the last sales of some items: it is compared with, and moves nothing. */
async function stateBook(delivery: Delivery, world: World) {
  const { truth, endMs, shopIds } = world;
  const notInvoiced = new Map<string, number>();
  const lines = truth.items
    .filter(({ locationId }) => shopIds.includes(locationId))
    .map((place, index) => {
      const last = truth.changesOf(place).at(-1);
      const isLacking =
        index % 9 === 0 && last !== undefined && last.units < 0 && last.atMs > truth.settledSinceMs(place);
      if (isLacking) notInvoiced.set(itemKey(place), -last.units);
      const stockLevel = truth.levelOf(place, endMs) + (notInvoiced.get(itemKey(place)) ?? 0);
      return { operationId: `book-${index}`, ...place, stockLevel, occurredAt: new Date(endMs).toISOString() };
    });
  for (let from = 0; from < lines.length; from += 200)
    await delivery.send({ kind: "source", sender: "ledger", lines: lines.slice(from, from + 200), dueMs: endMs });
  expect(notInvoiced.size).toBeGreaterThan(0);
  return { asOfMs: endMs, notInvoiced };
}

/** Publishes to a platform what it may sell; the platform sends each number back, some twice, when others have sold since. */
class Echoes {
  readonly #server: ServerProcess;
  readonly #queue: Message[];
  readonly #chance;
  #rounds = 0;
  sent = 0;

  constructor(server: ServerProcess, queue: Message[], seed: number) {
    this.#server = server;
    this.#queue = queue;
    this.#chance = chanceOf(seed + 3);
  }

  /** @param share how much of the day was sent; echoes come behind that */
  async publish(share: number): Promise<void> {
    const round = ++this.#rounds;
    const { data } = await this.#server.expect<{ data: { productId: string; available: number }[] }>(
      "GET",
      "/v1/channels/market/inventory",
    );
    const publications = data.map(({ productId, available }) => ({
      productId,
      locationId: "web-c",
      stockLevel: available,
    }));
    await this.#server.expect("POST", "/v1/sources/market/publications", { publications });
    const echo = publications.map((publication) => ({
      operationId: `echo-${round}-${publication.productId}`,
      ...publication,
    }));
    const soonest = Math.ceil(this.#queue.length * (share + 0.1));
    for (let times = 0; times < 2; times++) {
      const lines = this.#chance.shuffled(echo);
      const place = this.#chance.between(soonest, this.#queue.length);
      this.#queue.splice(place, 0, { kind: "source", sender: "market", lines, dueMs: 0 });
    }
    this.sent += echo.length;
  }
}
