/** A journal entry: one immutable fact about one item, product or location. Its fields are the journal's columns. */
import type { EntryKind } from "@onhand/protocol/vocabulary";
import type { Levels } from "../inventory/item.ts";

export interface Entry {
  readonly partition: number;
  /** 1, 2, 3 … without a gap within the partition. */
  readonly sequence: number;
  readonly kind: EntryKind;
  readonly productId: string | null;
  readonly locationId: string | null;
  /** Number of the item (sequence of its first entry); null for products and locations. */
  readonly itemNumber: number | null;
  /** Sequence of the item's entry before this one; null for its first. */
  readonly previousSequence: number | null;
  /** Version of the item, product or location after this entry. */
  readonly version: number;
  /** What moved. */
  readonly delta: Levels;
  /** What is there afterwards. */
  readonly after: Levels;
  readonly safetyStock: number;
  readonly reorderPoint: number | null;
  /** Index into `movementTypes`. */
  readonly movementType: number;
  /** The entry says that it may leave available below zero: a fact, or a caller with the right. */
  readonly allowsNegative: boolean;
  readonly occurredAtMs: number;
  readonly recordedAtMs: number;
  readonly actor: string;
  readonly source: string | null;
  readonly requestId: string;
  readonly traceparent: string | null;
  /** Where all entries of a change with several entries lie: `partition:first-last,…`; null for a change with one. */
  readonly parts: string | null;
  /** Commitment to the free text, 32 bytes. */
  readonly textCommitment: Uint8Array | null;
  /** The document after a catalogue change, as JSON text. */
  readonly detail: string | null;
}

/** An entry with its place in the hash chain. */
export interface SealedEntry extends Entry {
  /** SHA-256 of the previous entry's hash and this entry's canonical bytes. */
  readonly hash: Uint8Array;
}

export const noLevels: Levels = { onHand: 0, reserved: 0, unavailable: 0, incoming: 0 };
