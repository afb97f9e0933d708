/** Statements of requests whose answers are remembered by key. */
import type { Statement } from "../../db/pool.ts";

/** Takes a key for a request that is under way; no row when it was taken before. */
export const claimRequest = (key: Uint8Array, requestHash: Uint8Array): Statement => ({
  text: `INSERT INTO remembered_request (key, request_hash, answer, recorded_at) VALUES ($1, $2, '', clock_timestamp())
         ON CONFLICT DO NOTHING RETURNING key`,
  values: [Buffer.from(key), Buffer.from(requestHash)],
});

/** Puts the answer to a key. */
export const answerRequest = (key: Uint8Array, answer: string): Statement => ({
  text: "UPDATE remembered_request SET answer = $2 WHERE key = $1",
  values: [Buffer.from(key), answer],
});

/** The answer that was given to a key. */
export const selectRequest = (key: Uint8Array): Statement => ({
  text: "SELECT request_hash, answer FROM remembered_request WHERE key = $1",
  values: [Buffer.from(key)],
});

/** Forgets answers that are older than so many days, at most `limit`. */
export const clearOldRequests = (days: number, limit: number): Statement => ({
  text: `DELETE FROM remembered_request WHERE ctid = ANY(ARRAY(
           SELECT ctid FROM remembered_request WHERE recorded_at < now() - make_interval(days => $1::integer) LIMIT $2))`,
  values: [days, limit],
});
