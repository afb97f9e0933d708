/** Reads journal entries with all their columns. */
import type { EntryKind } from "@onhand/protocol/vocabulary";
import type { SealedEntry } from "../../core/record/entry.ts";
import type { Statement } from "../../db/pool.ts";

export interface EntryRow {
  readonly partition: number;
  readonly sequence: number;
  readonly kind: number;
  readonly product_id: string | null;
  readonly location_id: string | null;
  readonly item_number: number | null;
  readonly previous_sequence: number | null;
  readonly version: number;
  readonly on_hand_delta: number;
  readonly reserved_delta: number;
  readonly unavailable_delta: number;
  readonly incoming_delta: number;
  readonly on_hand: number;
  readonly reserved: number;
  readonly unavailable: number;
  readonly incoming: number;
  readonly safety_stock: number;
  readonly reorder_point: number | null;
  readonly movement_type: number;
  readonly allows_negative: boolean;
  readonly occurred_at: number;
  readonly recorded_at: number;
  readonly actor: string;
  readonly source: string | null;
  readonly request_id: string;
  readonly traceparent: string | null;
  readonly parts: string | null;
  readonly text_commitment: Buffer | null;
  readonly detail: string | null;
  readonly hash: Buffer;
}

export const entryColumns = `j.partition, j.sequence, j.kind, j.product_id, j.location_id, j.item_number, j.previous_sequence, j.version,
  j.on_hand_delta, j.reserved_delta, j.unavailable_delta, j.incoming_delta, j.on_hand, j.reserved, j.unavailable, j.incoming,
  j.safety_stock, j.reorder_point, j.movement_type, j.allows_negative, j.occurred_at, j.recorded_at, j.actor, j.source, j.request_id,
  j.traceparent, j.parts, j.text_commitment, j.detail::text AS detail, j.hash`;

/** Entries of one partition after a position, in order. */
export const readEntries = (partition: number, afterSequence: number, limit: number): Statement => ({
  name: "read_entries",
  text: `SELECT ${entryColumns} FROM journal j WHERE j.partition = $1 AND j.sequence > $2 ORDER BY j.sequence LIMIT $3`,
  values: [partition, afterSequence, limit],
});

/** @returns the entry that a row holds */
export function toEntry(row: EntryRow): SealedEntry {
  return {
    partition: row.partition,
    sequence: row.sequence,
    kind: row.kind as EntryKind,
    productId: row.product_id,
    locationId: row.location_id,
    itemNumber: row.item_number,
    previousSequence: row.previous_sequence,
    version: row.version,
    delta: {
      onHand: row.on_hand_delta,
      reserved: row.reserved_delta,
      unavailable: row.unavailable_delta,
      incoming: row.incoming_delta,
    },
    after: { onHand: row.on_hand, reserved: row.reserved, unavailable: row.unavailable, incoming: row.incoming },
    safetyStock: row.safety_stock,
    reorderPoint: row.reorder_point,
    movementType: row.movement_type,
    allowsNegative: row.allows_negative,
    occurredAtMs: row.occurred_at,
    recordedAtMs: row.recorded_at,
    actor: row.actor,
    source: row.source,
    requestId: row.request_id,
    traceparent: row.traceparent,
    parts: row.parts,
    textCommitment: row.text_commitment,
    detail: row.detail,
    hash: row.hash,
  };
}
