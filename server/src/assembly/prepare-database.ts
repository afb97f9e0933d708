/** Makes a database ready before anything is served. */
import type { Config } from "../config/config.ts";
import type { DatabaseTarget } from "../db/connection-options.ts";
import { unsafeSettings } from "../db/durability.ts";
import { migrate } from "../db/migrate.ts";
import { openDatabase } from "../db/pool.ts";
import { ensureBootstrapKey } from "../registry/key-registry.ts";

/** The database may lose what it acknowledged; the message names the settings. */
class UnsafeDatabase extends Error {
  override readonly name = "UnsafeDatabase";
}

/** Brings the schema up to date and makes sure that somebody can get in. @returns a key that was made now, shown once */
export async function prepareDatabase(
  target: DatabaseTarget,
  config: Config,
): Promise<{ applied: string[]; newKey: string | null }> {
  const owner = openDatabase(target, { name: "migrate", role: "owner" }, 2);
  try {
    const unsafe = config.allowsUnsafeDatabase ? [] : await unsafeSettings(owner);
    if (unsafe.length > 0) {
      throw new UnsafeDatabase(
        `The database has ${unsafe.join(", ")} off and may lose acknowledged changes. Turn it on, or start with ONHAND_ALLOW_UNSAFE_DATABASE=true to accept that.`,
      );
    }
    const applied = await migrate(owner, config.partitionCount);
    return { applied, newKey: await ensureBootstrapKey(owner, config.bootstrapKey) };
  } finally {
    await owner.close();
  }
}
