/** `onhand epoch`: shows and raises the epoch of the journal. */
import { parseArgs } from "node:util";
import type { Database } from "../db/pool.ts";
import { raiseEpoch, readEpochs } from "../journal/epoch.ts";
import { formatRfc3339 } from "../lib/rfc3339.ts";
import { type Command, UsageError } from "./command.ts";
import { withPreparedDatabase } from "./prepared-database.ts";
import { readSettings } from "./settings-flags.ts";

const reasonLengthMax = 1_000;

function readReason(args: readonly string[]): string {
  const { values } = parseArgs({ args: [...args], options: { reason: { type: "string" } } });
  const reason = values.reason?.trim() ?? "";
  if (reason !== "" && reason.length <= reasonLengthMax) return reason;
  throw new UsageError(
    `--reason says why, in up to ${reasonLengthMax} characters; it is kept. For example: npx onhand epoch raise --reason "restored the backup of 03:00"`,
  );
}

async function show(database: Database): Promise<void> {
  const { epoch, changes } = await readEpochs(database);
  process.stdout.write(`The epoch is ${epoch}.\n`);
  for (const change of changes)
    process.stdout.write(
      `${String(change.epoch).padStart(6)}  ${formatRfc3339(change.changedAtMs)}  ${change.reason}\n`,
    );
}

async function raise(database: Database, reason: string): Promise<void> {
  const epoch = await raiseEpoch(database, reason);
  process.stdout.write(
    `The epoch is now ${epoch}. Cursors of before are refused with 410 on every transport: their readers take a new snapshot and go on from there. Servers on this database notice by themselves.\n`,
  );
}

export const epochCommand: Command = {
  name: "epoch",
  summary: "Show or raise the epoch, after a restore or a failover that lost commits",
  help: `Usage: onhand epoch show [--database-url URL] [--data-dir FOLDER]
       onhand epoch raise --reason TEXT

Raise it whenever the database went back: after it was restored from a backup, or after a failover to a server that lacked
commits which were acknowledged. What readers hold may then be gone, and numbers may be given out a second time; with the
epoch raised, cursors of before are refused (410) in place of being misread. Nothing else changes, and nothing is lost.

It works with servers running on the database, and without.

Examples:
  npx onhand epoch raise --reason "restored the backup of 03:00"
  npx onhand epoch show`,
  async run(args) {
    const { config, rest } = readSettings(args);
    const [verb, ...more] = rest;
    if (verb !== "show" && verb !== "raise")
      throw new UsageError('epoch takes show or raise. "npx onhand epoch --help" shows examples.');
    const reason = verb === "raise" ? readReason(more) : null;
    await withPreparedDatabase(config, `epoch ${verb}`, (database) =>
      reason === null ? show(database) : raise(database, reason),
    );
    return 0;
  },
};
