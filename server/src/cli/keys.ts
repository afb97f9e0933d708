/** `onhand keys`: creates, lists and revokes API keys. */
import { parseArgs } from "node:util";
import { type Role, roles } from "@onhand/protocol/vocabulary";
import type { Queryable } from "../db/pool.ts";
import { formatRfc3339 } from "../lib/rfc3339.ts";
import { createKey, listKeys, revoke } from "../registry/key-registry.ts";
import { type Command, UsageError } from "./command.ts";
import { withPreparedDatabase } from "./prepared-database.ts";
import { readSettings } from "./settings-flags.ts";

interface NewKey {
  readonly name: string;
  readonly role: Role;
}

function readNewKey(args: readonly string[]): NewKey {
  const options = { name: { type: "string", default: "unnamed" }, role: { type: "string" } } as const;
  const { values } = parseArgs({ args: [...args], options });
  const role = roles.find((known) => known === values.role);
  if (role !== undefined) return { name: values.name, role };
  throw new UsageError(
    `--role is one of ${roles.join(", ")}. For example: npx onhand keys create --name till-7 --role writer`,
  );
}

async function create(database: Queryable, { name, role }: NewKey): Promise<number> {
  const { keyId, secret } = await createKey(database, name, role, Date.now());
  process.stdout.write(`${keyId} (${role}, ${name})\nThe key, shown this once: ${secret}\n`);
  return 0;
}

async function list(database: Queryable): Promise<number> {
  for (const key of await listKeys(database)) {
    const state = key.revokedAtMs === null ? "active" : `revoked ${formatRfc3339(key.revokedAtMs)}`;
    process.stdout.write(
      `${key.keyId.padEnd(32)} ${key.role.padEnd(7)} ${formatRfc3339(key.createdAtMs)} ${state.padEnd(34)} ${key.name}\n`,
    );
  }
  return 0;
}

async function revokeOne(database: Queryable, keyId: string | undefined): Promise<number> {
  if (keyId === undefined)
    throw new UsageError("Name the key: npx onhand keys revoke key_…  (npx onhand keys list shows them)");
  const done = await revoke(database, keyId);
  process.stdout.write(
    done
      ? `${keyId} is revoked; servers stop taking it within seconds.\n`
      : `There is no active key ${keyId}. "npx onhand keys list" shows them.\n`,
  );
  return done ? 0 : 1;
}

export const keysCommand: Command = {
  name: "keys",
  summary: "Create, list and revoke API keys",
  help: `Usage: onhand keys create --role admin|writer|reader [--name NAME]
       onhand keys list
       onhand keys revoke KEY_ID

A key is shown once, when it is created; the database holds only a digest. A running server takes new keys within a second and
stops taking revoked ones within seconds.

Examples:
  npx onhand keys create --role admin --name me
  npx onhand keys create --role writer --name till-7
  npx onhand keys revoke key_01jd3k5x9q2v7m4n8p6r1s0t3w`,
  async run(args) {
    const { config, rest } = readSettings(args);
    const [verb, ...more] = rest;
    if (verb !== "create" && verb !== "list" && verb !== "revoke")
      throw new UsageError('keys takes create, list or revoke. "npx onhand keys --help" shows examples.');
    const newKeyWanted = verb === "create" ? readNewKey(more) : null;
    return withPreparedDatabase(config, `keys ${verb}`, (database) => {
      if (newKeyWanted !== null) return create(database, newKeyWanted);
      return verb === "list" ? list(database) : revokeOne(database, more[0]);
    });
  },
};
