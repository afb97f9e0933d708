/** `onhand import`: streams a sales file into products, locations and movements. */
import { rename, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { Registry } from "prom-client";
import { prepareDatabase } from "../assembly/prepare-database.ts";
import { openWriteSide } from "../assembly/write-side.ts";
import type { Config } from "../config/config.ts";
import { openCsv } from "../inbound/import/csv-file.ts";
import { CsvProblem } from "../inbound/import/csv-records.ts";
import { type ImportRun, runImport } from "../inbound/import/importer.ts";
import { builtInMappings, loadMapping } from "../inbound/import/load-mapping.ts";
import { type Mapping, MappingProblem } from "../inbound/import/mapping.ts";
import type { ImportReport } from "../inbound/import/report.ts";
import { TooManyRows } from "../inbound/import/seen-rows.ts";
import { ImportStopped } from "../inbound/import/settle.ts";
import { systemClock } from "../lib/clock.ts";
import { createLogger } from "../telemetry/logger.ts";
import { type Command, UsageError } from "./command.ts";
import { accessDatabase } from "./database-access.ts";
import { failpoint } from "./failpoint.ts";
import { importProgress } from "./import-progress.ts";
import { describeReport } from "./import-report.ts";
import { importList, importListFlags, importListHelp } from "./remote/bulk.ts";
import { readSettings } from "./settings-flags.ts";

const interrupted = 130;

interface Options {
  readonly path: string;
  readonly mapping: Mapping;
  readonly reportPath: string | null;
  readonly isDryRun: boolean;
  readonly isStrict: boolean;
}

async function readOptions(args: readonly string[]): Promise<Options> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      mapping: { type: "string" },
      "data-set": { type: "string" },
      "opening-level": { type: "string" },
      report: { type: "string" },
      "dry-run": { type: "boolean", default: false },
      strict: { type: "boolean", default: false },
    },
  });
  const [path] = positionals;
  if (path === undefined || positionals.length > 1)
    throw new UsageError(
      "Name one file: npx onhand import sales.csv.gz --mapping online-retail  (--help shows examples)",
    );
  if (values.mapping === undefined)
    throw new UsageError(
      `--mapping says which column is what: a file, or one of ${builtInMappings.join(", ")}. See docs/importing.md.`,
    );
  return {
    path,
    mapping: changed(await loadMapping(values.mapping), values["data-set"], values["opening-level"]),
    reportPath: values.report ?? null,
    isDryRun: values["dry-run"],
    isStrict: values.strict,
  };
}

function changed(mapping: Mapping, dataSet: string | undefined, openingLevel: string | undefined): Mapping {
  if (dataSet !== undefined && !/^[A-Za-z0-9._:-]{1,64}$/.test(dataSet))
    throw new UsageError(`--data-set takes letters, digits and . _ : - (at most 64), not "${dataSet}".`);
  if (openingLevel !== undefined && !/^\d{1,15}$/.test(openingLevel))
    throw new UsageError(`--opening-level is a whole number of units, not "${openingLevel}".`);
  return {
    ...mapping,
    ...(dataSet === undefined ? {} : { dataSet }),
    ...(openingLevel === undefined ? {} : { openingLevel: Number(openingLevel) }),
  };
}

/** Aborts at the first Ctrl-C, which lets what is under way be answered; a second one ends the process at once. */
function interruption(): { signal: AbortSignal; forget(): void } {
  const controller = new AbortController();
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(interrupted);
    controller.abort();
  };
  for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, onSignal);
  return {
    signal: controller.signal,
    forget() {
      for (const name of ["SIGINT", "SIGTERM"] as const) process.off(name, onSignal);
    },
  };
}

async function importInto(config: Config, options: Options, signal: AbortSignal): Promise<ImportReport> {
  if (options.isDryRun) return stream(options, signal, null);
  const access = await accessDatabase(config, "onhand import");
  process.stderr.write(`Importing ${options.path} into ${access.how}.\n`);
  try {
    const { newKey } = await prepareDatabase(access.target, config);
    if (newKey !== null) process.stderr.write(`First admin key, shown this once: ${newKey}\n`);
    const logger = createLogger(config.logLevel);
    const reach = failpoint(config.failpoint);
    const write = await openWriteSide({ config, target: access.target, logger, reach }, new Registry());
    try {
      const { writer: sink, items } = write;
      return await stream(options, signal, { sink, items, defaultCurrency: config.defaultCurrency });
    } finally {
      await write.stop();
    }
  } finally {
    await access.release();
  }
}

async function stream(options: Options, signal: AbortSignal, target: ImportRun["target"]): Promise<ImportReport> {
  const { mapping } = options;
  const file = await openCsv(options.path, mapping.delimiter ?? ",");
  const progress = importProgress(file.bytes);
  try {
    const onProgress = (rows: number): void => progress.show(rows, file.bytesRead());
    return await runImport({ file, mapping, target, clock: systemClock, signal, onProgress });
  } finally {
    progress.close();
  }
}

async function writeReport(path: string, report: ImportReport): Promise<void> {
  await writeFile(`${path}.part`, `${JSON.stringify(report, null, 2)}\n`);
  await rename(`${path}.part`, path);
}

function exitCodeOf(report: ImportReport, isStrict: boolean): number {
  if (!report.isComplete) return interrupted;
  return isStrict && report.rows.malformed + report.rows.refused > 0 ? 1 : 0;
}

/** Rows of a list go to a server, as those of any caller. */
async function importRows(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { ...importListFlags, "dry-run": { type: "boolean", default: false } },
  });
  const [path] = positionals;
  if (path === undefined || positionals.length > 1)
    throw new UsageError("Name one file: npx onhand import products.csv --list products  (--help shows examples)");
  const { list = "", url, key, mode, overwrite, map, defaults, others, "key-of-file": keyOfFile } = values;
  const query = { mode, overwrite, map, defaults, others, dryRun: values["dry-run"] };
  return (await importList({ path, list, server: { url, key }, keyOfFile, query })) ? 0 : 1;
}

export const importCommand: Command = {
  name: "import",
  summary: "Import a sales file, or rows of products, locations and inventory",
  help: `Usage: onhand import FILE.csv[.gz] --mapping NAME_OR_FILE [options] [settings]
       onhand import FILE.(csv|ndjson)[.gz] --list LIST [options]

Streams a sales file into products, one location for each market, and movements. Every row is applied once, however
often it is run: after Ctrl-C or a crash, run the same command again. The closing report accounts for every row.
Uses the database of DATABASE_URL, else the embedded one, whether a server is running on it or not.

Options:
  --mapping NAME_OR_FILE   which column is what, and what a row means: ${builtInMappings.join(", ")}, or a JSON file
  --dry-run                read and classify every row, write nothing
  --report FILE            write the closing report as JSON, too
  --strict                 exit with 1 when a row was malformed or refused
  --data-set NAME          instead of the mapping's: rows are applied once within a data set
  --opening-level UNITS    instead of the mapping's: units assumed of every item before its first row

Rows of a list, through a running server:
${importListHelp}
  --url, --key          the server and an API key, as of other commands

Exit code: 0 done, 1 failed (with --list also when a row was rejected), 2 wrong use, 130 interrupted.

Examples:
  npx onhand import sales.csv --mapping my-mapping.json --dry-run
  npx onhand import online-retail.csv.gz --mapping online-retail --report report.json
  npx onhand import demo/online-retail-slice.csv.gz --mapping online-retail --data-dir data-try

  npx onhand import catalogue.csv --list products --mode merge --others attributes

docs/importing.md describes mapping files, docs/bulk.md rows of lists.`,
  async run(args) {
    const { config, rest } = readSettings(args);
    if (rest.some((argument) => /^--list(=|$)/.test(argument))) return importRows(rest);
    const interruptions = interruption();
    try {
      const options = await readOptions(rest);
      const report = await importInto(config, options, interruptions.signal);
      if (options.reportPath !== null) await writeReport(options.reportPath, report);
      process.stdout.write(`${describeReport(report)}\n`);
      return exitCodeOf(report, options.isStrict);
    } catch (error) {
      if (error instanceof MappingProblem) throw new UsageError(error.message);
      if (!(error instanceof CsvProblem || error instanceof ImportStopped || error instanceof TooManyRows)) throw error;
      process.stderr.write(`${error.message}\n`);
      return 1;
    } finally {
      interruptions.forget();
    }
  },
};
