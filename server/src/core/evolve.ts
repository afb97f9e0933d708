/** What an entry makes of the state before it: used to catch up with other servers, to verify and in tests. */
import { type EntryKind, entryKinds, subjectOfKind } from "@onhand/protocol/vocabulary";
import type {
  Channel,
  ChannelDocument,
  Location,
  LocationDocument,
  Product,
  ProductDocument,
} from "./catalogue/catalogue.ts";
import { type Item, noExtras } from "./inventory/item.ts";
import type { Entry } from "./record/entry.ts";
import { type EntryDetail, parseDetail } from "./record/entry-detail.ts";

export type Effect =
  /** `detail` tells of the order that an item's entry belongs to, if it does. */
  | { readonly kind: "item"; readonly item: Item; readonly detail: EntryDetail }
  | { readonly kind: "product"; readonly product: Product }
  | { readonly kind: "location"; readonly location: Location }
  | { readonly kind: "channel"; readonly channel: Channel }
  | { readonly kind: "order"; readonly detail: EntryDetail }
  | { readonly kind: "channelLevel"; readonly detail: EntryDetail }
  /** Nothing that deciding rests on. */
  | { readonly kind: "record"; readonly detail: EntryDetail };

/** Life of an item after an entry of this kind. */
export const itemLife = (kind: EntryKind): Item["life"] =>
  kind === entryKinds.inventoryArchived ? "archived" : kind === entryKinds.inventoryDeleted ? "deleted" : "active";

/** @returns what is there after the entry; entries carry all that it takes */
export function evolve(entry: Entry): Effect {
  const kind = subjectOfKind(entry.kind);
  switch (kind) {
    case "item": {
      const detail = parseDetail(entry);
      return { kind, item: itemAfter(entry, detail), detail };
    }
    case "order":
    case "channelLevel":
    case "record":
      return { kind, detail: parseDetail(entry) };
    case "product": {
      const { channelId: _, ...product } = versioned<ProductDocument>(entry);
      return { kind, product: { productId: entry.productId!, ...product } };
    }
    case "location": {
      const { channelId: _, ...location } = versioned<LocationDocument>(entry);
      return { kind, location: { locationId: entry.locationId!, ...location } };
    }
    case "channel": {
      const { channelId, ...channel } = versioned<ChannelDocument>(entry);
      return { kind, channel: { channelId: channelId!, ...channel } };
    }
  }
}

function versioned<Document>(entry: Entry) {
  const {
    document,
    life,
    createdAtMs,
    channelId = null,
  } = JSON.parse(entry.detail ?? "{}") as {
    document: Document;
    life: Item["life"];
    createdAtMs: number;
    channelId: string | null;
  };
  return { document, life, createdAtMs, channelId, version: entry.version, updatedAtMs: entry.recordedAtMs };
}

function itemAfter(entry: Entry, detail: EntryDetail): Item {
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
    updatedAtMs: detail.changedAtMs ?? entry.recordedAtMs,
    life: detail.life ?? itemLife(entry.kind),
    extras: detail.extras ?? noExtras,
  };
}
