/**
 * Brings the schema up to date. Migrations are numbered SQL files that only go forward; the first line says whether
 * older servers may go on running (`-- compatible`) or not (`-- breaking`).
 */
import { randomBytes } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { applicationRole, schemaName } from "./connection-options.ts";
import type { Database, Queryable } from "./pool.ts";

const folder = fileURLToPath(new URL("../../migrations/", import.meta.url));

export interface Migration {
  readonly number: number;
  readonly name: string;
  readonly isBreaking: boolean;
  readonly sql: string;
}

/** The migrations that this version of the server knows, in order. */
export async function knownMigrations(): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".sql")).sort();
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(join(folder, name), "utf8");
      return { number: Number(name.slice(0, 4)), name, isBreaking: sql.startsWith("-- breaking"), sql };
    }),
  );
}

/** The schema is newer than this server and breaks it. */
class SchemaTooNew extends Error {
  override readonly name = "SchemaTooNew";
}

/**
 * Applies what is missing, each migration in one transaction; several servers may do so at once, one of them does it.
 * @param owner a pool whose user may create schemas and, the first time, roles
 * @param partitionCount partitions of a new installation; ignored when there is one
 * @returns names of the migrations applied
 */
export async function migrate(owner: Database, partitionCount: number): Promise<string[]> {
  const migrations = await knownMigrations();
  // A login that may only serve must not need the rights that creating roles and schemas takes.
  if (await isUpToDate(owner, migrations.length)) return [];
  await prepare(owner);
  const applied: string[] = [];
  for (const migration of migrations) {
    const isNew = await owner.transaction(async (connection) => {
      await connection.query({ text: "LOCK TABLE migration IN EXCLUSIVE MODE" });
      const { rows } = await connection.query<{ number: number; is_breaking: boolean }>({
        text: "SELECT number, is_breaking FROM migration",
      });
      refuseNewer(rows, migrations.length);
      if (rows.some((row) => row.number === migration.number)) return false;
      await connection.query({ text: migration.sql });
      const values = [migration.number, migration.name, migration.isBreaking];
      await connection.query({
        text: "INSERT INTO migration (number, name, is_breaking, applied_at) VALUES ($1, $2, $3, now())",
        values,
      });
      if (migration.number === 1) await found(connection, partitionCount);
      return true;
    });
    if (isNew) applied.push(migration.name);
  }
  return applied;
}

function refuseNewer(rows: readonly { number: number; is_breaking: boolean }[], known: number): void {
  const newer = rows.find((row) => row.number > known && row.is_breaking);
  if (newer === undefined) return;
  throw new SchemaTooNew(
    `The database was migrated by a newer Onhand (migration ${newer.number}, breaking). Run that version or a newer one.`,
  );
}

async function isUpToDate(owner: Database, known: number): Promise<boolean> {
  const { rows: found } = await owner.query<{ exists: boolean }>({
    text: "SELECT EXISTS (SELECT FROM pg_catalog.pg_tables WHERE schemaname = $1 AND tablename = 'migration') AS exists",
    values: [schemaName],
  });
  if (found[0]?.exists !== true) return false;
  const { rows } = await owner.query<{ number: number; is_breaking: boolean }>({
    text: `SELECT number, is_breaking FROM ${schemaName}.migration`,
  });
  refuseNewer(rows, known);
  return rows.filter((row) => row.number <= known).length === known;
}

async function prepare(owner: Database): Promise<void> {
  await owner.query({
    text: `DO $$ BEGIN
             IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${applicationRole}') THEN CREATE ROLE ${applicationRole} NOLOGIN; END IF;
           EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$`,
  });
  await owner.query({
    text: `DO $$ BEGIN IF NOT pg_has_role(current_user, '${applicationRole}', 'SET') THEN EXECUTE format('GRANT ${applicationRole} TO %I', current_user); END IF;
           EXCEPTION WHEN invalid_parameter_value THEN EXECUTE format('GRANT ${applicationRole} TO %I', current_user); END $$`,
  });
  // Servers that start together may meet here, and IF NOT EXISTS alone does not keep them apart: who came second looks again.
  for (const _ of ["first", "again"]) {
    await owner.query({
      text: `DO $$ BEGIN
               CREATE SCHEMA IF NOT EXISTS ${schemaName};
               CREATE TABLE IF NOT EXISTS ${schemaName}.migration
                 (number integer PRIMARY KEY, name text NOT NULL, is_breaking boolean NOT NULL, applied_at timestamptz NOT NULL);
             EXCEPTION WHEN unique_violation OR duplicate_schema OR duplicate_table OR duplicate_object THEN NULL; END $$`,
    });
  }
}

/** Lays down what is fixed for the life of an installation. */
async function found(connection: Queryable, partitionCount: number): Promise<void> {
  await connection.query({
    text: "INSERT INTO installation (installation_id, partition_count, cursor_secret, created_at) VALUES ($1, $2, $3, now())",
    values: [randomBytes(8).toString("hex"), partitionCount, randomBytes(32)],
  });
  await connection.query({
    text: `INSERT INTO partition_head (partition, sequence, hash, recorded_at, epoch)
           SELECT partition, 0, $2, to_timestamp(0), 1 FROM generate_series(0, $1::integer) partition`,
    values: [partitionCount, Buffer.alloc(32)],
  });
}
