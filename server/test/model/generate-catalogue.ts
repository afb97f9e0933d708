/** Random changes of products, locations and channels. */
import fc from "fast-check";
import type { ChannelDocument, LocationDocument, ProductDocument } from "../../src/core/catalogue/catalogue.ts";
import type { CatalogueOperation, ChannelCommand, ChannelRefreshCommand } from "../../src/core/command.ts";
import { partitionOf } from "../../src/core/record/partition.ts";
import { locationCommand, locationDocument, origin, productCommand, productDocument } from "./commands.ts";
import { channelIds, given, groups, locationIds, offset, productIds, skus, sometimes, type Template } from "./draws.ts";
import { visibleRecord, type World } from "./world.ts";

const life = sometimes(fc.constantFrom("active" as const, "archived" as const));
const name = fc.constantFrom("Lipstick", "Rouge", "Crème — ⅔ 💄");
const ifMatch = fc.option(offset, { freq: 2 });

const productOperation: fc.Arbitrary<CatalogueOperation<ProductDocument>> = fc.oneof(
  fc.record({
    kind: fc.constant("create" as const),
    document: fc.tuple(fc.constantFrom(...skus), name).map((pair) => productDocument(...pair)),
  }),
  fc.tuple(fc.constantFrom(...skus), name, life).map(([sku, label, next]) => ({
    kind: "replace" as const,
    document: productDocument(sku, label),
    ...given("life", next),
  })),
  fc.tuple(sometimes(fc.constantFrom(...skus)), sometimes(name), life).map(([sku, label, next]) => ({
    kind: "patch" as const,
    fields: { ...given("sku", sku), ...given("name", label) },
    ...given("life", next),
  })),
  fc.constant({ kind: "delete" as const }),
);

export const productTemplate: fc.Arbitrary<Template> = fc
  .tuple(fc.constantFrom(...productIds), productOperation, ifMatch)
  .map(([productId, operation, off]) => (world: World) => {
    const version = visibleRecord(world.products, productId)?.version ?? 0;
    const named = off === null || operation.kind === "create" ? null : version + off;
    return productCommand(productId, operation, named);
  });

const subset = <Value>(values: readonly Value[]) => fc.subarray([...values]);

/** A location that belongs to some groups. */
export const drawnLocation: fc.Arbitrary<LocationDocument> = fc
  .tuple(name, fc.oneof({ weight: 3, arbitrary: fc.constant(["eu"]) }, { weight: 2, arbitrary: subset(groups) }))
  .map(([label, its]) => ({ ...locationDocument(label), groups: its }));

/** A channel over some locations and groups, with a buffer. */
export const drawnChannel: fc.Arbitrary<ChannelDocument> = fc.record({
  name,
  locations: fc.shuffledSubarray([...locationIds]),
  locationGroups: subset(groups),
  products: fc.option(subset(productIds), { freq: 2 }),
  buffer: fc.nat({ max: 3 }),
  buffers: fc.dictionary(fc.constantFrom(...productIds), fc.nat({ max: 5 }), { maxKeys: 1 }),
});

function operationOn<Document>(document: fc.Arbitrary<Document>): fc.Arbitrary<CatalogueOperation<Document>> {
  return fc.oneof(
    fc.record({ kind: fc.constant("create" as const), document }),
    fc.tuple(document, life).map(([next, status]) => ({
      kind: "replace" as const,
      document: next,
      ...given("life", status),
    })),
    fc.tuple(document, life).map(([fields, status]) => ({ kind: "patch" as const, fields, ...given("life", status) })),
    fc.constant({ kind: "delete" as const }),
  );
}

export const locationTemplate: fc.Arbitrary<Template> = fc
  .tuple(fc.constantFrom(...locationIds), operationOn(drawnLocation), ifMatch)
  .map(([locationId, operation, off]) => (world: World) => {
    const version = visibleRecord(world.locations, locationId)?.version ?? 0;
    return locationCommand(locationId, operation, off === null || operation.kind === "create" ? null : version + off);
  });

export const channelTemplate: fc.Arbitrary<Template> = fc
  .tuple(fc.constantFrom(...channelIds), operationOn(drawnChannel), ifMatch)
  .map(([channelId, operation, off]) => (world: World): ChannelCommand => {
    const version = visibleRecord(world.channels, channelId)?.version ?? 0;
    const ifMatchVersion = off === null || operation.kind === "create" ? null : version + off;
    return { ...origin, kind: "channel", channelId, operation, ifMatchVersion };
  });

/** Makes right what a channel was told of the products of one partition. */
export const refreshTemplate: fc.Arbitrary<Template> = fc
  .tuple(fc.constantFrom(...channelIds), fc.constantFrom(...productIds))
  .map(([channelId, one]) => (world: World): ChannelRefreshCommand => {
    const partition = partitionOf(one, world.partitionCount);
    const products = productIds
      .filter((productId) => partitionOf(productId, world.partitionCount) === partition)
      .map((productId) => ({
        productId,
        locationIds: world.items.filter((item) => item.productId === productId).map((item) => item.locationId),
      }));
    return { ...origin, kind: "channel-refresh", channelId, partition, products };
  });
