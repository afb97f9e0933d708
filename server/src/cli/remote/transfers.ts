/** `onhand transfers`: goods between own locations. */
import type { Client } from "@onhand/client";
import { type Command, UsageError } from "../command.ts";
import { given, isYes, linesOf, quantitiesOf } from "./arguments.ts";
import { anyNumber, nounCommand, type Shown, shownRows } from "./verbs.ts";

type Transfer = Awaited<ReturnType<Client["getTransfer"]>>;

const listed = 50;

function shown(transfer: Transfer): Shown {
  const { transferId, status, fromLocationId, toLocationId, expectedAt, reference, lines } = transfer;
  const heading = `${transferId}  ${status}  ${fromLocationId} → ${toLocationId}${expectedAt === null ? "" : `  expected ${expectedAt}`}${reference === null ? "" : `  ${reference}`}`;
  const columns = ["line", "sku", "quantity", "held", "inTransit", "received", "surplus", "cancelled", "end"];
  return { json: transfer, text: `${heading}\n${shownRows(lines, columns).text}` };
}

export const transfersCommand: Command = nounCommand({
  name: "transfers",
  summary: "Request, ship and receive transfers between locations",
  about: "A transfer holds units where they come from; shipped ones are incoming where they go, and available nowhere.",
  flags: {
    status: "list: only requested, in_transit, received or cancelled",
    from: "request: where units come from; list: only from there",
    to: "request: where units go; list: only to there",
    expected: "request, ship: when they are expected, e.g. 2026-12-01T09:00:00Z",
    reference: "request: the reference to give",
    at: "ship, receive, cancel: when it happened, e.g. 2026-12-01T09:00:00Z; now when absent",
    close: "receive: yes when nothing more will come; the rest is booked as lost",
  },
  verbs: {
    list: {
      usage: "",
      about: `the newest ${listed}`,
      argumentsMin: 0,
      options: ["status", "from", "to"],
      async run(client, _, { status, from, to }) {
        const query = { limit: listed, status: status as "requested", fromLocationId: from, toLocationId: to };
        const { data } = await client.listTransfers(query);
        return shownRows(
          data.map((row) => ({ ...row, units: row.lines.reduce((sum, line) => sum + line.quantity, 0) })),
          ["transferId", "status", "fromLocationId", "toLocationId", "expectedAt", "units", "reference"],
        );
      },
    },
    show: {
      usage: "ID",
      about: "one, line by line",
      argumentsMin: 1,
      run: async (client, [id]) => shown(await client.getTransfer(id!)),
    },
    request: {
      usage: "SKU=QUANTITY … --from ID --to ID",
      about: "ask for units; they are held",
      argumentsMin: 1,
      argumentsMax: anyNumber,
      options: ["from", "to", "expected", "reference"],
      async run(client, args, { from, to, expected, reference }) {
        if (from === undefined || to === undefined)
          throw new UsageError("Say where units come from and go: --from and --to.");
        const lines = quantitiesOf(args).map(({ name, quantity }) => ({ sku: name, quantity }));
        const route = { fromLocationId: from, toLocationId: to, lines };
        return shown(await client.createTransfer({ ...route, ...given({ expectedAt: expected, reference }) }));
      },
    },
    ship: {
      usage: "ID [LINE=QUANTITY …]",
      about: "they have left",
      argumentsMin: 1,
      argumentsMax: anyNumber,
      options: ["expected", "at"],
      run: async (client, [id, ...args], { expected, at }) =>
        shown(await client.shipTransfer(id!, given({ lines: linesOf(args), expectedAt: expected, timestamp: at }))),
    },
    receive: {
      usage: "ID [LINE=QUANTITY …]",
      about: "they have arrived",
      argumentsMin: 1,
      argumentsMax: anyNumber,
      options: ["at", "close"],
      async run(client, [id, ...args], { close, at }) {
        const arrived = { ...given({ lines: linesOf(args), timestamp: at }), close: isYes("close", close) };
        return shown(await client.receiveTransfer(id!, arrived));
      },
    },
    cancel: {
      usage: "ID [LINE=QUANTITY …]",
      about: "call off what is open; what was on its way is back",
      argumentsMin: 1,
      argumentsMax: anyNumber,
      options: ["at"],
      run: async (client, [id, ...args], { at }) =>
        shown(await client.cancelTransfer(id!, given({ lines: linesOf(args), timestamp: at }))),
    },
  },
  examples: [
    "transfers --status in_transit --to shop",
    "transfers request BEIGE-30=12 ROSE-30=6 --from warehouse --to shop --expected 2026-12-01T09:00:00Z",
    "transfers ship trf_0300000000042",
    "transfers receive trf_0300000000042 1=11 2=6 --close yes",
  ],
});
