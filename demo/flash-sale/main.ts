/** Replays a flash sale with holds over three channels, and checks that nothing was sold that was not there. */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Api } from "../api.ts";
import { DemoProblem, startDemoServer } from "../server-child.ts";
import { checkSale } from "./checks.ts";
import { type ListingRow, type RowKind, readListing } from "./listing.ts";
import { openingLevels, openShop, sell } from "./sale.ts";
import { sumOf } from "./tally.ts";

const help = `Replays a flash sale: buyers in three channels hold, pay and buy what is left of 70 % of what they want.

Usage: npm run demo:flash-sale [-- FILE] [--data-dir FOLDER]

FILE is a daily listing with the columns update_date, item_id, title, sale_count, comment_count and shop, as .csv or .csv.gz;
without it a made-up one is sold.

Exit code: 0 when all checks are right, 1 otherwise.

Examples:
  npm run demo:flash-sale
  npm run demo:flash-sale -- listing.csv.gz
`;

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const progressEveryRows = 2_000;

async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      "data-dir": { type: "string", default: fileURLToPath(new URL("../../data-demo", import.meta.url)) },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const rows = await readListing(positionals[0] ?? null);
  say(`${rows.length} rows: ${kindsOf(rows)}.`);
  const server = await startDemoServer(values["data-dir"], false);
  try {
    const api = new Api(server.url, server.adminKey);
    const levels = openingLevels(rows);
    await openShop(api, rows, levels);
    say(
      `${[...levels.values()].reduce((sum, units) => sum + units, 0) * 2} units of ${levels.size} items in two warehouses.`,
    );
    const startedAtMs = performance.now();
    const fates = await sell(api, rows, (done) => {
      if (done % progressEveryRows === 0) say(`  ${done} rows`);
    });
    const seconds = (performance.now() - startedAtMs) / 1000;
    const { asked, held, sold, released, expired, refused } = sumOf(fates.values());
    say(
      `${fates.size} rows in ${seconds.toFixed(1)} s: ${asked} units wanted, ${held} held, ${sold} sold, ${released} released, ${expired} expired, ${refused} not to be had.\n`,
    );
    const checks = await checkSale(api, server, rows, levels, fates);
    for (const { name, isRight, detail } of checks) say(`  ${isRight ? "right" : "WRONG"}  ${name}: ${detail}`);
    return checks.every(({ isRight }) => isRight) ? 0 : 1;
  } finally {
    await server.stop();
  }
}

const kindsOf = (rows: readonly ListingRow[]): string =>
  [...Map.groupBy(rows, ({ kind }): RowKind => kind)].map(([kind, of]) => `${of.length} ${kind}`).join(", ");

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const isPlain = error instanceof DemoProblem || (error instanceof Error && "code" in error);
  process.stderr.write(`${isPlain ? (error as Error).message : (error as Error).stack}\n`);
  process.exitCode = 1;
}
