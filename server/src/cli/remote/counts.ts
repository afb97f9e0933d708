/** `onhand counts`: stocktakes by session, while the location goes on selling. */
import type { Client, CountLine, CountSession } from "@onhand/client";
import { type Command, UsageError } from "../command.ts";
import { given, isYes, quantitiesOf } from "./arguments.ts";
import { anyNumber, nounCommand, type Shown, shownRows } from "./verbs.ts";

const listed = 50;

const headingOf = ({ sessionId, status, locationId, blind, reference, lines, pending }: CountSession): string =>
  `${sessionId}  ${status}  ${locationId}${blind ? "  blind" : ""}${reference === null ? "" : `  ${reference}`}  ${lines} lines, ${pending} pending`;

/** How far posting came, in words. */
const verdictsOf = ({ applied, contained, review, rejected }: CountSession): string =>
  `${applied} applied, ${contained} contained in a later count, ${review} up for review, ${rejected} rejected`;

const shownSession = (session: CountSession): Shown => ({
  json: session,
  text: `${headingOf(session)}\n${verdictsOf(session)}`,
});

async function shown(client: Client, sessionId: string): Promise<Shown> {
  const session = await client.getCountSession(sessionId);
  const lines: CountLine[] = [];
  for await (const line of client.all.listCountLines(sessionId)) lines.push(line);
  const rows = lines.map(({ error, ...line }) => ({ ...line, error: error?.detail }));
  const columns = ["line", "sku", "counted", "countedAt", "expected", "variance", "verdict", "error"];
  return { json: { ...session, countLines: lines }, text: `${headingOf(session)}\n${shownRows(rows, columns).text}` };
}

async function variance(client: Client, sessionId: string): Promise<Shown> {
  const report = await client.getCountVariance(sessionId, { limit: 10_000 });
  const { counted, expected, surplus, shortage, differing, unknown, notCounted } = report.totals;
  const rest = `${unknown > 0 ? `, ${unknown} of which it cannot be told` : ""}${notCounted > 0 ? `; ${notCounted} items hold units and were not counted` : ""}`;
  const columns = ["sku", "counted", "expected", "variance", "movedSince", "countedAt", "verdict"];
  return {
    json: report,
    text: `${counted} counted, ${expected} expected: ${surplus} more here, ${shortage} fewer there, in ${differing} lines${rest}\n${shownRows(report.lines, columns).text}`,
  };
}

/** A call waits for a while; a long session takes several. Not whole while lines are rejected. */
async function post(client: Client, sessionId: string): Promise<Shown> {
  let session = await client.postCountSession(sessionId);
  while (session.status === "posting") session = await client.postCountSession(sessionId);
  if (session.rejected === 0) return shownSession(session);
  const { json, text } = shownSession(session);
  const next = `Lines were rejected: "onhand counts show ${sessionId}" says why. Mend the cause or take them out, and post it again.`;
  return { json, text: `${text}\n${next}`, isPartial: true };
}

export const countsCommand: Command = nounCommand({
  name: "counts",
  summary: "Open, fill, look at and post stocktakes",
  about:
    "A count session is working paper: no level moves before it is posted, and what is sold meanwhile stays on top.",
  flags: {
    location: "open: what is counted; list: only there",
    status: "list: only open, posting, posted or cancelled",
    reference: "open: the reference to give",
    blind: "open: yes to hide what is expected",
    at: "add: when it was counted, e.g. 2026-11-21T20:00:00Z; now when absent",
  },
  verbs: {
    list: {
      usage: "",
      about: `the newest ${listed}`,
      argumentsMin: 0,
      options: ["location", "status"],
      async run(client, _, { location, status }) {
        const query = { limit: listed, locationId: location, status: status as "open" };
        const { data } = await client.listCountSessions(query);
        const columns = ["sessionId", "status", "locationId", "lines", "pending", "rejected", "createdAt", "reference"];
        return shownRows(
          data.map((row) => ({ ...row })),
          columns,
        );
      },
    },
    open: {
      usage: "--location ID",
      about: "begin a stocktake",
      argumentsMin: 0,
      options: ["location", "reference", "blind"],
      async run(client, _, { location, reference, blind }) {
        if (location === undefined) throw new UsageError("Say what is counted: --location.");
        const session = { locationId: location, ...given({ reference }), blind: isYes("blind", blind) };
        return shownSession(await client.openCountSession(session));
      },
    },
    add: {
      usage: "ID SKU=QUANTITY …",
      about: "what was found; again replaces it",
      argumentsMin: 2,
      argumentsMax: anyNumber,
      options: ["at"],
      async run(client, [id, ...args], { at }) {
        const lines = quantitiesOf(args).map(({ name, quantity }) => ({ sku: name, stockLevel: quantity }));
        const done = await client.putCountLines(id!, { lines, ...given({ countedAt: at }) });
        return { json: done, text: `${done.added} added, ${done.replaced} replaced\n${headingOf(done.session)}` };
      },
    },
    show: {
      usage: "ID",
      about: "one, line by line",
      argumentsMin: 1,
      run: (client, [id]) => shown(client, id!),
    },
    variance: {
      usage: "ID",
      about: "what differs, sales since netted out",
      argumentsMin: 1,
      run: (client, [id]) => variance(client, id!),
    },
    post: {
      usage: "ID",
      about: "apply it, all lines",
      argumentsMin: 1,
      run: (client, [id]) => post(client, id!),
    },
    cancel: {
      usage: "ID",
      about: "give it up",
      argumentsMin: 1,
      run: async (client, [id]) => shownSession(await client.cancelCountSession(id!)),
    },
  },
  examples: [
    "counts open --location shop --reference STK-2026",
    "counts add cnt_01k9 BEIGE-30=12 ROSE-30=7",
    "counts variance cnt_01k9",
    "counts post cnt_01k9",
  ],
});
