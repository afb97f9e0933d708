/** Columns of a page as entries, with a check that every number came through exactly. */
import type { EntryKind } from "@onhand/protocol/vocabulary";
import type { Entry } from "../../core/record/entry.ts";
import type { EntryColumns } from "./sql/read-journal.ts";

/** An entry with the hash that is stored with it. */
export interface StoredEntry extends Entry {
  /** Hex digits. */
  readonly storedHash: string;
  /** Name of a column whose number is not a whole one up to ±(2^53 − 1), or null when all are. */
  readonly inexact: string | null;
}

const numberColumns = [
  "sequence",
  "kind",
  "item_number",
  "previous_sequence",
  "version",
  "on_hand_delta",
  "reserved_delta",
  "unavailable_delta",
  "incoming_delta",
  "on_hand",
  "reserved",
  "unavailable",
  "incoming",
  "safety_stock",
  "reorder_point",
  "movement_type",
  "occurred_at",
  "recorded_at",
] as const;

/** @returns the entries of a page, in its order */
export function entriesOf(page: EntryColumns, partition: number): StoredEntry[] {
  const inexact = findInexact(page);
  const entries: StoredEntry[] = new Array(page.count);
  for (let n = 0; n < page.count; n++) {
    const commitment = page.text_commitment[n]!;
    entries[n] = {
      partition,
      sequence: page.sequence[n]!,
      kind: page.kind[n] as EntryKind,
      productId: page.product_id[n]!,
      locationId: page.location_id[n]!,
      itemNumber: page.item_number[n]!,
      previousSequence: page.previous_sequence[n]!,
      version: page.version[n]!,
      delta: {
        onHand: page.on_hand_delta[n]!,
        reserved: page.reserved_delta[n]!,
        unavailable: page.unavailable_delta[n]!,
        incoming: page.incoming_delta[n]!,
      },
      after: {
        onHand: page.on_hand[n]!,
        reserved: page.reserved[n]!,
        unavailable: page.unavailable[n]!,
        incoming: page.incoming[n]!,
      },
      safetyStock: page.safety_stock[n]!,
      reorderPoint: page.reorder_point[n]!,
      movementType: page.movement_type[n]!,
      allowsNegative: page.allows_negative[n]!,
      occurredAtMs: page.occurred_at[n]!,
      recordedAtMs: page.recorded_at[n]!,
      actor: page.actor[n]!,
      source: page.source[n]!,
      requestId: page.request_id[n]!,
      traceparent: page.traceparent[n]!,
      parts: page.parts[n]!,
      textCommitment: commitment === null ? null : Buffer.from(commitment, "hex"),
      detail: page.detail[n]!,
      storedHash: page.hash[n]!,
      inexact: inexact.get(n) ?? null,
    };
  }
  return entries;
}

/** The hash covers whole milliseconds and safe integers, so a number beside them must not slip past it. */
function findInexact(page: EntryColumns): Map<number, string> {
  const found = new Map<number, string>();
  for (const name of numberColumns) {
    const column: readonly (number | null)[] = page[name] ?? [];
    for (let n = 0; n < column.length; n++) {
      const value = column[n]!;
      if (value !== null && !Number.isSafeInteger(value) && !found.has(n)) found.set(n, name);
    }
  }
  return found;
}
