/** `onhand feed floor`: shows and moves the floor, how far back the change feed may be read. */
import { parseArgs } from "node:util";
import type { Database } from "../db/pool.ts";
import { moveFloor, readFloor } from "../feed/move-floor.ts";
import { formatRfc3339, parseRfc3339Ms } from "../lib/rfc3339.ts";
import { type Command, UsageError } from "./command.ts";
import { withPreparedDatabase } from "./prepared-database.ts";
import { readSettings } from "./settings-flags.ts";

function readTime(args: readonly string[]): number | null {
  const { values } = parseArgs({ args: [...args], options: { "set-before": { type: "string" } } });
  const text = values["set-before"];
  if (text === undefined) return null;
  const momentMs = parseRfc3339Ms(text);
  if (Number.isFinite(momentMs)) return momentMs;
  throw new UsageError(
    `--set-before takes an RFC 3339 time. For example: npx onhand feed floor --set-before 2026-11-01T00:00:00Z`,
  );
}

async function show(database: Database): Promise<void> {
  const places = await readFloor(database);
  const withheld = places.reduce((sum, { floor }) => sum + floor, 0);
  const entries = places.reduce((sum, { head }) => sum + head, 0);
  if (withheld === 0) {
    process.stdout.write(`There is no floor: the feed can be read from its beginning, ${entries} entries in all.\n`);
    return;
  }
  process.stdout.write(`The feed can be read from behind entry ${withheld} of ${entries}:\n`);
  for (const { partition, floor, head } of places)
    process.stdout.write(`  partition ${String(partition).padStart(4)}: behind ${floor} of ${head}\n`);
}

async function move(database: Database, momentMs: number): Promise<number> {
  const outcome = await moveFloor(database, momentMs);
  if (outcome === "nothing observed") {
    process.stdout.write(
      `Nothing is known of where the feed was before ${formatRfc3339(momentMs)}, so the floor stays where it is.\n`,
    );
    return 1;
  }
  process.stdout.write(
    outcome === "moved"
      ? "The floor was raised; servers notice within a second. Nothing was deleted: the journal and every movement stay as they are.\n"
      : "The floor is there or above it already. It only ever rises.\n",
  );
  await show(database);
  return 0;
}

export const feedCommand: Command = {
  name: "feed",
  summary: "Show or raise the floor: how far back the change feed may be read",
  help: `Usage: onhand feed floor [--set-before TIME] [--database-url URL] [--data-dir FOLDER]

Without --set-before it shows the floor. With it, what was committed before the time is no longer handed out: cursors and
times from before are refused with 410, which names the first place that can be read from and the snapshot to take.
The floor only rises, never beyond the end of the feed. Nothing is deleted: the journal stays whole, and so do movements.

Positions are observed each second; of those, the newest one at or before the time becomes the floor.

Examples:
  npx onhand feed floor
  npx onhand feed floor --set-before 2026-11-01T00:00:00Z`,
  async run(args) {
    const { config, rest } = readSettings(args);
    const [verb, ...more] = rest;
    if (verb !== "floor") throw new UsageError('feed takes floor. "npx onhand feed --help" shows examples.');
    const momentMs = readTime(more);
    return withPreparedDatabase(config, "feed floor", async (database) => {
      if (momentMs !== null) return move(database, momentMs);
      await show(database);
      return 0;
    });
  },
};
