/** Statements on sources, their secrets, and when they were heard of. Whoever changes a source locks its row first. */
import { bigintColumn, textColumn, timestampColumn } from "../../db/binary-array.ts";
import type { Statement } from "../../db/pool.ts";
import type { SourceDocument } from "../source.ts";

export interface SourceRow {
  readonly source_id: string;
  readonly document: SourceDocument;
  readonly version: number;
  readonly life: number;
  readonly mapping_version: number | null;
  readonly created_at: number;
  readonly updated_at: number;
}

/** With what is known beside it. Times within are ms of the epoch. */
export interface ShownSourceRow extends SourceRow {
  readonly contacts:
    | readonly {
        readonly locationId: string;
        readonly lastHeardAtMs: number;
        readonly lastEventAtMs: number | null;
        readonly isStale: boolean;
      }[]
    | null;
  readonly secrets: readonly { readonly secretId: string; readonly createdAtMs: number }[] | null;
  readonly open_parked: number;
}

const contactsShownMax = 1_000;
const parkedCountedMax = 1_000;
const now = "date_trunc('milliseconds', clock_timestamp())";
const columns = "s.source_id, s.document, s.version, s.life, s.mapping_version, s.created_at, s.updated_at";
const ms = (column: string): string => `trunc(extract(epoch FROM ${column}) * 1000)::bigint`;
/** Silent for longer than it may be, whether or not that was told already. */
const isSilent =
  "c.last_heard_at + (s.document->>'freshForSeconds')::double precision * interval '1 second' < clock_timestamp()";
const beside = `CROSS JOIN LATERAL (
    SELECT json_agg(json_build_object('locationId', c.location_id, 'lastHeardAtMs', ${ms("c.last_heard_at")}, 'lastEventAtMs', ${ms("c.last_event_at")},
      'isStale', ${isSilent}) ORDER BY c.location_id <> '', c.last_heard_at) AS contacts
    FROM (SELECT * FROM source_contact c WHERE c.source_id = s.source_id ORDER BY c.location_id <> '', c.last_heard_at LIMIT ${contactsShownMax}) c) contact
  CROSS JOIN LATERAL (
    SELECT json_agg(json_build_object('secretId', k.secret_id, 'createdAtMs', ${ms("k.created_at")}) ORDER BY k.secret_id) AS secrets
    FROM source_secret k WHERE k.source_id = s.source_id) secret
  CROSS JOIN LATERAL (
    SELECT count(*)::integer AS open_parked FROM (SELECT FROM parked_line p
      WHERE p.state = 'open' AND p.origin_kind = 'source' AND p.origin_id = s.source_id LIMIT ${parkedCountedMax}) p) parked`;

/** A source as it is shown. */
export const selectSource = (sourceId: string): Statement => ({
  text: `SELECT ${columns}, contact.contacts, secret.secrets, parked.open_parked FROM source s ${beside} WHERE s.source_id = $1`,
  values: [sourceId],
});

/** A source alone: what every request with its lines asks. */
export const selectRegistered = (sourceId: string): Statement => ({
  name: "source_registered",
  text: `SELECT ${columns} FROM source s WHERE s.source_id = $1`,
  values: [sourceId],
});

/** A page of sources, in order of their ids. */
export const listSources = (lives: readonly number[], after: string | null, limit: number): Statement => ({
  text: `SELECT ${columns}, contact.contacts, secret.secrets, parked.open_parked FROM source s ${beside}
         WHERE s.life = ANY($1::integer[]) AND ($2::text IS NULL OR s.source_id > $2) ORDER BY s.source_id LIMIT $3`,
  values: [[...lives], after, limit],
});

/** Registers a source; no row when its id is taken. */
export const insertSource = (sourceId: string, document: SourceDocument): Statement => ({
  text: `INSERT INTO source (source_id, document, version, life, created_at, updated_at) VALUES ($1, $2::jsonb, 1, 0, ${now}, ${now})
         ON CONFLICT DO NOTHING RETURNING source_id`,
  values: [sourceId, JSON.stringify(document)],
});

/** Locks a source until the transaction ends. */
export const lockSource = (sourceId: string): Statement => ({
  text: `SELECT ${columns} FROM source s WHERE s.source_id = $1 FOR UPDATE`,
  values: [sourceId],
});

/** Writes a source that is locked. */
export const updateSource = (sourceId: string, document: SourceDocument, life: number): Statement => ({
  text: `UPDATE source SET document = $2::jsonb, life = $3, version = version + 1, updated_at = ${now} WHERE source_id = $1 RETURNING version`,
  values: [sourceId, JSON.stringify(document), life],
});

/** Counts a change of what belongs to a source, as its secrets. */
export const touchSource = (sourceId: string): Statement => ({
  text: `UPDATE source SET version = version + 1, updated_at = ${now} WHERE source_id = $1 RETURNING version`,
  values: [sourceId],
});

/** What goes with a source that is removed; mappings stay, for their versions are for ever. */
export const deleteSource = (sourceId: string): Statement[] =>
  ["source_contact", "source_code", "source_secret", "source_statement", "publication", "kept_payload", "source"].map(
    (table) => ({
      text: `DELETE FROM ${table} WHERE source_id = $1`,
      values: [sourceId],
    }),
  );

/** Which of some locations and of some channels there are. */
export const selectKnown = (locationIds: readonly string[], channelIds: readonly string[]): Statement => ({
  text: `SELECT 'location' AS kind, l.location_id AS id FROM location l WHERE l.location_id = ANY($1::text[]) AND l.life < 2
         UNION ALL SELECT 'channel', c.channel_id FROM channel c WHERE c.channel_id = ANY($2::text[]) AND c.life < 2`,
  values: [textColumn(locationIds, (each) => each), textColumn(channelIds, (each) => each)],
});

/** Begins to wait for a source at places that it was never heard of at. */
export const beginContact = (sourceId: string, locationIds: readonly string[]): Statement => ({
  text: `INSERT INTO source_contact (source_id, location_id, last_heard_at) SELECT $1, l, ${now} FROM unnest($2::text[]) l
         ON CONFLICT DO NOTHING`,
  values: [sourceId, textColumn(locationIds, (each) => each)],
});

export interface NewContact {
  readonly sourceId: string;
  readonly locationId: string;
  /** How long ago, by a clock of its own: what is written is by the database's. */
  readonly agoMs: number;
  readonly eventAtMs: number | null;
}

/** Writes down when sources were heard of, in order of the key; of sources that are there. */
export const writeContacts = (contacts: readonly NewContact[]): Statement => ({
  name: "source_contacts",
  text: `INSERT INTO source_contact AS c (source_id, location_id, last_heard_at, last_event_at)
         SELECT u.source_id, u.location_id, ${now} - u.ago * interval '1 millisecond', u.event_at
         FROM unnest($1::text[], $2::text[], $3::bigint[], $4::timestamptz[]) u(source_id, location_id, ago, event_at)
         JOIN source s ON s.source_id = u.source_id ORDER BY u.source_id, u.location_id
         ON CONFLICT (source_id, location_id) DO UPDATE SET last_heard_at = greatest(c.last_heard_at, excluded.last_heard_at),
           last_event_at = greatest(c.last_event_at, excluded.last_event_at)`,
  values: [
    textColumn(contacts, (each) => each.sourceId),
    textColumn(contacts, (each) => each.locationId),
    bigintColumn(contacts, (each) => each.agoMs),
    timestampColumn(contacts, (each) => each.eventAtMs),
  ],
});

export interface ContactRow {
  readonly source_id: string;
  readonly location_id: string;
  readonly last_heard_at: number;
  readonly stale_since: number | null;
  readonly fresh_for_seconds: number;
}

const contactColumns =
  "c.source_id, c.location_id, c.last_heard_at, c.stale_since, (s.document->>'freshForSeconds')::double precision AS fresh_for_seconds";

/** Contacts that became stale and are not told of yet: of sources in use, as a whole and where they speak for a location. */
export const selectNewlyStale = (limit: number): Statement => ({
  text: `SELECT ${contactColumns} FROM source_contact c JOIN source s ON s.source_id = c.source_id
         WHERE s.life = 0 AND c.stale_since IS NULL AND ${isSilent}
           AND (c.location_id = '' OR s.document->'locationIds' ? c.location_id)
         ORDER BY c.source_id, c.location_id LIMIT $1`,
  values: [limit],
});

/** Contacts that were told of as stale and have been heard of since, or are waited for no longer. */
export const selectNewlyFresh = (limit: number): Statement => ({
  text: `SELECT ${contactColumns} FROM source_contact c JOIN source s ON s.source_id = c.source_id
         WHERE c.stale_since IS NOT NULL AND (c.last_heard_at > c.stale_since OR NOT (${isSilent}))
         ORDER BY c.source_id, c.location_id LIMIT $1`,
  values: [limit],
});

/** It was told that a contact is stale; not when it was heard of meanwhile. */
export const markStale = (sourceId: string, locationId: string, lastHeardAtMs: number): Statement => ({
  text: `UPDATE source_contact SET stale_since = last_heard_at WHERE source_id = $1 AND location_id = $2 AND stale_since IS NULL
         AND date_trunc('milliseconds', last_heard_at) = $3::timestamptz`,
  values: [sourceId, locationId, new Date(lastHeardAtMs).toISOString()],
});

/** It was told that a contact is fresh again. */
export const markFresh = (sourceId: string, locationId: string): Statement => ({
  text: "UPDATE source_contact SET stale_since = NULL WHERE source_id = $1 AND location_id = $2",
  values: [sourceId, locationId],
});

/** How many contacts of sources in use are told of as stale. */
export const countStale = (): Statement => ({
  text: `SELECT count(*)::integer AS contacts FROM source_contact c JOIN source s ON s.source_id = c.source_id
         WHERE s.life = 0 AND c.stale_since IS NOT NULL`,
});

/** Adds a secret. */
export const insertSecret = (sourceId: string, secretId: string, scheme: string, secret: Uint8Array): Statement => ({
  text: `INSERT INTO source_secret (source_id, secret_id, scheme, secret, created_at) VALUES ($1, $2, $3, $4, ${now})`,
  values: [sourceId, secretId, scheme, Buffer.from(secret)],
});

/** Removes a secret; no row when there is none. */
export const deleteSecret = (sourceId: string, secretId: string): Statement => ({
  text: "DELETE FROM source_secret WHERE source_id = $1 AND secret_id = $2 RETURNING secret_id",
  values: [sourceId, secretId],
});

/** What a source's payloads may be signed with. */
export const selectSecrets = (sourceId: string): Statement => ({
  name: "source_secrets",
  text: "SELECT secret FROM source_secret WHERE source_id = $1 ORDER BY secret_id",
  values: [sourceId],
});
