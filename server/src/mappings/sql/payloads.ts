/** Statements on payloads that wait because no mapping could read them. */
import type { Statement } from "../../db/pool.ts";
import type { MappingFault } from "../evaluate.ts";

export interface KeptPayloadRow {
  readonly payload_id: string;
  readonly source_id: string;
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  readonly problem: MappingFault;
  /** Version of the mapping that could not read it; null when there was none. */
  readonly mapping_version: number | null;
  readonly tries: number;
  readonly received_at: number;
  readonly tried_at: number;
}

const columns =
  "p.payload_id, p.source_id, p.body, p.headers, p.problem, p.mapping_version, p.tries, p.received_at, p.tried_at";
const now = "date_trunc('milliseconds', clock_timestamp())";

export interface NewPayload {
  readonly payloadId: string;
  readonly sourceId: string;
  /** Of what was sent, so that the same delivery is kept once. */
  readonly digest: Uint8Array;
  readonly body: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
  readonly problem: MappingFault;
  readonly mappingVersion: number | null;
}

/** Keeps a payload, unless its source has as many as it may; one that is kept already counts another try. No row when there is no room. */
export const keepPayload = (payload: NewPayload, countMax: number): Statement => ({
  text: `INSERT INTO kept_payload AS p (payload_id, source_id, digest, body, headers, problem, mapping_version, tries, received_at, tried_at)
         SELECT $1, $2, $3, $4, $5::jsonb, $6::jsonb, $7::integer, 1, ${now}, ${now}
         WHERE (SELECT count(*) FROM (SELECT FROM kept_payload o WHERE o.source_id = $2 LIMIT $8) o) < $8
            OR EXISTS (SELECT FROM kept_payload o WHERE o.source_id = $2 AND o.digest = $3)
         ON CONFLICT (source_id, digest) DO UPDATE SET problem = excluded.problem, mapping_version = excluded.mapping_version,
           tries = p.tries + 1, tried_at = excluded.tried_at
         RETURNING p.payload_id`,
  values: [
    payload.payloadId,
    payload.sourceId,
    Buffer.from(payload.digest),
    Buffer.from(payload.body),
    JSON.stringify(payload.headers),
    JSON.stringify(payload.problem),
    payload.mappingVersion,
    countMax,
  ],
});

/** A page of kept payloads of a source, the longest waiting first. */
export const listPayloads = (sourceId: string, after: string | null, limit: number): Statement => ({
  text: `SELECT ${columns} FROM kept_payload p WHERE p.source_id = $1 AND ($2::text IS NULL OR p.payload_id > $2) ORDER BY p.payload_id LIMIT $3`,
  values: [sourceId, after, limit],
});

/** Sources with payloads that took too long, rest since, and were not tried too often. */
export const selectTimedOut = (restSeconds: number, triesMax: number, limit: number): Statement => ({
  text: `SELECT DISTINCT p.source_id FROM kept_payload p WHERE p.problem->>'code' = 'time' AND p.tries < $2
         AND p.tried_at < clock_timestamp() - make_interval(secs => $1) LIMIT $3`,
  values: [restSeconds, triesMax, limit],
});

/** One of them. */
export const selectPayload = (sourceId: string, payloadId: string): Statement => ({
  text: `SELECT ${columns} FROM kept_payload p WHERE p.source_id = $1 AND p.payload_id = $2`,
  values: [sourceId, payloadId],
});

/** It was read, or is given up. No row when it was not there. */
export const deletePayload = (sourceId: string, payloadId: string): Statement => ({
  text: "DELETE FROM kept_payload WHERE source_id = $1 AND payload_id = $2 RETURNING payload_id",
  values: [sourceId, payloadId],
});
