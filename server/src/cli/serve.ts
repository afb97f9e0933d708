/** `onhand serve`: the server, with its own PostgreSQL unless DATABASE_URL names another. */
import { startApp } from "../app.ts";
import { prepareDatabase } from "../assembly/prepare-database.ts";
import type { Config } from "../config/config.ts";
import { version } from "../config/version.ts";
import { type EmbeddedPostgres, openEmbeddedPostgres } from "../embedded/embedded-postgres.ts";
import { createLogger } from "../telemetry/logger.ts";
import { type Command, UsageError } from "./command.ts";
import { explainingDatabase } from "./database-access.ts";
import { failpoint } from "./failpoint.ts";
import { readSettings, settingsHelp } from "./settings-flags.ts";

function firstSteps(url: string, key: string): string {
  const curl = (path: string, idempotencyKey: string, body: string): string =>
    `curl -sS -w '\\n' -X POST ${url}${path} -H 'Authorization: Bearer ${key}' -H 'Content-Type: application/json' -H 'Idempotency-Key: ${idempotencyKey}' -d '${body}'`;
  return [
    "",
    `  Your first admin key, shown this once: ${key}`,
    "",
    "  Try it: a product, a location, an adjustment",
    "",
    curl("/v1/products", "first-product", '{"productId":"prod123","sku":"BEIGE-30","name":"Foundation"}'),
    curl("/v1/locations", "first-location", '{"locationId":"loc1","name":"Warehouse A","type":"warehouse"}'),
    curl(
      "/v1/inventory",
      "first-adjustment",
      '{"productId":"prod123","locationId":"loc1","adjustment":100,"reason":"opening stock","type":"restock"}',
    ),
    "",
  ].join("\n");
}

/** Resolves at SIGTERM or SIGINT; a second signal ends the process at once. */
function untilToldToStop(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      process.once(signal, () => {
        process.once(signal, () => process.exit(1));
        resolve(signal);
      });
    }
  });
}

async function openEmbedded(config: Config, log: ReturnType<typeof createLogger>): Promise<EmbeddedPostgres> {
  return openEmbeddedPostgres({
    dataDir: config.dataDir,
    holder: `onhand serve on ${config.host}:${config.port}`,
    onNote: (message) => log.info(message),
    onUnexpectedExit: (detail) => log.error(detail),
  });
}

async function serve(config: Config): Promise<number> {
  const logger = createLogger(config.logLevel);
  const stopSignal = untilToldToStop();
  const embedded = config.databaseUrl === null ? await openEmbedded(config, logger) : null;
  try {
    const target = embedded === null ? { url: config.databaseUrl! } : embedded.connection;
    const { applied, newKey } = await explainingDatabase(target, () => prepareDatabase(target, config));
    const app = await startApp({ config, target, logger, reach: failpoint(config.failpoint) });
    const { url } = app.listener;
    logger.info({ version, url, migrations: applied }, "serving");
    const where = embedded === null ? "the database of DATABASE_URL" : `PostgreSQL in ${config.dataDir}`;
    process.stdout.write(`\nOnhand ${version} serves ${url}\n  API reference: ${url}/docs\n  Data: ${where}\n`);
    if (newKey !== null) process.stdout.write(firstSteps(url, newKey));
    else process.stdout.write("  Lost your key? Create another one: npx onhand keys create --role admin\n\n");
    logger.info({ signal: await stopSignal }, "stopping");
    await app.stop();
    return 0;
  } finally {
    await embedded?.stop();
  }
}

export const serveCommand: Command = {
  name: "serve",
  summary: "Run the server",
  help: `Usage: onhand serve [settings]

Serves the API, with a PostgreSQL of its own in the data folder unless DATABASE_URL names another one.
SIGTERM stops it: whatever was accepted is finished.

Settings, as flags or in the environment (default):
${settingsHelp()}

Examples:
  npm start
  npx onhand serve --port 9000
  DATABASE_URL=postgresql://user:secret@db/onhand npx onhand serve --host 0.0.0.0`,
  async run(args) {
    const { config, rest } = readSettings(args);
    if (rest.length > 0)
      throw new UsageError(`serve does not take "${rest[0]}". "npx onhand serve --help" lists what it takes.`);
    return serve(config);
  },
};
