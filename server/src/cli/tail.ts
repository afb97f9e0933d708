/** `onhand tail`: shows the changes as they are committed, one line each. It is a client like any other. */
import { parseArgs } from "node:util";
import { createClient, type FeedFilter } from "@onhand/client";
import { type Command, UsageError } from "./command.ts";
import { explained, remoteHelp, type Server, serverFlags, serverOf } from "./remote/server.ts";
import { tailHeading, tailLine } from "./tail-line.ts";

interface Options extends Server {
  readonly since: string | undefined;
  readonly isJson: boolean;
  readonly filter: FeedFilter;
  readonly types: readonly string[];
}

/** A time, or what a cursor looks like; the server knows better. */
const timeOrCursor = /^\d{4}-\d\d-\d\dT\S+$|^[A-Za-z0-9_-]{20,}$/;
const spans: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function readOptions(args: readonly string[]): Options {
  const text = { type: "string" } as const;
  const several = { type: "string", multiple: true } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...serverFlags,
      since: text,
      sku: several,
      location: several,
      channel: several,
      type: several,
      json: { type: "boolean", default: false },
    },
  });
  return {
    ...serverOf(values),
    since: values.since === undefined ? undefined : placeOf(values.since),
    isJson: values.json,
    filter: { skus: values.sku, locationIds: values.location, channelIds: values.channel },
    types: values.type ?? [],
  };
}

/** @returns a cursor or a time; spans such as `10m` count back from now */
function placeOf(since: string): string {
  const span = /^(\d{1,6})([smhd])$/.exec(since);
  if (span !== null) return new Date(Date.now() - Number(span[1]) * spans[span[2]!]!).toISOString();
  if (!timeOrCursor.test(since))
    throw new UsageError(
      `--since takes a span (10m, 2h, 1d), a time (2026-11-21T09:00:00Z) or a cursor, not "${since}".`,
    );
  return since;
}

/** Ends with the first Ctrl-C, quietly, and also when whoever reads the lines is gone (`| head`). */
function untilInterrupted(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => controller.abort());
  process.stdout.once("error", () => controller.abort());
  return controller.signal;
}

async function follow({ url, key, since, isJson, filter, types }: Options, signal: AbortSignal): Promise<void> {
  let isAway = false;
  const client = createClient({
    baseUrl: url,
    ...(key === undefined ? {} : { apiKey: key }),
    onRetry: ({ error }) => {
      if (!isAway) process.stderr.write(`… ${error.message}; trying again\n`);
      isAway = true;
    },
  });
  const from = since ?? (await client.withMeta.listInventory({ limit: 1 }, { signal, retry: false })).meta.cursor;
  if (!isJson && process.stdout.isTTY) process.stdout.write(`${tailHeading()}\n`);
  for await (const event of client.updates({ filter, types, since: from, signal })) {
    if (isAway) process.stderr.write("… connected again\n");
    isAway = false;
    process.stdout.write(`${isJson ? JSON.stringify(event) : tailLine(event)}\n`);
  }
}

export const tailCommand: Command = {
  name: "tail",
  summary: "Show changes as they happen, one line each",
  help: `Usage: onhand tail [options]

Shows every change of stock, orders on it, products, locations and channels as it is committed: time, type, SKU,
location, what changed, and the level and what is available afterwards. Resumes by itself when the server or the network was away, without missing
or repeating a change. Ends with Ctrl-C.

Options:
  --sku SKU             only this SKU; may be given several times
  --location ID         only this location; may be given several times
  --channel ID          only what this channel may sell, and the channel itself; may be given several times
  --type TYPE           only this type of event, or a beginning: inventory.*; may be given several times
  --since WHEN          begin in the past: a span (10m, 2h, 1d), a time, or a cursor; from now on when absent
  --json                whole events, one JSON document (CloudEvents 1.0) a line
${remoteHelp}

Examples:
  npx onhand tail
  npx onhand tail --sku BEIGE-30 --location shop
  npx onhand tail --type 'inventory.*' --since 2h
  npx onhand tail --json --since 1d | grep stock-take > yesterday.jsonl`,
  async run(args) {
    const options = readOptions(args);
    const signal = untilInterrupted();
    try {
      await follow(options, signal);
      return 0;
    } catch (error) {
      if (signal.aborted) return 0;
      throw explained(error, options);
    }
  },
};
