/** Creates, lists and revokes API keys. */
import type { Role } from "@onhand/protocol/vocabulary";
import { digestOf, newSecret } from "../auth/api-key.ts";
import { insertKey, renewKey, revokeKey, selectKeys } from "../auth/sql/api-keys.ts";
import type { Queryable } from "../db/pool.ts";
import { sortableId } from "../lib/random-id.ts";

export interface KeyRecord {
  readonly keyId: string;
  readonly name: string;
  readonly role: Role;
  readonly createdAtMs: number;
  readonly revokedAtMs: number | null;
}

/** Ids of the key that `ONHAND_BOOTSTRAP_KEY` sets, and of the one that is made when there has never been any. */
const settingKeyId = "key_bootstrap";
const firstKeyId = "key_first";

/** @returns the new key with its secret, which is shown this once */
export async function createKey(
  database: Queryable,
  name: string,
  role: Role,
  nowMs: number,
): Promise<{ keyId: string; secret: string }> {
  const secret = newSecret();
  const keyId = sortableId("key_", nowMs);
  await database.query(insertKey(keyId, name, role, digestOf(secret)));
  return { keyId, secret };
}

/** All keys, oldest first, revoked ones too. */
export async function listKeys(database: Queryable): Promise<KeyRecord[]> {
  const { rows } = await database.query<{
    key_id: string;
    name: string;
    role: Role;
    created_at: number;
    revoked_at: number | null;
  }>(selectKeys());
  return rows.map((row) => ({
    keyId: row.key_id,
    name: row.name,
    role: row.role,
    createdAtMs: row.created_at,
    revokedAtMs: row.revoked_at,
  }));
}

/** @returns false when there is no such key or it was revoked before */
export async function revoke(database: Queryable, keyId: string): Promise<boolean> {
  return (await database.query(revokeKey(keyId))).rows.length > 0;
}

/**
 * Makes sure that there is a way in: the key from the environment, or, when there has never been a key, a new one.
 * @returns the secret of a key that was made now, to be printed once; null otherwise
 */
export async function ensureBootstrapKey(database: Queryable, given: string | null): Promise<string | null> {
  if (given !== null) {
    await database.query(insertKey(settingKeyId, "ONHAND_BOOTSTRAP_KEY", "admin", digestOf(given)));
    await database.query(renewKey(settingKeyId, digestOf(given)));
    return null;
  }
  if ((await listKeys(database)).length > 0) return null;
  const secret = newSecret();
  const { rows } = await database.query(insertKey(firstKeyId, "first admin key", "admin", digestOf(secret)));
  return rows.length > 0 ? secret : null;
}
