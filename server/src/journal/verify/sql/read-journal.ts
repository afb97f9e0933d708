/** Reads entries and their texts in pages of columns, each statement in one partition. */
import { bigintArray, textArray } from "../../../db/binary-array.ts";
import type { Statement } from "../../../db/pool.ts";
import { inHex, inMilliseconds, pageText } from "./columnar.ts";

/** The columns of some entries; element n of each array belongs to the n-th entry. */
export interface EntryColumns {
  readonly count: number;
  readonly sequence: number[];
  readonly kind: number[];
  readonly product_id: (string | null)[];
  readonly location_id: (string | null)[];
  readonly item_number: (number | null)[];
  readonly previous_sequence: (number | null)[];
  readonly version: number[];
  readonly on_hand_delta: number[];
  readonly reserved_delta: number[];
  readonly unavailable_delta: number[];
  readonly incoming_delta: number[];
  readonly on_hand: number[];
  readonly reserved: number[];
  readonly unavailable: number[];
  readonly incoming: number[];
  readonly safety_stock: number[];
  readonly reorder_point: (number | null)[];
  readonly movement_type: number[];
  readonly allows_negative: boolean[];
  readonly occurred_at: number[];
  readonly recorded_at: number[];
  readonly actor: string[];
  readonly source: (string | null)[];
  readonly request_id: string[];
  readonly traceparent: (string | null)[];
  readonly parts: (string | null)[];
  /** Hex digits. */
  readonly text_commitment: (string | null)[];
  readonly detail: (string | null)[];
  /** Hex digits. */
  readonly hash: string[];
}

const plainNames = [
  "sequence",
  "kind",
  "product_id",
  "location_id",
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
  "allows_negative",
  "actor",
  "source",
  "request_id",
  "traceparent",
  "parts",
];

const entryColumns: Record<string, string> = {
  ...Object.fromEntries(plainNames.map((name) => [name, `j.${name}`])),
  occurred_at: inMilliseconds("j.occurred_at"),
  recorded_at: inMilliseconds("j.recorded_at"),
  text_commitment: inHex("j.text_commitment"),
  detail: "j.detail::text",
  hash: inHex("j.hash"),
};

const entryBytes = "coalesce(octet_length(j.detail::text), 0) + coalesce(octet_length(j.parts), 0)";

const entriesFrom = (condition: string): string =>
  pageText({
    columns: entryColumns,
    from: `journal j WHERE j.partition = $1 ${condition} ORDER BY j.sequence`,
    limit: "$2",
    bytes: entryBytes,
  });

/** The next entries of a partition in order; `afterSequence` null starts at whatever comes first. */
export const readEntryPage = (partition: number, afterSequence: number | null, rowsMax: number): Statement =>
  afterSequence === null
    ? { name: "verify_entries_first", text: entriesFrom(""), values: [partition, rowsMax] }
    : {
        name: "verify_entries",
        text: entriesFrom("AND j.sequence > $3"),
        values: [partition, rowsMax, afterSequence],
      };

/** Some entries of a partition, in order; those that do not exist are left out. */
export const readEntriesAt = (partition: number, sequences: readonly number[]): Statement => ({
  name: "verify_entries_at",
  text: pageText({
    columns: entryColumns,
    from: "unnest($3::bigint[]) k(sequence) JOIN journal j ON j.partition = $1 AND j.sequence = k.sequence ORDER BY j.sequence",
    limit: "$2",
  }),
  values: [partition, sequences.length, bigintArray(sequences)],
});

/** Entries in some ranges of a partition that carry a certain text in `parts`: one count for each range. */
export const countParts = (
  partition: number,
  ranges: readonly { first: number; last: number; parts: string }[],
): Statement => ({
  name: "verify_parts",
  text: `SELECT json_agg(n ORDER BY ordinality) AS counts FROM (
           SELECT u.ordinality, (SELECT count(*) FROM journal j WHERE j.partition = $1
             AND j.sequence BETWEEN u.first AND u.last AND j.parts = u.parts) AS n
           FROM unnest($2::bigint[], $3::bigint[], $4::text[]) WITH ORDINALITY u(first, last, parts, ordinality)) counted`,
  values: [
    partition,
    bigintArray(ranges.map((range) => range.first)),
    bigintArray(ranges.map((range) => range.last)),
    textArray(ranges.map((range) => range.parts)),
  ],
});

export interface TextColumns {
  readonly count: number;
  readonly sequence: number[];
  /** Hex digits. */
  readonly salt: string[];
  readonly reason: (string | null)[];
  readonly reference: (string | null)[];
}

/** Texts of a partition behind one position and up to another, in order; null: from the first or to the last. */
export function readTextPage(
  partition: number,
  afterSequence: number | null,
  throughSequence: number | null,
  rowsMax: number,
): Statement {
  const bounds: number[] = [];
  const bound = (operator: string, sequence: number | null): string =>
    sequence === null ? "" : `AND t.sequence ${operator} $${bounds.push(sequence) + 2}`;
  const range = `${bound(">", afterSequence)} ${bound("<=", throughSequence)}`;
  return {
    text: pageText({
      columns: { sequence: "t.sequence", salt: inHex("t.salt"), reason: "t.reason", reference: "t.reference" },
      from: `entry_text t WHERE t.partition = $1 ${range} ORDER BY t.sequence`,
      limit: "$2",
    }),
    values: [partition, rowsMax, ...bounds],
  };
}
