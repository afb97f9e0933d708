/** `npm run demo`: starts a server of its own and replays real sales on it, market by market, as live sales. */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Api } from "./api.ts";
import { showBoard } from "./board.ts";
import { checkAll, entriesWritten, unitsByLocation } from "./checks.ts";
import { replay } from "./replay.ts";
import { DemoProblem, type DemoServer, startDemoServer } from "./server-child.ts";
import { readSlice, type Slice } from "./slice.ts";
import { fillStock, openingLevel } from "./stock.ts";
import { Tally } from "./tally.ts";

const help = `Starts a server on data of its own (data-demo) and replays two days of real sales as live sales.

Usage: npm run demo [-- options]

Options:
  --fast             as fast as the server answers, instead of about 25 s
  --exit             end after the checks, instead of serving until Ctrl-C
  --keep             go on with the data of the last demo, instead of starting afresh
  --data-dir FOLDER  instead of data-demo

Exit code: 0 when all checks are right, 1 otherwise.

Examples:
  npm run demo
  npm run demo -- --fast --exit
`;

const replayMs = 25_000;
const repositoryRoot = fileURLToPath(new URL("../", import.meta.url));
const out = process.stdout;
const say = (text: string): void => void out.write(`${text}\n`);

interface Options {
  readonly isFast: boolean;
  readonly exits: boolean;
  readonly keepsData: boolean;
  readonly dataDir: string;
}

async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      fast: { type: "boolean", default: false },
      exit: { type: "boolean", default: false },
      keep: { type: "boolean", default: false },
      "data-dir": { type: "string", default: `${repositoryRoot}data-demo` },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    out.write(help);
    return 0;
  }
  const options = {
    isFast: values.fast,
    exits: values.exit,
    keepsData: values.keep,
    dataDir: values["data-dir"],
  };
  return demo(options);
}

async function demo(options: Options): Promise<number> {
  const stop = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, () => stop.abort());
  say("Starting a server …");
  const slice = await readSlice();
  const server = await startDemoServer(options.dataDir, options.keepsData);
  try {
    const isRight = await runReplay(server, slice, options.isFast, stop.signal);
    if (!options.exits && !stop.signal.aborted) await printLinks(server);
    if (!options.exits && !stop.signal.aborted) await serveOn(server, stop.signal);
    return isRight ? 0 : 1;
  } finally {
    await server.stop();
  }
}

/** @returns whether all checks are right */
async function runReplay(server: DemoServer, slice: Slice, isFast: boolean, signal: AbortSignal): Promise<boolean> {
  const api = new Api(server.url, server.adminKey);
  const runId = Date.now().toString(36);
  say(
    `${slice.rowsRead} rows of 5 and 6 October 2011: ${slice.markets.length} markets, ${slice.products.length} products; ${slice.rowsLeftOut} rows are postage or copies and move nothing.`,
  );
  say(`Assumed opening level: ${openingLevel} units of each of ${slice.items.length} items (the data has none).\n`);
  await fillStock(api, slice, runId);
  const tally = new Tally(slice.markets, await unitsByLocation(api));
  const closeBoard = showBoard(tally, await entriesWritten(api), out);
  const startedAtMs = performance.now();
  try {
    await replay({ api, markets: slice.markets, tally, runId, durationMs: isFast ? 0 : replayMs, signal });
  } finally {
    closeBoard();
  }
  if (signal.aborted) return false;
  const seconds = (performance.now() - startedAtMs) / 1000;
  const answered = tally.sum((market) => market.answered);
  say(
    `\n${answered} rows in ${seconds.toFixed(1)} s: ${tally.sum(({ sold }) => sold)} units sold, ${tally.sum(({ returned }) => returned)} returned, ${tally.sum(({ lost }) => lost)} lost, ${tally.sum(({ refused }) => refused)} rows refused for lack of stock; p50 ${tally.latencyMs(0.5).toFixed(1)} ms, p99 ${tally.latencyMs(0.99).toFixed(1)} ms.\n`,
  );
  const checks = await checkAll(api, server, slice, tally, runId);
  for (const { name, isRight, detail } of checks) say(`  ${isRight ? "right" : "WRONG"}  ${name}: ${detail}`);
  return checks.every(({ isRight }) => isRight);
}

async function printLinks(server: DemoServer): Promise<void> {
  const { output } = await server.run("keys", "create", "--role", "reader", "--name", "demo");
  const key = /: (oh_\S+)/.exec(output)?.[1] ?? server.adminKey;
  say(`\n  API reference: ${server.url}/docs`);
  say("  Look around with a key that may read:");
  say(`  curl -sS '${server.url}/v1/inventory?groupBy=location' -H 'Authorization: Bearer ${key}'`);
  say(`  curl -sS '${server.url}/v1/inventory?availableBelow=1&limit=5' -H 'Authorization: Bearer ${key}'\n`);
}

async function serveOn(server: DemoServer, signal: AbortSignal): Promise<void> {
  say("Serving until Ctrl-C.");
  const stopped = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
  const output = await Promise.race([stopped, server.ended]);
  if (typeof output === "string" && !signal.aborted) throw new DemoProblem(`The server ended:\n${output}`);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const isPlain = error instanceof DemoProblem || (error instanceof Error && "code" in error);
  process.stderr.write(`${isPlain ? (error as Error).message : (error as Error).stack}\n`);
  process.exitCode = 1;
}
