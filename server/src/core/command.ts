/** Commands: what an authorised caller wants to happen. Plain data, decided strictly in order by `decide`. */
import type { entryKinds, MovementType, UnsellableState } from "@onhand/protocol/vocabulary";
import type { ChannelDocument, LocationDocument, ProductDocument } from "./catalogue/catalogue.ts";
import type { OrderNote } from "./orders/order.ts";

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
  /** With `adjustment`: units of this state, which move on hand and within it. */
  readonly state?: UnsellableState;
  /** Units from one state to another, null for sellable; on hand stays. */
  readonly move?: {
    readonly from: UnsellableState | null;
    readonly to: UnsellableState | null;
    readonly quantity: number;
  };
  /** All units that cannot be sold, at least those in named states. */
  readonly unavailableStock?: number;
  readonly safetyStock?: number;
  readonly reorderPoint?: number | null;
  readonly maximum?: number | null;
  readonly hysteresis?: number | null;
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
  /** The clock that `occurredAtMs` or `countedAtMs` was read from; absent for one that can be trusted. */
  readonly clock?: DeviceClock;
  /** What a source says, and what its word counts for; absent for a caller who speaks for themselves. */
  readonly report?: SourceReport;
  readonly text: EntryText | null;
}

/** A line that a registered source sent: a change that happened there, or an absolute level that it states. */
export interface SourceReport {
  readonly sourceId: string;
  /** Of sources that state levels of one item the one with the higher trust holds, while it is fresh. */
  readonly trust: number;
  /** How long its last statement holds against less trusted ones, in ms. */
  readonly freshForMs: number;
  /** Number that the source counts its statements of the item with; null when it has times only. */
  readonly version: number | null;
  /** When the device that made it says that it happened, before its clock's error was taken off, in ms; null when the same. */
  readonly saidAtMs: number | null;
}

/** A device's clock: times read from it are right within its error, when that is known. */
export interface DeviceClock {
  readonly deviceId: string;
  /** Largest error in either direction, in ms; null when nobody knows. */
  readonly errorMs: number | null;
}

/** Lines that are applied together or not at all. */
export interface InventoryCommand extends CommandOrigin {
  readonly kind: "inventory";
  readonly lines: readonly InventoryLine[];
  /** Its outcome is remembered by its key alone: what the caller calls a product may be another one when it is sent again. */
  readonly isRememberedByKey?: boolean;
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

export interface ChannelCommand extends CommandOrigin {
  readonly kind: "channel";
  readonly channelId: string;
  readonly operation: CatalogueOperation<ChannelDocument>;
  readonly ifMatchVersion: number | null;
}

/** Makes what channels are told of some products right, after a channel or a location changed. Of one partition. */
export interface ChannelRefreshCommand extends CommandOrigin {
  readonly kind: "channel-refresh";
  readonly channelId: string;
  readonly partition: number;
  /** Each with the locations at which it has an item, which are loaded. */
  readonly products: readonly { readonly productId: string; readonly locationIds: readonly string[] }[];
}

/** Tells something of an item, in an entry of its own that moves nothing. */
export interface NoticeCommand extends CommandOrigin {
  readonly kind: "notice";
  readonly entryKind: NoticeKind;
  readonly productId: string;
  readonly locationId: string;
  /** Sequence of the entry it is about. */
  readonly about: number;
  readonly reason: string;
  readonly figures: Readonly<Record<string, number | string | null>>;
}

/** Notices that are asked for by commands; thresholds are told of by deciding itself. */
export type NoticeKind =
  | typeof entryKinds.inventoryUnusual
  | typeof entryKinds.inventoryDriftFound
  | typeof entryKinds.inventoryDriftResolved;

/** Tells in a partition of something that is kept beside the journal: a source, a checkpoint. It changes no state. */
export interface RecordCommand extends CommandOrigin {
  readonly kind: "record";
  readonly partition: number;
  readonly entryKind: RecordKind;
  readonly recordId: string;
  /** What is told; plain JSON, without what may have to be erased. */
  readonly record: Readonly<Record<string, unknown>>;
}

/** Entries about records that are kept beside the journal. */
export type RecordKind =
  | typeof entryKinds.sourceChanged
  | typeof entryKinds.sourceStale
  | typeof entryKinds.sourceFresh
  | typeof entryKinds.sourceParked
  | typeof entryKinds.journalCheckpointed;

/** A product as a caller names it. */
export interface ProductName {
  readonly productId: string;
  readonly sku: string | null;
  readonly isFoundBySku?: boolean;
}

/** Who holds how much at a time; null for no limit. */
export interface HoldLimits {
  /** Units of a product that one buyer may hold. */
  readonly unitsPerBuyer: number | null;
  /** Percent of what is on hand of an item that one key may hold. */
  readonly percentPerPrincipal: number | null;
}

export interface ReserveLine extends ProductName {
  /** Either a location, or a group, or neither: then the command's channel says from where. */
  readonly locationId: string | null;
  readonly locationGroup: string | null;
  readonly quantity: number;
}

/** Takes units out of what is available, for a while. */
export interface ReserveCommand extends CommandOrigin {
  readonly kind: "reserve";
  readonly lines: readonly ReserveLine[];
  /** All units of all lines, or as many as there are. */
  readonly policy: "all" | "partial";
  /** Name of a sourcing policy, see `sourcing/`. */
  readonly sourcing: string;
  /** Locations in the order in which the caller wants them taken, for `priority`. */
  readonly priorities: readonly string[];
  readonly ttlMs: number;
  readonly channelId: string | null;
  readonly buyerKey: string | null;
  /** The buyer's older open reservations are released for it; with the partitions they lie in, as they were looked up. */
  readonly supersedes: boolean;
  readonly alsoPartitions: readonly number[];
  /** Lines of those reservations that hold units, as they were looked up: how many entries their end may take. */
  readonly olderLines: number;
  /** Says what it would come to, and changes nothing; not remembered. */
  readonly isDryRun: boolean;
  readonly limits: HoldLimits;
  readonly note: OrderNote;
  readonly text: EntryText | null;
}

/** Lines of an order, all or some, whole or in part. */
export type OrderLines = readonly { readonly line: number; readonly quantity: number | null }[] | null;

export type ReservationAction =
  | {
      readonly kind: "commit";
      readonly lines: OrderLines;
      /** What is not committed goes back. */
      readonly releasesRest: boolean;
      /** When it has ended: take the units again if they are there. */
      readonly retakes: boolean;
    }
  | { readonly kind: "release"; readonly lines: OrderLines }
  | { readonly kind: "extend"; readonly ttlMs: number }
  | { readonly kind: "pay"; readonly ttlMs: number };

/** Something is done with a reservation. */
export interface ReservationCommand extends CommandOrigin {
  readonly kind: "reservation";
  readonly orderId: string;
  /** Of its lines, as they were looked up; they never change. */
  readonly partitions: readonly number[];
  /** How many lines it has, which never changes: the entries that the action may take. */
  readonly lineCount: number;
  readonly action: ReservationAction;
  readonly text: EntryText | null;
}

/** The sweeper's: releases what is due of some reservations. */
export interface ExpireCommand extends CommandOrigin {
  readonly kind: "expire";
  readonly orders: readonly {
    readonly orderId: string;
    readonly partitions: readonly number[];
    readonly lineCount: number;
  }[];
}

export interface TransferLine extends ProductName {
  readonly quantity: number;
}

/** Makes a transfer (units are held where they come from) or a supply (units are expected from outside). */
export interface TransferCommand extends CommandOrigin {
  readonly kind: "transfer";
  readonly order: "transfer" | "supply";
  /** Null for supplies. */
  readonly fromLocationId: string | null;
  readonly toLocationId: string;
  readonly expectedAtMs: number | null;
  readonly lines: readonly TransferLine[];
  readonly note: OrderNote;
  readonly text: EntryText | null;
}

export type TransferAction =
  | { readonly kind: "ship"; readonly lines: OrderLines; readonly expectedAtMs: number | null }
  | {
      readonly kind: "receive";
      /** With the state that units arrive in, null for sellable. */
      readonly lines:
        | readonly { readonly line: number; readonly quantity: number | null; readonly state: UnsellableState | null }[]
        | null;
      /** What is still on its way is booked as lost: nothing more will come. */
      readonly closes: boolean;
    }
  /** What is held goes back; what is on its way back to where it came from (transfers), or is expected no more (supplies). */
  | { readonly kind: "cancel"; readonly lines: OrderLines }
  | { readonly kind: "reschedule"; readonly expectedAtMs: number | null };

/** Something is done with a transfer or a supply. */
export interface TransferActionCommand extends CommandOrigin {
  readonly kind: "transfer-action";
  readonly orderId: string;
  readonly order: "transfer" | "supply";
  readonly partitions: readonly number[];
  readonly lineCount: number;
  readonly action: TransferAction;
  readonly occurredAtMs: number | null;
  readonly text: EntryText | null;
}

/** Commands that make an order on stock. */
export type MakeOrderCommand = ReserveCommand | TransferCommand;
/** Commands that do something with orders that are there. */
export type OrderCommand = ReservationCommand | ExpireCommand | TransferActionCommand;

export type Command =
  | InventoryCommand
  | ProductCommand
  | LocationCommand
  | ChannelCommand
  | ChannelRefreshCommand
  | NoticeCommand
  | RecordCommand
  | MakeOrderCommand
  | OrderCommand;
