/** `onhand export`, and `onhand import --list`: whole lists out of a server and rows into it, streamed both ways. */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { Readable } from "node:stream";
import { parseArgs } from "node:util";
import type { ImportSummary, RowResult } from "@onhand/protocol/bulk";
import { type Command, UsageError } from "../command.ts";
import { explained, remoteHelp, type Server, serverFlags, serverOf } from "./server.ts";

/** The server refused, or the connection broke; the message says so. */
class RemoteFailed extends Error {
  override readonly name = "RemoteFailed";
}

const paths: Readonly<Record<string, string>> = {
  products: "/v1/products?status=all",
  locations: "/v1/locations?status=all",
  inventory: "/v1/inventory?status=all",
  channels: "/v1/channels?status=all",
  reservations: "/v1/reservations",
  transfers: "/v1/transfers",
  supplies: "/v1/supplies",
  incoming: "/v1/incoming",
  reviews: "/v1/reviews",
  jobs: "/v1/jobs",
};

async function ask(server: Server, path: string, init: RequestInit & { readonly duplex?: "half" }): Promise<Response> {
  let response: Response;
  try {
    const authorization: Record<string, string> =
      server.key === undefined ? {} : { authorization: `Bearer ${server.key}` };
    const headers = { ...authorization, ...(init.headers as Record<string, string>) };
    response = await fetch(`${server.url.replace(/\/$/, "")}${path}`, { ...init, headers });
  } catch (error) {
    throw new RemoteFailed(
      `No server answers at ${server.url} (${(error as Error).message}). Start one with npm start, or give its --url.`,
    );
  }
  if (response.ok) return response;
  const problem = (await response.json().catch(() => ({}))) as { readonly detail?: string };
  throw new RemoteFailed(`The server refused: ${problem.detail ?? `status ${response.status}`}`);
}

const broken = (error: unknown): RemoteFailed =>
  new RemoteFailed(
    `The answer broke off (${(error as Error).message}). What was written is not the whole; run it again.`,
  );

export const exportCommand: Command = {
  name: "export",
  summary: "Write a whole list as NDJSON or CSV",
  help: `Usage: onhand export LIST|PATH [options]

Writes all rows of a list to standard output, as they are read. LIST is one of
${Object.keys(paths).join(", ")};
PATH is any list of the API with its filters, for example "/v1/inventory?locationId=shop".

Options:
  --csv                 CSV with a header, in place of NDJSON
${remoteHelp}

Exit code: 0 done, 1 failed: what was written then is not the whole. 2 wrong use.

Examples:
  npx onhand export products > products.ndjson
  npx onhand export "/v1/inventory?locationGroup=swiss" --csv > swiss.csv`,
  async run(args) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { ...serverFlags, csv: { type: "boolean", default: false } },
    });
    const [list] = positionals;
    const path = list === undefined ? undefined : Object.hasOwn(paths, list) ? paths[list] : list;
    if (path === undefined || positionals.length > 1 || !path.startsWith("/v1/"))
      throw new UsageError(`Name one list: ${Object.keys(paths).join(", ")}, or the path of one.`);
    const server = serverOf(values);
    const response = await ask(server, path, { headers: { accept: values.csv ? "text/csv" : "application/x-ndjson" } });
    if (!/ndjson|csv/.test(response.headers.get("content-type") ?? ""))
      throw new UsageError(`${path} is no list that is given whole.`);
    try {
      for await (const bytes of response.body!)
        if (!process.stdout.write(bytes)) await new Promise((resolve) => process.stdout.once("drain", resolve));
    } catch (error) {
      throw broken(error);
    }
    return 0;
  },
};

/** Lines of `onhand import --help` about this. */
export const importListHelp = `  --list LIST           products, locations or inventory: rows of fields, sent to a server as they are read
  --mode MODE           with --list: create, replace or merge products and locations that are there
  --overwrite           with --list: levels without a guard replace whatever is there
  --map JSON            with --list: field → column, e.g. '{"sku":"item_no"}'
  --defaults JSON       with --list: fields of rows that do not have them
  --others WHAT         with --list: refuse, ignore, or attributes
  --key-of-file KEY     with --list: rows sent again under it are applied once`;

export const importListFlags = {
  ...serverFlags,
  list: { type: "string" },
  mode: { type: "string" },
  overwrite: { type: "boolean", default: false },
  map: { type: "string" },
  defaults: { type: "string" },
  others: { type: "string" },
  "key-of-file": { type: "string" },
} as const;

/** What `onhand import` was given for a list. */
export interface ImportListOptions {
  readonly path: string;
  readonly list: string;
  readonly server: { readonly url?: string | undefined; readonly key?: string | undefined };
  readonly keyOfFile: string | undefined;
  /** Query of the call; what is undefined is left out. */
  readonly query: Readonly<Record<string, string | boolean | undefined>>;
}

/** Sends the rows of a file and shows which were rejected. @returns whether all were taken */
export async function importList(options: ImportListOptions): Promise<boolean> {
  const { path, list, keyOfFile } = options;
  const server = serverOf(options.server);
  await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(
      `${path} cannot be read (${error.code}). Give the path of a .csv, .ndjson or .jsonl file, or one of them with .gz.`,
    );
  });
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(options.query)) if (value) query.set(name, String(value));
  const isPacked = path.endsWith(".gz");
  const response = await ask(server, `/v1/imports/${encodeURIComponent(list)}?${query}`, {
    method: "POST",
    duplex: "half",
    headers: {
      "content-type": /\.csv(\.gz)?$/.test(path) ? "text/csv" : "application/x-ndjson",
      ...(isPacked ? { "content-encoding": "gzip" } : {}),
      ...(keyOfFile === undefined ? {} : { "idempotency-key": keyOfFile }),
    },
    body: Readable.toWeb(createReadStream(path)) as unknown as NonNullable<RequestInit["body"]>,
  }).catch((error) => {
    throw explained(error, server);
  });
  return show(response.body!);
}

async function show(body: ReadableStream<Uint8Array>): Promise<boolean> {
  let end: ImportSummary | null = null;
  try {
    for await (const line of linesOf(body)) {
      const result = JSON.parse(line) as RowResult | ImportSummary;
      if ("summary" in result) end = result;
      else if (result.verdict === "rejected")
        process.stdout.write(`line ${result.line}: ${result.error?.detail ?? "rejected"}\n`);
    }
  } catch (error) {
    throw broken(error);
  }
  if (end === null) throw broken(new Error("without its sums"));
  const { done, applied, duplicate, rejected, valid } = end.summary;
  const checked = valid > 0 ? `, ${valid} valid` : "";
  process.stdout.write(`${done} rows: ${applied} applied, ${duplicate} duplicate, ${rejected} rejected${checked}\n`);
  if (!end.complete)
    process.stdout.write(`Not all of it: ${end.problem?.detail ?? "the server is stopping; run it again"}\n`);
  return end.complete && rejected === 0;
}

async function* linesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const bytes of body) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
}
