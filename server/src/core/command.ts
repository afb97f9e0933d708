/** Commands: what an authorised caller wants to happen. Plain data, decided strictly in order by `decide`. */
import type { MovementType } from "@onhand/protocol/vocabulary";
import type { LocationDocument, ProductDocument } from "./catalogue.ts";

/** Who asks, and under which key the outcome is remembered. */
export interface CommandOrigin {
  /** Digest of principal and idempotency key, 32 lower-case hex digits. */
  readonly key: string;
  /** Digest of the request, 32 lower-case hex digits: the same key with another digest is refused. */
  readonly requestHash: string;
  readonly actor: string;
  readonly source: string | null;
  readonly requestId: string;
  readonly traceparent: string | null;
}

/** What must hold for the line to be applied; absent fields are not checked. */
export interface Guard {
  readonly version?: number;
  /** `null` is the explicit waiver of a guard. */
  readonly stockLevel?: number | null;
  readonly lastUpdatedMs?: number;
  /** The version came as `If-Match`. */
  readonly byIfMatch?: boolean;
}

/** Free text of a line: kept outside the journal, which holds only its commitment. */
export interface EntryText {
  readonly reason: string | null;
  readonly reference: string | null;
  /** 16 random bytes that make the commitment unguessable. */
  readonly salt: Uint8Array;
  /** SHA-256 of salt and texts, see `commitmentOf`. */
  readonly commitment: Uint8Array;
}

/** How a line changes its item; every field is optional, at least one is present. */
export interface ItemChange {
  /** Relative change of units on hand. */
  readonly adjustment?: number;
  /** Absolute units on hand. */
  readonly stockLevel?: number;
  /** With `stockLevel`: when it was counted, in ms; later movements stay on top. */
  readonly countedAtMs?: number;
  readonly unavailableStock?: number;
  readonly incomingStock?: number;
  readonly safetyStock?: number;
  readonly reorderPoint?: number | null;
  /** Take the item out of use, kept and listed as archived or deleted when it holds nothing; or back into use. */
  readonly retire?: "archive" | "delete" | "restore";
}

export interface InventoryLine {
  readonly productId: string;
  /** The SKU that the caller named, alone or beside the product id; checked at decision. */
  readonly sku: string | null;
  /** True when the product was found by its SKU: what the request says is the SKU alone. */
  readonly isFoundBySku?: boolean;
  readonly locationId: string;
  readonly change: ItemChange;
  readonly guard: Guard | null;
  /** Refuse when there is no such item yet (changes addressed by inventory id). */
  readonly mustExist: boolean;
  /** Record the change even when it takes available below zero. */
  readonly allowNegative: boolean;
  readonly movementType: MovementType;
  /** When it happened, in ms; absent means when it is recorded. */
  readonly occurredAtMs: number | null;
  readonly text: EntryText | null;
}

/** Lines that are applied together or not at all. */
export interface InventoryCommand extends CommandOrigin {
  readonly kind: "inventory";
  readonly lines: readonly InventoryLine[];
}

/** `life` moves between in use and archived; absent means as it was, or in use for something new. */
export type CatalogueOperation<Document> =
  | { readonly kind: "create"; readonly document: Document }
  | { readonly kind: "replace"; readonly document: Document; readonly life?: "active" | "archived" }
  | { readonly kind: "patch"; readonly fields: Partial<Document>; readonly life?: "active" | "archived" }
  | { readonly kind: "delete" };

export interface ProductCommand extends CommandOrigin {
  readonly kind: "product";
  readonly productId: string;
  readonly operation: CatalogueOperation<ProductDocument>;
  /** Version named by `If-Match`. */
  readonly ifMatchVersion: number | null;
}

export interface LocationCommand extends CommandOrigin {
  readonly kind: "location";
  readonly locationId: string;
  readonly operation: CatalogueOperation<LocationDocument>;
  readonly ifMatchVersion: number | null;
}

export type Command = InventoryCommand | ProductCommand | LocationCommand;
