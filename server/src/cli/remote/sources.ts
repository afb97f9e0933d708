/** `onhand sources`: who sends lines, when they were heard of last, and what they call things. */
import { readFile } from "node:fs/promises";
import type { Client, Source } from "@onhand/client";
import { type Command, UsageError } from "../command.ts";
import { given, secondsOf } from "./arguments.ts";
import { anyNumber, nounCommand, type Shown, shownRows } from "./verbs.ts";

const listed = 50;
/** Codes that are sent in one request. */
const codesPerRequest = 10_000;

function shown(source: Source): Shown {
  const { sourceId, status, name, kind, mode, role, trust, freshForSeconds, contacts } = source;
  const rows = contacts.map((contact) => ({ ...contact, locationId: contact.locationId ?? "(as a whole)" }));
  return {
    json: source,
    text: [
      `${sourceId}  ${status}  ${name}`,
      `  ${kind}, sends ${mode === "both" ? "changes and levels" : mode}${role === "statements" ? ", only to be compared with" : ""}`,
      `  trust ${trust}, fresh for ${freshForSeconds} s, signature ${source.signature}, ${source.openParkedLines} parked lines`,
      shownRows(rows, ["locationId", "lastHeardAt", "lastEventAt", "stale"]).text,
    ].join("\n"),
  };
}

/** `product:CODE=ID` or `location:CODE=ID`; without an id the code is forgotten. @throws UsageError */
function codeOf(argument: string) {
  const found = /^(product|location):(.+)=([A-Za-z0-9._:-]{0,64})$/.exec(argument);
  if (found === null)
    throw new UsageError(
      `Write product:CODE=ID or location:CODE=ID, for example product:4711=soap, not "${argument}".`,
    );
  return { kind: found[1] as "product" | "location", code: found[2]!, targetId: found[3] === "" ? null : found[3]! };
}

async function mapAll(client: Client, sourceId: string, args: readonly string[], file?: string): Promise<Shown> {
  const text = file === undefined ? "" : await readFile(file, "utf8");
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  const codes = [...args, ...lines].map(codeOf);
  if (codes.length === 0) throw new UsageError("Name codes, for example product:4711=soap, or give a --file of them.");
  const all = { put: 0, removed: 0, retried: 0 };
  for (let from = 0; from < codes.length; from += codesPerRequest) {
    const part = { codes: codes.slice(from, from + codesPerRequest) };
    const { put, removed, retried } = await client.putSourceCodes(sourceId, part);
    all.put += put;
    all.removed += removed;
    all.retried += retried;
  }
  return {
    json: all,
    text: `${all.put} known, ${all.removed} forgotten, ${all.retried} lines that waited were applied`,
  };
}

export const sourcesCommand: Command = nounCommand({
  name: "sources",
  summary: "Register sources, see when they were heard of, and map their codes",
  about: "A source is a platform, a till system or an ERP that sends what happened or what is there.",
  flags: {
    status: "list: active, archived or all",
    name: "add: what people call it",
    kind: "add: shopify, square, till, erp …",
    mode: "add: changes, levels or both",
    role: "add: stock, or statements that are only compared with",
    trust: "add: from 0 to 100",
    fresh: "add: how long it may be silent, e.g. 15m",
    file: "map: a file with a code in each line, as product:4711=soap",
  },
  verbs: {
    list: {
      usage: "",
      about: `the first ${listed}`,
      argumentsMin: 0,
      options: ["status"],
      async run(client, _, { status }) {
        const { data } = await client.listSources({ limit: listed, status: status as "active" });
        const rows = data.map((source) => ({
          ...source,
          lastHeardAt: source.contacts[0]?.lastHeardAt,
          stale: source.contacts.some((contact) => contact.stale),
          parked: source.openParkedLines,
        }));
        const columns = ["sourceId", "status", "kind", "mode", "role", "trust", "lastHeardAt", "stale", "parked"];
        return { ...shownRows(rows, columns), json: data };
      },
    },
    show: {
      usage: "ID",
      about: "one, with each place that it was heard of at",
      argumentsMin: 1,
      run: async (client, [id]) => shown(await client.getSource(id!)),
    },
    add: {
      usage: "ID",
      about: "register one",
      argumentsMin: 1,
      options: ["name", "kind", "mode", "role", "trust", "fresh"],
      run: async (client, [sourceId], { name, kind, mode, role, trust, fresh }) =>
        shown(
          await client.createSource({
            sourceId: sourceId!,
            name: name ?? sourceId!,
            ...given({
              kind,
              mode: mode as "both" | undefined,
              role: role as "stock" | undefined,
              trust: trust === undefined ? undefined : Number(trust),
              freshForSeconds: fresh === undefined ? undefined : secondsOf(fresh),
            }),
          }),
        ),
    },
    codes: {
      usage: "ID",
      about: "what it calls products and locations",
      argumentsMin: 1,
      async run(client, [id]) {
        const rows: Record<string, unknown>[] = [];
        for await (const row of client.all.listSourceCodes(id!)) rows.push({ ...row });
        return shownRows(rows, ["kind", "code", "targetId"]);
      },
    },
    map: {
      usage: "ID [product:CODE=ID …]",
      about: "say what codes mean; without an id behind = it is forgotten",
      argumentsMin: 1,
      argumentsMax: anyNumber,
      options: ["file"],
      run: (client, [id, ...args], { file }) => mapAll(client, id!, args, file),
    },
    archive: {
      usage: "ID",
      about: "take no more lines of it",
      argumentsMin: 1,
      run: async (client, [id]) => shown(await client.patchSource(id!, { status: "archived" })),
    },
  },
  examples: [
    "sources add market --kind shopify --mode levels --fresh 15m",
    "sources map market product:4711=soap location:88=shop",
    "sources show market",
  ],
});
