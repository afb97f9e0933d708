/** `onhand verify`: proves from the database alone that the journal and everything made from it agree. */
import { readFile, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import type { Config } from "../config/config.ts";
import { openDatabase } from "../db/pool.ts";
import { type Anchor, AnchorUnreadable, parseAnchor } from "../journal/verify/anchor.ts";
import { describeFault, type VerificationReport } from "../journal/verify/report.ts";
import { verifyJournal } from "../journal/verify/verify-journal.ts";
import { type Command, UsageError } from "./command.ts";
import { accessDatabase } from "./database-access.ts";
import { progressBar } from "./progress-bar.ts";
import { readSettings } from "./settings-flags.ts";

const faultsShownMax = 50;

/** @throws AnchorUnreadable that names the file */
async function readAnchor(path: string): Promise<Anchor> {
  try {
    return parseAnchor(await readFile(path, "utf8"));
  } catch (error) {
    const reason = error instanceof AnchorUnreadable ? error.message : ((error as NodeJS.ErrnoException).code ?? error);
    throw new AnchorUnreadable(
      `${path} cannot be used: ${reason}. --from takes a file that "npx onhand verify --report" wrote.`,
    );
  }
}

async function verify(config: Config, from: Anchor | null, fromCheckpoint: boolean): Promise<VerificationReport> {
  const access = await accessDatabase(config, "onhand verify");
  const database = openDatabase(access.target, { name: "verify", role: "application" }, 2);
  const progress = progressBar("entries");
  try {
    return await verifyJournal(database, {
      ...(from === null ? {} : { from }),
      fromCheckpoint,
      onProgress: (done, total) => progress.update(done, total),
    });
  } finally {
    progress.stop();
    await database.close();
    await access.release();
  }
}

function show(report: VerificationReport, elapsedMs: number): void {
  const entries = report.partitions.reduce((sum, partition) => sum + partition.entries, 0);
  const seconds = elapsedMs / 1000;
  for (const fault of report.faults.slice(0, faultsShownMax)) process.stdout.write(`${describeFault(fault)}\n`);
  if (report.faultCount > faultsShownMax)
    process.stdout.write(`… and ${report.faultCount - faultsShownMax} more; --report writes them to a file\n`);
  const verdict = report.ok
    ? "The journal is whole and everything made from it agrees."
    : `${report.faultCount} faults were found.`;
  process.stdout.write(
    `${entries} entries in ${report.partitions.length} partitions checked in ${seconds.toFixed(1)} s (${Math.round(entries / seconds)}/s). ${verdict}\n`,
  );
}

export const verifyCommand: Command = {
  name: "verify",
  summary: "Prove that the journal is whole and every level follows from it",
  help: `Usage: onhand verify [--from REPORT | --from-checkpoint] [--report FILE] [--database-url URL] [--data-dir FOLDER]

Checks, reading only: numbers without a gap, the hash chain unbroken, every level, total, product, location, SKU, channel
and order on stock equal to what its entries say, and texts equal to their commitments. Names the first bad entry of each partition. A running
server is not disturbed.

  --report FILE   write the report as JSON; keep it elsewhere: with it a later run proves that nothing was cut off
  --from REPORT   begin behind a report's positions, which are trusted: quick, for the entries since then
  --from-checkpoint   begin at the last checkpoint of each partition, whose levels are proven by what the journal behind
                  it tells of them; one that has no checkpoint is checked from its first entry

Exit code 0 when all is well, 1 when faults were found.

Examples:
  npx onhand verify
  npx onhand verify --from-checkpoint
  npx onhand verify --report /backup/onhand-2026-11-21.json
  npx onhand verify --from /backup/onhand-2026-11-21.json`,
  async run(args) {
    const { config, rest } = readSettings(args);
    const { values } = parseArgs({
      args: rest,
      options: {
        from: { type: "string" },
        "from-checkpoint": { type: "boolean", default: false },
        report: { type: "string" },
      },
    });
    const fromCheckpoint = values["from-checkpoint"];
    if (fromCheckpoint && values.from !== undefined)
      throw new UsageError("verify begins either behind a report (--from) or at checkpoints (--from-checkpoint).");
    const from = values.from === undefined ? null : await readAnchor(values.from);
    const startedAtMs = performance.now();
    const report = await verify(config, from, fromCheckpoint);
    show(report, performance.now() - startedAtMs);
    if (values.report !== undefined) await writeFile(values.report, `${JSON.stringify(report, null, 2)}\n`);
    return report.ok ? 0 : 1;
  },
};
