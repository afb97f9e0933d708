/** Statements on API keys. */
import type { Role } from "@onhand/protocol/vocabulary";
import type { Statement } from "../../db/pool.ts";

/** All keys that are not revoked, with their digests. */
export const selectActiveKeys = (): Statement => ({
  name: "select_active_keys",
  text: "SELECT key_id, name, role, digest FROM api_key WHERE revoked_at IS NULL",
});

/** All keys, oldest first, without their digests. */
export const selectKeys = (): Statement => ({
  text: "SELECT key_id, name, role, created_at, revoked_at FROM api_key ORDER BY created_at, key_id",
});

/** Adds a key; a digest that exists already is left as it is. */
export const insertKey = (keyId: string, name: string, role: Role, digest: Uint8Array): Statement => ({
  text: `INSERT INTO api_key (key_id, name, role, digest, created_at) VALUES ($1, $2, $3, $4, now())
         ON CONFLICT DO NOTHING RETURNING key_id`,
  values: [keyId, name, role, Buffer.from(digest)],
});

/** Makes a secret valid as an admin key: the key that has it already, or else the one with this id. */
export const renewKey = (keyId: string, digest: Uint8Array): Statement => ({
  text: `UPDATE api_key SET digest = $2, role = 'admin', revoked_at = NULL
         WHERE key_id = coalesce((SELECT key_id FROM api_key WHERE digest = $2), $1)`,
  values: [keyId, Buffer.from(digest)],
});

/** Revokes a key; no row when there is no such active key. */
export const revokeKey = (keyId: string): Statement => ({
  text: "UPDATE api_key SET revoked_at = now() WHERE key_id = $1 AND revoked_at IS NULL RETURNING key_id",
  values: [keyId],
});
