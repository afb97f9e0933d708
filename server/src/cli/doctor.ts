/** `onhand doctor`: looks at what the server needs and says what to do about whatever is missing. */

import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import type { Config } from "../config/config.ts";
import { version } from "../config/version.ts";
import type { DatabaseTarget } from "../db/connection-options.ts";
import { unsafeSettings } from "../db/durability.ts";
import { knownMigrations } from "../db/migrate.ts";
import { openDatabase, type Queryable } from "../db/pool.ts";
import { joinEmbeddedPostgres } from "../embedded/embedded-postgres.ts";
import { listKeys } from "../registry/key-registry.ts";
import type { Command } from "./command.ts";
import { readSettings } from "./settings-flags.ts";
import { readDatabaseFacts } from "./sql/database-facts.ts";

interface Finding {
  readonly ok: boolean;
  readonly text: string;
}

const good = (text: string): Finding => ({ ok: true, text });
const bad = (text: string): Finding => ({ ok: false, text });

const systemsTried = ["linux x64"];
const systemsUntried = ["linux arm64", "darwin arm64", "darwin x64", "win32 x64"];

function checkSystem(): Finding {
  const system = `${process.platform} ${process.arch}`;
  if (systemsTried.includes(system)) return good(`Onhand ${version} on ${system}, which is supported`);
  if (systemsUntried.includes(system))
    return good(`Onhand ${version} on ${system}, for which binaries exist but which nobody has tried`);
  return bad(`${system} has no PostgreSQL binaries here: set DATABASE_URL to a PostgreSQL 15 or newer`);
}

function checkPort(config: Config): Promise<Finding> {
  const { promise, resolve } = Promise.withResolvers<Finding>();
  const socket = connect({ host: config.host === "0.0.0.0" ? "127.0.0.1" : config.host, port: config.port });
  socket.once("connect", () => {
    socket.destroy();
    resolve(good(`Something listens on port ${config.port}: a running Onhand, or another program; then use --port`));
  });
  socket.once("error", () => resolve(good(`Port ${config.port} is free`)));
  return promise;
}

async function findDatabase(config: Config): Promise<{ finding: Finding; target: DatabaseTarget | null }> {
  if (config.databaseUrl !== null)
    return { finding: good("The database is the one of DATABASE_URL"), target: { url: config.databaseUrl } };
  const target = await joinEmbeddedPostgres(config.dataDir);
  if (target !== null) return { finding: good(`The embedded database is running in ${config.dataDir}`), target };
  const owner = await readFile(join(config.dataDir, "owner.json"), "utf8").catch(() => null);
  const text =
    owner === null
      ? `No server runs on ${config.dataDir}: start one with npm start`
      : `${config.dataDir} was left by a process that ended (${owner.trim()}): the next npm start recovers it`;
  return { finding: good(text), target: null };
}

async function checkDatabase(target: DatabaseTarget): Promise<Finding[]> {
  const database = openDatabase(target, { name: "doctor", role: "owner" }, 1);
  try {
    return await inspect(database);
  } catch (error) {
    return [
      bad(`The database does not answer: ${(error as Error).message}. Check DATABASE_URL and that the server runs`),
    ];
  } finally {
    await database.close();
  }
}

async function inspect(database: Queryable): Promise<Finding[]> {
  const facts = await readDatabaseFacts(database);
  const unsafe = await unsafeSettings(database);
  const known = (await knownMigrations()).length;
  const findings = [
    facts.serverVersion >= 150_000
      ? good(`PostgreSQL ${facts.serverVersionText}`)
      : bad(`PostgreSQL ${facts.serverVersionText} is older than 15: upgrade it`),
    unsafe.length === 0
      ? good("Acknowledged changes are durable")
      : bad(`${unsafe.join(", ")} off: acknowledged changes may be lost. Turn it on`),
  ];
  if (facts.migrations === null)
    return [...findings, bad("The schema is missing: run npx onhand migrate, or start the server")];
  findings.push(
    facts.migrations === known
      ? good("The schema is up to date")
      : bad(`The schema has ${facts.migrations} of ${known} migrations: run npx onhand migrate`),
  );
  const keys = (await listKeys(database)).filter((key) => key.revokedAtMs === null && key.role === "admin").length;
  findings.push(
    keys > 0
      ? good(`Admin keys that are active: ${keys}`)
      : bad("There is no admin key: run npx onhand keys create --role admin"),
  );
  return findings;
}

export const doctorCommand: Command = {
  name: "doctor",
  summary: "Check what the server needs, and say what to do",
  help: `Usage: onhand doctor [settings]

Looks at the system, the port, the data folder, the database, its durability, the schema and the keys. Changes nothing.
Exit code 1 when something must be done.

Examples:
  npx onhand doctor
  DATABASE_URL=postgresql://user:secret@db/onhand npx onhand doctor`,
  async run(args) {
    const { config } = readSettings(args);
    const { finding, target } = await findDatabase(config);
    const findings = [
      checkSystem(),
      await checkPort(config),
      finding,
      ...(target === null ? [] : await checkDatabase(target)),
    ];
    for (const { ok, text } of findings) process.stdout.write(`${ok ? "ok  " : "FAIL"} ${text}\n`);
    return findings.every(({ ok }) => ok) ? 0 : 1;
  },
};
