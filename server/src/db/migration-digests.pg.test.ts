import { afterEach, beforeEach, expect, test } from "bun:test";
import { createDatabase, type TestDatabase } from "../../test/support/database.ts";
import { knownMigrations, type Migration, migrate, migrationOf } from "./migrate.ts";

let database: TestDatabase;
beforeEach(async () => {
  database = await createDatabase();
});
afterEach(() => database.close());

const edited = (migrations: readonly Migration[], index: number, edit: (sql: string) => string): Migration[] =>
  migrations.map((migration, at) => (at === index ? migrationOf(migration.name, edit(migration.sql)) : migration));

const digests = async (): Promise<(string | null)[]> => {
  const { rows } = await database.owner.query<{ digest: Buffer | null }>({
    text: "SELECT digest FROM migration ORDER BY number",
  });
  return rows.map(({ digest }) => digest?.toString("hex") ?? null);
};

test("every migration is kept with the digest of its file", async () => {
  const known = await knownMigrations();
  expect(await digests()).toEqual(known.map(({ digest }) => Buffer.from(digest).toString("hex")));
  expect(await migrate(database.owner, 16)).toEqual([]);
});

test("one that was changed after it was applied is refused, with its name and what to do", async () => {
  const known = await knownMigrations();
  for (const index of known.keys()) {
    const changed = edited(known, index, (sql) => `${sql}\n-- one more word`);
    await expect(migrate(database.owner, 16, changed)).rejects.toMatchObject({
      name: "MigrationChanged",
      message: expect.stringMatching(new RegExp(`Migration ${known[index]!.name} was changed .* new migration`)),
    });
  }
});

test("a change is also found when there is a migration to apply, which is then not applied", async () => {
  const known = await knownMigrations();
  const added = migrationOf("9999_more.sql", "-- compatible\nCREATE TABLE more (a integer);");
  const changed = [...edited(known, 0, (sql) => `${sql} `), added];
  await expect(migrate(database.owner, 16, changed)).rejects.toMatchObject({ name: "MigrationChanged" });
  const { rows } = await database.owner.query({ text: "SELECT FROM pg_tables WHERE tablename = 'more'" });
  expect(rows).toEqual([]);
  expect(await migrate(database.owner, 16, [...known, added])).toEqual(["9999_more.sql"]);
});

test("line ends that a checkout turned around are no change", async () => {
  const turned = (await knownMigrations()).map(({ name, sql }) => migrationOf(name, sql.replaceAll("\n", "\r\n")));
  expect(await migrate(database.owner, 16, turned)).toEqual([]);
});

test("a database of a version that kept no digests gets them at the next start, and is held to them from then on", async () => {
  const known = await knownMigrations();
  const before = await digests();
  await database.owner.query({ text: "ALTER TABLE migration DROP COLUMN digest" });
  expect(await migrate(database.owner, 16)).toEqual([]);
  expect(await digests()).toEqual(before);
  const changed = edited(known, 0, (sql) => `${sql}\n`);
  await expect(migrate(database.owner, 16, changed)).rejects.toMatchObject({ name: "MigrationChanged" });
});
