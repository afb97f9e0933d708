/** `onhand migrate`: brings the schema up to date without serving. */
import { prepareDatabase } from "../assembly/prepare-database.ts";
import type { Command } from "./command.ts";
import { accessDatabase, explainingDatabase } from "./database-access.ts";
import { readSettings } from "./settings-flags.ts";

export const migrateCommand: Command = {
  name: "migrate",
  summary: "Bring the database's schema up to date",
  help: `Usage: onhand migrate [--database-url URL] [--data-dir FOLDER]

The server does this by itself when it starts; use it to migrate with an account of more rights first.

Examples:
  npx onhand migrate
  DATABASE_URL=postgresql://owner:secret@db/onhand npx onhand migrate`,
  async run(args) {
    const { config } = readSettings(args);
    const access = await accessDatabase(config, "onhand migrate");
    try {
      const { applied, newKey } = await explainingDatabase(access.target, () => prepareDatabase(access.target, config));
      process.stdout.write(applied.length === 0 ? "The schema is up to date.\n" : `Applied: ${applied.join(", ")}\n`);
      if (newKey !== null) process.stdout.write(`First admin key, shown this once: ${newKey}\n`);
      return 0;
    } finally {
      await access.release();
    }
  },
};
