/** `onhand checkpoint`: writes down how every partition stands, or shows what was written down. */
import { parseArgs } from "node:util";
import { Registry } from "prom-client";
import { openCheckpointDatabase } from "../assembly/checkpoint-side.ts";
import { prepareDatabase } from "../assembly/prepare-database.ts";
import { openWriteSide } from "../assembly/write-side.ts";
import { makeCheckpoint } from "../checkpoints/checkpoint-maker.ts";
import { type CheckpointCountRow, countCheckpoints } from "../checkpoints/sql/checkpoints.ts";
import type { Config } from "../config/config.ts";
import type { Database } from "../db/pool.ts";
import { formatRfc3339 } from "../lib/rfc3339.ts";
import { createLogger } from "../telemetry/logger.ts";
import { type Command, UsageError } from "./command.ts";
import { accessDatabase, explainingDatabase } from "./database-access.ts";
import { withPreparedDatabase } from "./prepared-database.ts";
import { readSettings } from "./settings-flags.ts";

async function make(config: Config): Promise<void> {
  const access = await accessDatabase(config, "onhand checkpoint");
  try {
    const { newKey } = await explainingDatabase(access.target, () => prepareDatabase(access.target, config));
    if (newKey !== null) process.stdout.write(`First admin key, shown this once: ${newKey}\n`);
    const logger = createLogger(config.logLevel);
    const write = await openWriteSide({ config, target: access.target, logger }, new Registry());
    const database = openCheckpointDatabase(access.target, logger);
    try {
      const submit = write.submitter.submitOne.bind(write.submitter);
      await makeAll({ database, submit, kept: config.checkpointsKept }, write.installation.partitionCount);
    } finally {
      await write.stop();
      await database.close();
    }
  } finally {
    await access.release();
  }
}

async function makeAll(parts: Parameters<typeof makeCheckpoint>[0], partitionCount: number): Promise<void> {
  let [made, levels] = [0, 0];
  for (let partition = 0; partition <= partitionCount; partition++) {
    const checkpoint = await makeCheckpoint(parts, partition);
    if (checkpoint === null) continue;
    made += 1;
    levels += checkpoint.levels;
  }
  process.stdout.write(
    made === 0
      ? "Nothing is new since the last checkpoints, so none was made.\n"
      : `${made} of ${partitionCount + 1} partitions were written down, with ${levels} levels; the journal tells of them. In the others nothing is new.\n`,
  );
}

async function list(database: Database): Promise<void> {
  const { rows } = await database.query<CheckpointCountRow>(countCheckpoints());
  if (rows.every(({ checkpoints }) => checkpoints === 0)) {
    process.stdout.write("There is no checkpoint yet. npx onhand checkpoint make makes one now.\n");
    return;
  }
  process.stdout.write("partition  checkpoints  with levels  the last one\n");
  for (const { partition, head, checkpoints, with_levels, last_sequence, last_made_at } of rows) {
    const last =
      last_sequence === null ? "none" : `behind entry ${last_sequence} of ${head}, ${formatRfc3339(last_made_at!)}`;
    const numbers = [String(partition).padStart(9), String(checkpoints).padStart(11), String(with_levels).padStart(11)];
    process.stdout.write(`${numbers.join("  ")}  ${last}\n`);
  }
}

export const checkpointCommand: Command = {
  name: "checkpoint",
  summary: "Write down how every partition stands, for quick checks and reads of past moments",
  help: `Usage: onhand checkpoint make [--database-url URL] [--data-dir FOLDER]
       onhand checkpoint list

A checkpoint keeps every level of a partition as it is behind one entry, with digests that the journal is told of. A check
can begin there (onhand verify --from-checkpoint), and reads of a past moment start from the nearest one. Servers make them
by themselves (ONHAND_CHECKPOINT_ENTRIES, ONHAND_CHECKPOINT_HOURS); this makes one in each partition now, if there is
anything new. No head is locked, so nobody who sells waits. It works with servers running on the database, and without.

Examples:
  npx onhand checkpoint make
  npx onhand checkpoint list`,
  async run(args) {
    const { config, rest } = readSettings(args);
    const { positionals } = parseArgs({ args: [...rest], allowPositionals: true, options: {} });
    const [verb = "make", ...more] = positionals;
    if ((verb !== "make" && verb !== "list") || more.length > 0)
      throw new UsageError('checkpoint takes make or list. "npx onhand checkpoint --help" shows examples.');
    if (verb === "list") await withPreparedDatabase(config, "checkpoint list", list);
    else await make(config);
    return 0;
  },
};
