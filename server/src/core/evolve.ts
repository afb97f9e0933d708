/** What an entry makes of the state before it: used to catch up with other servers, to verify and in tests. */
import { type EntryKind, entryKinds } from "@onhand/protocol/vocabulary";
import type { Location, LocationDocument, Product, ProductDocument } from "./catalogue.ts";
import type { Entry } from "./entry.ts";
import type { Item } from "./item.ts";

export type Effect =
  | { readonly kind: "item"; readonly item: Item }
  | { readonly kind: "product"; readonly product: Product }
  | { readonly kind: "location"; readonly location: Location };

/** Life of an item after an entry of this kind. */
export const itemLife = (kind: EntryKind): Item["life"] =>
  kind === entryKinds.inventoryArchived ? "archived" : kind === entryKinds.inventoryDeleted ? "deleted" : "active";

/** @returns the item, product or location as it is after the entry; entries carry all that it takes */
export function evolve(entry: Entry): Effect {
  if (entry.kind < entryKinds.productCreated) return { kind: "item", item: itemAfter(entry) };
  const versioned = { version: entry.version, updatedAtMs: entry.recordedAtMs };
  const detail = JSON.parse(entry.detail ?? "{}");
  const { life, createdAtMs } = detail;
  if (entry.kind < entryKinds.locationCreated) {
    const document: ProductDocument = detail.document;
    return { kind: "product", product: { productId: entry.productId!, document, life, createdAtMs, ...versioned } };
  }
  const document: LocationDocument = detail.document;
  return { kind: "location", location: { locationId: entry.locationId!, document, life, createdAtMs, ...versioned } };
}

function itemAfter(entry: Entry): Item {
  return {
    partition: entry.partition,
    productId: entry.productId!,
    locationId: entry.locationId!,
    itemNumber: entry.itemNumber!,
    onHand: entry.after.onHand,
    reserved: entry.after.reserved,
    unavailable: entry.after.unavailable,
    incoming: entry.after.incoming,
    safetyStock: entry.safetyStock,
    reorderPoint: entry.reorderPoint,
    version: entry.version,
    lastSequence: entry.sequence,
    updatedAtMs: entry.recordedAtMs,
    life: itemLife(entry.kind),
  };
}
