/** `onhand mappings`: how payloads of sources become lines, what a mapping would make of one, and payloads that wait. */
import { readFile } from "node:fs/promises";
import type { Client } from "@onhand/client";
import { type Command, UsageError } from "../command.ts";
import { given } from "./arguments.ts";
import { type Flags, nounCommand, type Shown, shownRows } from "./verbs.ts";

type Wanted = Pick<Parameters<Client["createSourceMapping"]>[1], "expression" | "ready" | "settings">;

/** The expression that flags name; nothing when they name none. @throws UsageError */
async function wantedOf({ file, ready, settings }: Flags): Promise<Wanted> {
  if (file !== undefined && ready !== undefined) throw new UsageError("Give --file or --ready, not both.");
  if (settings !== undefined && ready === undefined) throw new UsageError("--settings are those of a --ready mapping.");
  return given({
    expression: file === undefined ? undefined : await readFile(file, "utf8"),
    ready: ready as Wanted["ready"],
    settings: settings === undefined ? undefined : settingsOf(settings),
  });
}

function settingsOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {}
  throw new UsageError(`--settings is a JSON object, for example '{"location":"web"}', not ${text}.`);
}

/** @throws UsageError */
function versionOf(argument: string): number {
  if (!/^[1-9]\d{0,8}$/.test(argument)) throw new UsageError(`A version is a number from 1, not "${argument}".`);
  return Number(argument);
}

async function tryOut(client: Client, sourceId: string, flags: Flags): Promise<Shown> {
  const { payload, kept } = flags;
  if ((payload === undefined) === (kept === undefined))
    throw new UsageError("Give --payload with a file, or --kept with the id of a payload that waits.");
  const isCsv = payload?.endsWith(".csv") === true;
  const run = await client.dryRunSourceMapping(sourceId, {
    ...(await wantedOf(flags)),
    ...given({
      version: flags.version === undefined ? undefined : versionOf(flags.version),
      payloadText: payload === undefined ? undefined : await readFile(payload, "utf8"),
      payloadId: kept,
      mediaType: isCsv ? "text/csv" : undefined,
    }),
  });
  const rows = run.lines.map(({ line, productId, locationId, problem }) => ({
    ...line,
    product: productId ?? line.sku ?? line.productCode ?? line.productId,
    location: locationId ?? line.locationCode ?? line.locationId,
    problem: problem === null ? "" : problem.detail,
  }));
  if (run.problem !== null) {
    const { code, detail, position } = run.problem;
    return { json: run, text: `${code}${position === undefined ? "" : ` at character ${position}`}: ${detail}` };
  }
  const columns = ["operationId", "product", "location", "stockLevel", "adjustment", "occurredAt", "problem"];
  return { json: run, text: shownRows(rows, columns).text };
}

export const mappingsCommand: Command = nounCommand({
  name: "mappings",
  summary: "Say how payloads of sources become lines, and try it",
  about: "A mapping is a JSONata expression that makes lines of what a platform sends; each change of it is a version.",
  flags: {
    file: "add, try: a file with the expression",
    ready: "add, try: a mapping that is there already, e.g. shopify",
    settings: 'add, try: settings of a ready mapping, e.g. \'{"location":"web"}\'',
    about: "add: what has changed, in words",
    payload: "try: a file with a payload, JSON or .csv",
    kept: "try: a payload that waits",
    version: "try: a version of the source's mapping; the one in use when absent",
  },
  verbs: {
    ready: {
      usage: "",
      about: "those that are there already",
      argumentsMin: 0,
      async run(client) {
        const { data } = await client.listReadyMappings();
        const rows = data.map((each) => ({ ...each, settings: Object.keys(each.settings).join(", ") }));
        return { ...shownRows(rows, ["name", "signature", "about", "settings"]), json: data };
      },
    },
    list: {
      usage: "ID",
      about: "versions of a source's mapping, the newest first",
      argumentsMin: 1,
      async run(client, [id]) {
        const [{ data }, { mappingVersion }] = await Promise.all([
          client.listSourceMappings(id!),
          client.getSource(id!),
        ]);
        const rows = data.map((each) => ({ ...each, used: each.version === mappingVersion ? "yes" : "" }));
        return { ...shownRows(rows, ["version", "used", "createdAt", "createdBy", "about"]), json: data };
      },
    },
    add: {
      usage: "ID",
      about: "add a version, and use it",
      argumentsMin: 1,
      options: ["file", "ready", "settings", "about"],
      async run(client, [id], flags) {
        const mapping = await client.createSourceMapping(id!, {
          ...(await wantedOf(flags)),
          ...given({ about: flags.about }),
        });
        return { json: mapping, text: `Payloads of ${id} go through version ${mapping.version} from now on.` };
      },
    },
    try: {
      usage: "ID",
      about: "what a mapping makes of a payload; nothing is changed",
      argumentsMin: 1,
      options: ["file", "ready", "settings", "payload", "kept", "version"],
      run: (client, [id], flags) => tryOut(client, id!, flags),
    },
    use: {
      usage: "ID VERSION|none",
      about: "have payloads go through a version, or none",
      argumentsMin: 2,
      async run(client, [id, version]) {
        const used = await client.useSourceMapping(id!, { version: version === "none" ? null : versionOf(version!) });
        return { json: used, text: `Payloads of ${id} go through ${used.version ?? "no mapping"} from now on.` };
      },
    },
    payloads: {
      usage: "ID",
      about: "payloads that no mapping could read",
      argumentsMin: 1,
      async run(client, [id]) {
        const { data } = await client.listKeptPayloads(id!);
        const rows = data.map(({ problem, ...each }) => ({ ...each, problem: `${problem.code}: ${problem.detail}` }));
        return { ...shownRows(rows, ["payloadId", "receivedAt", "bytes", "tries", "problem"]), json: data };
      },
    },
    retry: {
      usage: "ID",
      about: "read payloads that wait again",
      argumentsMin: 1,
      async run(client, [id]) {
        let read = 0;
        let kept = 0;
        let after: string | null = null;
        do {
          const part = await client.retryKeptPayloads(id!, after === null ? {} : { after });
          read += part.read;
          kept += part.kept;
          after = part.next;
        } while (after !== null);
        return { json: { read, kept }, text: `${read} were read, ${kept} go on waiting` };
      },
    },
    discard: {
      usage: "ID PAYLOAD",
      about: "give a payload up that waits",
      argumentsMin: 2,
      async run(client, [id, payloadId]) {
        await client.discardKeptPayload(id!, payloadId!);
        return { json: { payloadId }, text: `${payloadId} is given up.` };
      },
    },
  },
  examples: [
    "mappings add market --ready shopify",
    "mappings try market --payload webhook.json",
    "mappings add erp --file erp.jsonata --about 'their new field for the time'",
  ],
});
