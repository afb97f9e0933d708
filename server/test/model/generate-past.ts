/** Random pasts: which products, locations, channels and items there are, and how they are. */
import { lifeStates } from "@onhand/protocol/vocabulary";
import fc from "fast-check";
import type { ChannelDocument } from "../../src/core/catalogue/catalogue.ts";
import { locationDocument, SeedBook } from "./commands.ts";
import { channelIds, extreme, locationIds, productIds, small, startMs } from "./draws.ts";
import { drawnChannel, drawnLocation } from "./generate-catalogue.ts";

const mostlyActive = fc.oneof(
  { weight: 12, arbitrary: fc.constant("active" as const) },
  { weight: 2, arbitrary: fc.constantFrom(...lifeStates) },
);
const existence = fc.option(mostlyActive, { nil: null, freq: 12 });

const itemSeed = fc.option(
  fc.record({
    levels: fc.record({
      onHand: fc.oneof({ weight: 5, arbitrary: small }, { weight: 1, arbitrary: extreme }),
      reserved: fc.nat({ max: 4 }),
      unavailable: fc.nat({ max: 3 }),
      incoming: fc.nat({ max: 2 }),
    }),
    life: mostlyActive,
    safetyStock: fc.nat({ max: 5 }),
    reorderPoint: fc.option(fc.nat({ max: 5 })),
  }),
  { freq: 3 },
);

const pastWith = (channel: fc.Arbitrary<ChannelDocument | null>) =>
  fc
    .record({
      partitionCount: fc.constantFrom(1, 2, 3, 16),
      products: fc.tuple(existence, existence, existence, existence),
      locations: fc.tuple(...locationIds.map(() => fc.tuple(existence, drawnLocation))),
      channels: fc.tuple(...channelIds.map(() => channel)),
      items: fc.array(itemSeed, { minLength: 12, maxLength: 12 }),
    })
    .map(({ partitionCount, products, locations, channels, items }) => {
      const book = new SeedBook(partitionCount, startMs);
      for (const [index, lifeState] of products.entries()) {
        if (lifeState !== null) book.product(productIds[index]!, lifeState);
      }
      for (const [index, [lifeState, document]] of locations.entries()) {
        if (lifeState !== null) book.location(locationIds[index]!, lifeState, document);
      }
      for (const [index, document] of channels.entries())
        if (document !== null) book.channel(channelIds[index]!, document);
      for (const [index, seed] of items.entries()) {
        const productId = productIds[index % 4]!;
        const locationId = locationIds[index >> 2]!;
        if (seed === null) continue;
        const reachable = Math.abs(seed.levels.onHand) > 2 ** 50 ? { onHand: seed.levels.onHand } : seed.levels;
        book.item({ productId, locationId, ...seed, levels: reachable });
      }
      return book;
    });

/** A past: which products, locations, channels and items there are, and how they are. */
export const past = pastWith(fc.option(drawnChannel, { freq: 2 }));

/** Channels are told of each group as a whole: what must not depend on how commands are grouped is tried without. */
export const pastWithoutChannels = pastWith(fc.constant(null));

const stockedItem = fc.option(
  fc.record({
    onHand: fc.integer({ min: 0, max: 12 }),
    safetyStock: fc.constantFrom(0, 0, 1, 3),
    reorderPoint: fc.option(fc.nat({ max: 5 }), { freq: 2 }),
  }),
  { freq: 9 },
);

const stockedPastAt = (location: typeof drawnLocation) =>
  fc
    .record({
      partitionCount: fc.constantFrom(1, 2, 3, 16),
      locations: fc.tuple(...locationIds.map(() => location)),
      channels: fc.tuple(...channelIds.map(() => drawnChannel)),
      items: fc.array(stockedItem, { minLength: 12, maxLength: 12 }),
    })
    .map(({ partitionCount, locations, channels, items }) => {
      const book = new SeedBook(partitionCount, startMs);
      for (const productId of productIds) book.product(productId);
      for (const [index, document] of locations.entries()) book.location(locationIds[index]!, "active", document);
      for (const [index, document] of channels.entries()) book.channel(channelIds[index]!, document);
      for (const [index, seed] of items.entries()) {
        if (seed === null) continue;
        const { onHand, ...settings } = seed;
        const place = { productId: productIds[index % 4]!, locationId: locationIds[index >> 2]! };
        book.item({ ...place, levels: { onHand }, ...settings });
      }
      return book;
    });

/** A past in which everything is in use and most of it in stock, so that most of what is asked for can be had. */
export const stockedPast = stockedPastAt(drawnLocation);

/** The same with locations of which most are in some groups and not in others. */
export const crowdedPast = stockedPastAt(
  fc.constantFrom(["eu"], ["us"], ["eu", "us"]).map((its) => ({ ...locationDocument("Warehouse A"), groups: its })),
);
