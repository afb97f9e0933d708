/** Writers that change everything there is over HTTP: adjustments, bulk updates, settings, products, locations. */
import { randomUUID } from "node:crypto";
import { formatInventoryId } from "../../src/core/record/ids.ts";
import type { Database } from "../../src/db/pool.ts";
import { request } from "../support/server-process.ts";
import { type Directory, randomNumbers } from "./load.ts";
import { locationIdOf, productIdOf } from "./stock.ts";

export interface MixedOptions {
  readonly directory: Directory;
  readonly writers: number;
  /** Requests of each writer. */
  readonly rounds: number;
  readonly products: number;
  readonly locations: number;
  /** Ids of items that exist. */
  readonly inventoryIds: readonly string[];
}

type Random = (limit: number) => number;
type Call = readonly [method: string, path: string, body: unknown];

/** Refusals that belong to the game. */
const expected = new Set([200, 409, 412]);

/** Ids of all items. */
export async function inventoryIdsOf(database: Database): Promise<string[]> {
  const { rows } = await database.query<{ partition: number; item_number: number }>({
    text: "SELECT partition, item_number FROM item ORDER BY partition, item_number",
  });
  return rows.map((row) => formatInventoryId(row.partition, row.item_number));
}

/** Runs the writers. @returns how often each status came, and answers that should not have come */
export async function writeMixed(options: MixedOptions): Promise<{ statuses: Map<number, number>; faults: string[] }> {
  const statuses = new Map<number, number>();
  const faults: string[] = [];
  const run = async (writer: number): Promise<void> => {
    const random = randomNumbers(writer);
    for (let round = 0; round < options.rounds; round++) {
      const [method, path, body] = nextCall(options, random);
      const url = options.directory.pick(random(2), 0);
      const headers = { "idempotency-key": randomUUID() };
      const { status, body: answer } = await request(url, method, path, { body, headers });
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (!expected.has(status)) faults.push(`${method} ${path}: ${status} ${JSON.stringify(answer)}`);
    }
  };
  await Promise.all(Array.from({ length: options.writers }, (_, writer) => run(writer)));
  return { statuses, faults };
}

function nextCall(options: MixedOptions, random: Random): Call {
  const dice = random(100);
  if (dice < 60) return ["POST", "/v1/inventory", adjustment(options, random)];
  if (dice < 70) return ["POST", "/v1/inventory/bulk-update", bulk(options, random, "atomic")];
  if (dice < 80) return ["POST", "/v1/inventory/bulk-update", bulk(options, random, "independent")];
  if (dice < 90) {
    const inventoryId = options.inventoryIds[random(options.inventoryIds.length)]!;
    return ["PATCH", `/v1/inventory/${inventoryId}`, { safetyStock: random(20), reorderPoint: random(50) }];
  }
  if (dice < 96) {
    const productId = productIdOf(random(options.products));
    return ["PATCH", `/v1/products/${productId}`, { name: `name ${random(1_000)}` }];
  }
  const locationId = locationIdOf(random(options.locations));
  return ["PATCH", `/v1/locations/${locationId}`, { region: `region-${random(1_000)}` }];
}

const adjustment = ({ products, locations }: MixedOptions, random: Random) => ({
  productId: productIdOf(random(products)),
  locationId: locationIdOf(random(locations)),
  adjustment: random(15) - 8,
  reason: random(3) === 0 ? "because" : "test",
});

const bulk = (options: MixedOptions, random: Random, mode: "atomic" | "independent") => ({
  mode,
  updates: Array.from({ length: 2 + random(4) }, () => adjustment(options, random)),
});
