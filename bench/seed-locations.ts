import type { Command } from "../server/src/core/command.ts";
import { adjust, createLocation, createProduct, seedCommands } from "./seed-large.ts";

/** Fills Onhand with products that each lie at every one of many locations, through its own writer, as `seed-large.ts` does. */

export interface LocationsSeed {
  readonly products: number;
  readonly locations: number;
}

/** One SKU at a thousand locations, and a million items. */
export const LOCATIONS_SEED: LocationsSeed = { products: 1_000, locations: 1_000 };

const GROUPS = 10;
const locationIdOf = (index: number): string => `bench-location-${index}`;

function* locationsOf({ locations }: LocationsSeed): Generator<Command> {
  for (let index = 0; index < locations; index++)
    yield createLocation(locationIdOf(index), [`group-${index % GROUPS}`]);
}

function* productsOf({ products }: LocationsSeed): Generator<Command> {
  for (let index = 0; index < products; index++) yield createProduct(index);
}

function* itemsOf({ products, locations }: LocationsSeed): Generator<Command> {
  for (let product = 0; product < products; product++)
    for (let index = 0; index < locations; index++)
      yield adjust(product, locationIdOf(index), 1 + ((product + index) % 50), `opening-${product}-${index}`);
}

/** Makes it and returns the number of stock changes in the journal. `say` is told how far it is. */
export async function seedLocations(url: string, seed: LocationsSeed, say: (text: string) => void): Promise<number> {
  const items = seed.products * seed.locations;
  // Each kind rests on the one before, and commands of one wave are decided in no certain order.
  for (const commands of [locationsOf(seed), productsOf(seed), itemsOf(seed)])
    await seedCommands(url, commands, { items, entries: items }, say);
  return items;
}
