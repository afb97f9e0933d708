/**
 * Writes a whole group in one statement over all its partitions (the form for plain PostgreSQL; on a sharded database
 * the same rows go partition by partition). Arrays go in as binary. The statement raises OH001 unless it wrote exactly
 * what was decided, and unless everything that a group decided ahead took for granted holds; that turns the COMMIT sent
 * behind it into a rollback. So it does when its entries move other numbers of reserved and incoming units than
 * `write_orders` said it had put into lines: no counter moves without them. Its snapshot is taken after the locks were had, for they are a statement of their own.
 */
import { lifeStates } from "@onhand/protocol/vocabulary";
import { availableBand, availableOf, type Item, type Levels, noExtras, oversoldOf } from "../../core/inventory/item.ts";
import type { Entry } from "../../core/record/entry.ts";
import {
  bigintColumn,
  booleanColumn,
  byteaColumn,
  integerColumn,
  jsonColumn,
  smallintColumn,
  textColumn,
  timestampColumn,
  uuidColumn,
} from "../../db/binary-array.ts";
import type { Statement } from "../../db/pool.ts";

export interface HeadMove {
  readonly partition: number;
  readonly previousSequence: number;
  readonly previousHash: Uint8Array;
  readonly sequence: number;
  readonly hash: Uint8Array;
  readonly recordedAtMs: number;
  readonly epoch: number;
}

export interface StoredText {
  readonly partition: number;
  readonly sequence: number;
  readonly salt: Uint8Array;
  readonly reason: string | null;
  readonly reference: string | null;
}

export interface TotalChange {
  readonly partition: number;
  readonly productId: string;
  readonly delta: Levels;
}

export interface StoredResult {
  readonly partition: number;
  /** 32 hex digits. */
  readonly key: string;
  readonly requestHash: string;
  readonly outcome: string;
  /** Never cleared away. */
  readonly isKept: boolean;
}

/** A head that a group was decided on without holding its lock at the time, and does not move. */
export interface ReliedHead {
  readonly partition: number;
  readonly sequence: number;
  readonly hash: Uint8Array;
  readonly epoch: number;
}

/** What a group that was decided ahead took for granted: nothing is written unless it holds under the locks. */
export interface Reliance {
  readonly heads: readonly ReliedHead[];
  /** End of the control partition: what was known of the locations. */
  readonly controlSequence: number;
}

export interface GroupRows {
  readonly heads: readonly HeadMove[];
  readonly entries: readonly Entry[];
  /** Hash of each entry, in order. */
  readonly hashes: readonly Uint8Array[];
  readonly texts: readonly StoredText[];
  /** Each changed item once, as it is after the group. */
  readonly items: readonly Item[];
  readonly totals: readonly TotalChange[];
  readonly results: readonly StoredResult[];
  /** Where all partitions were when the group was decided: what a replay's cursor is made from. */
  readonly headVector: Uint8Array;
  readonly recordedAtMs: number;
  /** Null when the group was decided under its locks. */
  readonly reliance: Reliance | null;
}

const text = `
WITH head AS (
  UPDATE partition_head h SET sequence = u.sequence, hash = u.hash, recorded_at = u.recorded_at
  FROM unnest($1::integer[], $2::bigint[], $3::bigint[], $4::bytea[], $5::timestamptz[], $6::bigint[], $73::bytea[]) u(partition, previous, sequence, hash, recorded_at, epoch, previous_hash)
  WHERE h.partition = u.partition AND h.sequence = u.previous AND h.hash = u.previous_hash AND h.epoch = u.epoch
  RETURNING 1
), entry AS (
  INSERT INTO journal (partition, sequence, kind, product_id, location_id, item_number, previous_sequence, version,
    on_hand_delta, reserved_delta, unavailable_delta, incoming_delta, on_hand, reserved, unavailable, incoming, safety_stock, reorder_point,
    movement_type, allows_negative, occurred_at, recorded_at, actor, source, request_id, traceparent, parts, text_commitment, detail, hash)
  SELECT unnest($7::integer[]), unnest($8::bigint[]), unnest($9::smallint[]), unnest($10::text[]), unnest($11::text[]), unnest($12::bigint[]), unnest($13::bigint[]), unnest($14::bigint[]), unnest($15::bigint[]), unnest($16::bigint[]), unnest($17::bigint[]), unnest($18::bigint[]), unnest($19::bigint[]), unnest($20::bigint[]), unnest($21::bigint[]), unnest($22::bigint[]), unnest($23::bigint[]), unnest($24::bigint[]), unnest($25::smallint[]), unnest($26::boolean[]), unnest($27::timestamptz[]), unnest($28::timestamptz[]), unnest($29::text[]), unnest($30::text[]), unnest($31::text[]), unnest($32::text[]), unnest($33::text[]), unnest($34::bytea[]), unnest($35::json[]), unnest($36::bytea[])
), entry_words AS (
  INSERT INTO entry_text (partition, sequence, salt, reason, reference)
  SELECT unnest($37::integer[]), unnest($38::bigint[]), unnest($39::bytea[]), unnest($40::text[]), unnest($41::text[])
), level AS (
  INSERT INTO item AS i (partition, product_id, location_id, item_number, on_hand, reserved, unavailable, incoming, oversold,
    safety_stock, reorder_point, version, last_sequence, updated_at, life, available_band, extras)
  SELECT unnest($42::integer[]), unnest($43::text[]), unnest($44::text[]), unnest($45::bigint[]), unnest($46::bigint[]), unnest($47::bigint[]), unnest($48::bigint[]), unnest($49::bigint[]), unnest($50::bigint[]), unnest($51::bigint[]), unnest($52::bigint[]), unnest($53::bigint[]), unnest($54::bigint[]), unnest($55::timestamptz[]), unnest($56::smallint[]), unnest($57::smallint[]), unnest($80::json[])
  ON CONFLICT (partition, product_id, location_id) DO UPDATE SET
    on_hand = excluded.on_hand, reserved = excluded.reserved, unavailable = excluded.unavailable, incoming = excluded.incoming,
    oversold = excluded.oversold, safety_stock = excluded.safety_stock, reorder_point = excluded.reorder_point, version = excluded.version,
    last_sequence = excluded.last_sequence, updated_at = excluded.updated_at, life = excluded.life, available_band = excluded.available_band,
    extras = excluded.extras
), total AS (
  INSERT INTO product_total AS t (partition, product_id, on_hand, reserved, unavailable, incoming)
  SELECT partition, product, sum(on_hand)::bigint, sum(reserved)::bigint, sum(unavailable)::bigint, sum(incoming)::bigint
  FROM unnest($58::integer[], $59::text[], $60::bigint[], $61::bigint[], $62::bigint[], $63::bigint[]) u(partition, product, on_hand, reserved, unavailable, incoming)
  GROUP BY partition, product
  ON CONFLICT (partition, product_id) DO UPDATE SET
    on_hand = t.on_hand + excluded.on_hand, reserved = t.reserved + excluded.reserved,
    unavailable = t.unavailable + excluded.unavailable, incoming = t.incoming + excluded.incoming
), remembered AS (
  INSERT INTO result (partition, key, request_hash, outcome, heads, recorded_at, is_kept)
  SELECT unnest($64::integer[]), unnest($65::uuid[]), unnest($66::uuid[]), unnest($67::text[]), $68::bytea, $69::timestamptz, unnest($72::boolean[])
  ON CONFLICT (partition, key) DO NOTHING RETURNING 1
), relied AS (
  SELECT 1 FROM unnest($74::integer[], $75::bigint[], $76::bytea[], $77::bigint[]) u(partition, sequence, hash, epoch)
  JOIN partition_head h ON h.partition = u.partition AND h.sequence = u.sequence AND h.hash = u.hash AND h.epoch = u.epoch
)
SELECT require_written('heads', (SELECT count(*) FROM head), $70::bigint),
       require_written('results', (SELECT count(*) FROM remembered), $71::bigint),
       require_written('heads', (SELECT count(*) FROM relied), $78::bigint),
       require_written('control', (SELECT sequence FROM partition_head WHERE partition = 0), $79::bigint),
       require_written('locks', coalesce((current_setting('onhand.locks', true) = 'held')::integer, 0), 1),
       require_written('counters', coalesce(nullif(current_setting('onhand.promised', true), ''), '0')::bigint,
         (SELECT coalesce(sum(abs(reserved) + abs(incoming)), 0)::bigint FROM unnest($16::bigint[], $18::bigint[]) u(reserved, incoming)))`;

/** @returns the statement that writes the group */
export function appendGroup(rows: GroupRows): Statement {
  const values = [
    ...headValues(rows.heads),
    ...entryValues(rows),
    ...textValues(rows.texts),
    ...itemValues(rows.items),
    ...totalValues(rows.totals),
  ];
  const { results } = rows;
  values.push(
    integerColumn(results, (result) => result.partition),
    uuidColumn(results, (result) => result.key),
  );
  values.push(
    uuidColumn(results, (result) => result.requestHash),
    textColumn(results, (result) => result.outcome),
  );
  const scalars = [
    Buffer.from(rows.headVector),
    new Date(rows.recordedAtMs).toISOString(),
    rows.heads.length,
    results.length,
    booleanColumn(results, (result) => result.isKept),
    byteaColumn(rows.heads, (head) => head.previousHash),
    ...relianceValues(rows.reliance),
    jsonColumn(rows.items, ({ extras }) => (extras === noExtras ? null : JSON.stringify(extras))),
  ];
  return { name: "append_group", text, values: [...values, ...scalars] };
}

const headValues = (heads: readonly HeadMove[]): Buffer[] => [
  integerColumn(heads, (head) => head.partition),
  bigintColumn(heads, (head) => head.previousSequence),
  bigintColumn(heads, (head) => head.sequence),
  byteaColumn(heads, (head) => head.hash),
  timestampColumn(heads, (head) => head.recordedAtMs),
  bigintColumn(heads, (head) => head.epoch),
];

/** Without a reliance there is nothing to compare: no heads, and null, from which no end differs. */
const relianceValues = (reliance: Reliance | null): unknown[] => {
  const heads = reliance?.heads ?? [];
  return [
    integerColumn(heads, (head) => head.partition),
    bigintColumn(heads, (head) => head.sequence),
    byteaColumn(heads, (head) => head.hash),
    bigintColumn(heads, (head) => head.epoch),
    heads.length,
    reliance?.controlSequence ?? null,
  ];
};

const entryValues = ({ entries, hashes }: GroupRows): Buffer[] => [
  integerColumn(entries, (entry) => entry.partition),
  bigintColumn(entries, (entry) => entry.sequence),
  smallintColumn(entries, (entry) => entry.kind),
  textColumn(entries, (entry) => entry.productId),
  textColumn(entries, (entry) => entry.locationId),
  bigintColumn(entries, (entry) => entry.itemNumber),
  bigintColumn(entries, (entry) => entry.previousSequence),
  bigintColumn(entries, (entry) => entry.version),
  bigintColumn(entries, (entry) => entry.delta.onHand),
  bigintColumn(entries, (entry) => entry.delta.reserved),
  bigintColumn(entries, (entry) => entry.delta.unavailable),
  bigintColumn(entries, (entry) => entry.delta.incoming),
  bigintColumn(entries, (entry) => entry.after.onHand),
  bigintColumn(entries, (entry) => entry.after.reserved),
  bigintColumn(entries, (entry) => entry.after.unavailable),
  bigintColumn(entries, (entry) => entry.after.incoming),
  bigintColumn(entries, (entry) => entry.safetyStock),
  bigintColumn(entries, (entry) => entry.reorderPoint),
  smallintColumn(entries, (entry) => entry.movementType),
  booleanColumn(entries, (entry) => entry.allowsNegative),
  timestampColumn(entries, (entry) => entry.occurredAtMs),
  timestampColumn(entries, (entry) => entry.recordedAtMs),
  textColumn(entries, (entry) => entry.actor),
  textColumn(entries, (entry) => entry.source),
  textColumn(entries, (entry) => entry.requestId),
  textColumn(entries, (entry) => entry.traceparent),
  textColumn(entries, (entry) => entry.parts),
  byteaColumn(entries, (entry) => entry.textCommitment),
  jsonColumn(entries, (entry) => entry.detail),
  byteaColumn(hashes, (hash) => hash),
];

const textValues = (texts: readonly StoredText[]): Buffer[] => [
  integerColumn(texts, (row) => row.partition),
  bigintColumn(texts, (row) => row.sequence),
  byteaColumn(texts, (row) => row.salt),
  textColumn(texts, (row) => row.reason),
  textColumn(texts, (row) => row.reference),
];

const itemValues = (items: readonly Item[]): Buffer[] => [
  integerColumn(items, (item) => item.partition),
  textColumn(items, (item) => item.productId),
  textColumn(items, (item) => item.locationId),
  bigintColumn(items, (item) => item.itemNumber),
  bigintColumn(items, (item) => item.onHand),
  bigintColumn(items, (item) => item.reserved),
  bigintColumn(items, (item) => item.unavailable),
  bigintColumn(items, (item) => item.incoming),
  bigintColumn(items, oversoldOf),
  bigintColumn(items, (item) => item.safetyStock),
  bigintColumn(items, (item) => item.reorderPoint),
  bigintColumn(items, (item) => item.version),
  bigintColumn(items, (item) => item.lastSequence),
  timestampColumn(items, (item) => item.updatedAtMs),
  smallintColumn(items, (item) => lifeStates.indexOf(item.life)),
  smallintColumn(items, (item) => availableBand(availableOf(item))),
];

const totalValues = (totals: readonly TotalChange[]): Buffer[] => [
  integerColumn(totals, (total) => total.partition),
  textColumn(totals, (total) => total.productId),
  bigintColumn(totals, (total) => total.delta.onHand),
  bigintColumn(totals, (total) => total.delta.reserved),
  bigintColumn(totals, (total) => total.delta.unavailable),
  bigintColumn(totals, (total) => total.delta.incoming),
];
