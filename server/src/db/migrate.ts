/**
 * Brings the schema up to date. Migrations are numbered SQL files that only go forward; the first line says whether
 * older servers may go on running (`-- compatible`) or not (`-- breaking`). What was applied is kept with its digest, so
 * that a file that was changed afterwards is noticed before two databases of one version differ.
 */
import { hash, randomBytes } from "node:crypto";
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
  /** SHA-256 of the SQL; how the lines of the file end does not count. */
  readonly digest: Uint8Array;
}

/** The migrations that this version of the server knows, in order. */
export async function knownMigrations(): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".sql")).sort();
  return Promise.all(names.map(async (name) => migrationOf(name, await readFile(join(folder, name), "utf8"))));
}

/** @param name of the file: four digits, an underscore and words */
export function migrationOf(name: string, text: string): Migration {
  const sql = text.replaceAll("\r\n", "\n");
  const digest = hash("sha256", sql, "buffer");
  return { number: Number(name.slice(0, 4)), name, isBreaking: sql.startsWith("-- breaking"), sql, digest };
}

/** The schema is newer than this server and breaks it. */
class SchemaTooNew extends Error {
  override readonly name = "SchemaTooNew";
}

/** A migration file is not what was applied to this database under its number. */
class MigrationChanged extends Error {
  override readonly name = "MigrationChanged";
}

interface AppliedMigration {
  readonly number: number;
  readonly name: string;
  readonly is_breaking: boolean;
  /** In hex; null when it was applied by a version that kept none. */
  readonly digest: string | null;
}

/**
 * Applies what is missing, each migration in one transaction; several servers may do so at once, one of them does it.
 * @param owner a pool whose user may create schemas and, the first time, roles
 * @param partitionCount partitions of a new installation; ignored when there is one
 * @param migrations in order; those of this version unless a test says otherwise
 * @returns names of the migrations applied
 * @throws SchemaTooNew, MigrationChanged
 */
export async function migrate(
  owner: Database,
  partitionCount: number,
  migrations?: readonly Migration[],
): Promise<string[]> {
  const known = migrations ?? (await knownMigrations());
  // A login that may only serve must not need the rights that creating roles and schemas takes.
  if (await isUpToDate(owner, known)) return [];
  await prepare(owner);
  const applied: string[] = [];
  for (const migration of known) {
    const isNew = await owner.transaction(async (connection) => {
      await connection.query({ text: "LOCK TABLE migration IN EXCLUSIVE MODE" });
      const rows = await appliedTo(connection);
      refuse(rows, known);
      const row = rows.find(({ number }) => number === migration.number);
      if (row !== undefined) {
        if (row.digest === null) await connection.query(fillDigest(migration));
        return false;
      }
      await connection.query({ text: migration.sql });
      const { number, name, isBreaking, digest } = migration;
      await connection.query({
        text: "INSERT INTO migration (number, name, is_breaking, applied_at, digest) VALUES ($1, $2, $3, now(), $4)",
        values: [number, name, isBreaking, Buffer.from(digest)],
      });
      if (number === 1) await found(connection, partitionCount);
      return true;
    });
    if (isNew) applied.push(migration.name);
  }
  return applied;
}

/** What was applied; by `to_jsonb`, because tables of older versions have no digest. */
async function appliedTo(connection: Queryable): Promise<AppliedMigration[]> {
  const { rows } = await connection.query<AppliedMigration>({
    text: `SELECT number, name, is_breaking, ltrim(to_jsonb(m)->>'digest', '\\x') AS digest FROM ${schemaName}.migration m`,
  });
  return rows;
}

/** Databases that were migrated before digests were kept get that of the file that they meet first. */
const fillDigest = ({ number, digest }: Migration): { text: string; values: unknown[] } => ({
  text: "UPDATE migration SET digest = $2 WHERE number = $1 AND digest IS NULL",
  values: [number, Buffer.from(digest)],
});

function refuse(rows: readonly AppliedMigration[], known: readonly Migration[]): void {
  const newest = Math.max(...known.map(({ number }) => number));
  const newer = rows.find((row) => row.number > newest && row.is_breaking);
  if (newer !== undefined) {
    throw new SchemaTooNew(
      `The database was migrated by a newer Onhand (migration ${newer.number}, breaking). Run that version or a newer one.`,
    );
  }
  for (const { number, name, digest } of known) {
    const row = rows.find((applied) => applied.number === number);
    const here = Buffer.from(digest).toString("hex");
    if (row === undefined || row.digest === null || row.digest === here) continue;
    throw new MigrationChanged(
      `Migration ${name} was changed after it had been applied to this database (as ${row.name}, SHA-256 ${row.digest.slice(0, 12)}…; the file now has ${here.slice(0, 12)}…). Put the file back as it was released, for example by installing this version again, and make the change in a new migration.`,
    );
  }
}

async function isUpToDate(owner: Database, known: readonly Migration[]): Promise<boolean> {
  const { rows: found } = await owner.query<{ exists: boolean }>({
    text: "SELECT EXISTS (SELECT FROM pg_catalog.pg_tables WHERE schemaname = $1 AND tablename = 'migration') AS exists",
    values: [schemaName],
  });
  if (found[0]?.exists !== true) return false;
  const rows = await appliedTo(owner);
  refuse(rows, known);
  const complete = new Set(rows.filter((row) => row.digest !== null).map((row) => row.number));
  return known.every(({ number }) => complete.has(number));
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
               ALTER TABLE ${schemaName}.migration ADD COLUMN IF NOT EXISTS digest bytea;
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
