/** The command line: finds the command, shows help, and says in one sentence what went wrong. */
import { version } from "../config/version.ts";
import { checkpointCommand } from "./checkpoint.ts";
import { type Command, UsageError } from "./command.ts";
import { doctorCommand } from "./doctor.ts";
import { epochCommand } from "./epoch.ts";
import { feedCommand } from "./feed.ts";
import { importCommand } from "./import.ts";
import { keysCommand } from "./keys.ts";
import { migrateCommand } from "./migrate.ts";
import { exportCommand } from "./remote/bulk.ts";
import { channelsCommand } from "./remote/channels.ts";
import { countsCommand } from "./remote/counts.ts";
import { devicesCommand } from "./remote/devices.ts";
import { historyCommand } from "./remote/history.ts";
import { jobsCommand } from "./remote/jobs.ts";
import { mappingsCommand } from "./remote/mappings.ts";
import { parkedCommand } from "./remote/parked.ts";
import { reconcileCommand } from "./remote/reconcile.ts";
import { reservationsCommand } from "./remote/reservations.ts";
import { reviewsCommand } from "./remote/reviews.ts";
import { sourcesCommand } from "./remote/sources.ts";
import { suppliesCommand } from "./remote/supplies.ts";
import { totalsCommand } from "./remote/totals.ts";
import { transfersCommand } from "./remote/transfers.ts";
import { serveCommand } from "./serve.ts";
import { tailCommand } from "./tail.ts";
import { verifyCommand } from "./verify.ts";

const commands: readonly Command[] = [
  serveCommand,
  migrateCommand,
  importCommand,
  exportCommand,
  jobsCommand,
  tailCommand,
  reservationsCommand,
  transfersCommand,
  suppliesCommand,
  totalsCommand,
  historyCommand,
  countsCommand,
  reviewsCommand,
  reconcileCommand,
  channelsCommand,
  sourcesCommand,
  devicesCommand,
  mappingsCommand,
  parkedCommand,
  verifyCommand,
  checkpointCommand,
  keysCommand,
  feedCommand,
  epochCommand,
  doctorCommand,
];

const overview = (): string => `Onhand ${version}: the inventory service

Usage: onhand COMMAND [options]

${commands.map((command) => `  ${command.name.padEnd(13)} ${command.summary}`).join("\n")}

"onhand COMMAND --help" shows options and examples.

Examples:
  npx onhand serve
  npx onhand keys create --role writer --name till-7
`;

/** Errors that say what to do next: shown as they are, without a stack. */
const plainErrors = new Set([
  "ConfigError",
  "UsageError",
  "UnsafeDatabase",
  "PortInUse",
  "SchemaTooNew",
  "MigrationChanged",
  "DataFolderInUseError",
  "EmbeddedPostgresError",
  "DatabaseUnusable",
  "AddressUnusable",
  "AnchorUnreadable",
  "PartitionUnknown",
  "RemoteFailed",
]);

/** @returns the exit code */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    process.stdout.write(overview());
    return name === undefined ? 2 : 0;
  }
  if (name === "--version") {
    process.stdout.write(`${version}\n`);
    return 0;
  }
  const command = commands.find((candidate) => candidate.name === name);
  try {
    if (command === undefined) throw new UsageError(`There is no command "${name}". "npx onhand --help" lists them.`);
    if (rest.includes("--help") || rest.includes("-h")) {
      process.stdout.write(`${command.help}\n`);
      return 0;
    }
    return await command.run(rest);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if ("code" in error && String(error.code).startsWith("ERR_PARSE_ARGS")) {
      process.stderr.write(`${error.message.replace(/\.$/, "")}. "npx onhand ${name} --help" shows the options.\n`);
      return 2;
    }
    process.stderr.write(`${plainErrors.has(error.name) ? error.message : (error.stack ?? error.message)}\n`);
    return error.name === "UsageError" || error.name === "ConfigError" ? 2 : 1;
  }
}
