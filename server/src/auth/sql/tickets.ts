/** Statements on stream tickets; what has expired is judged by the database's clock. */
import type { Statement } from "../../db/pool.ts";

/** Adds a ticket, and clears away a few of those that nobody has used. @returns when it expires */
export const insertTicket = (digest: Uint8Array, keyId: string, lifeMs: number, clearedMax: number): Statement => ({
  name: "insert_ticket",
  text: `WITH cleared AS (
           DELETE FROM stream_ticket WHERE digest IN (
             SELECT digest FROM stream_ticket WHERE expires_at <= clock_timestamp() ORDER BY expires_at LIMIT $4
             FOR UPDATE SKIP LOCKED))
         INSERT INTO stream_ticket (digest, key_id, expires_at)
         VALUES ($1, $2, clock_timestamp() + $3::double precision * interval '1 millisecond') RETURNING expires_at`,
  values: [Buffer.from(digest), keyId, lifeMs, clearedMax],
});

/** Takes a ticket out of the world. @returns its key when both are still good */
export const takeTicket = (digest: Uint8Array): Statement => ({
  name: "take_ticket",
  text: `WITH taken AS (DELETE FROM stream_ticket WHERE digest = $1 RETURNING key_id, expires_at)
         SELECT k.key_id, k.name, k.role FROM taken t JOIN api_key k ON k.key_id = t.key_id
         WHERE t.expires_at > clock_timestamp() AND k.revoked_at IS NULL`,
  values: [Buffer.from(digest)],
});
