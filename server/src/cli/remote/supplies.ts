/** `onhand supplies`: deliveries from outside, by purchase reference; and what is on its way at all. */
import type { Client } from "@onhand/client";
import { type Command, UsageError } from "../command.ts";
import { given, isYes, linesOf, quantitiesOf } from "./arguments.ts";
import { anyNumber, nounCommand, type Shown, shownRows } from "./verbs.ts";

type Supply = Awaited<ReturnType<Client["getSupply"]>>;

const listed = 50;

function shown(supply: Supply): Shown {
  const { supplyId, status, locationId, supplier, expectedAt, reference, lines } = supply;
  const heading = `${supplyId}  ${status}  ${reference ?? ""}${supplier === null ? "" : ` from ${supplier}`} to ${locationId}${expectedAt === null ? "" : `  expected ${expectedAt}`}`;
  const columns = ["line", "sku", "quantity", "incoming", "received", "surplus", "cancelled", "end"];
  return { json: supply, text: `${heading}\n${shownRows(lines, columns).text}` };
}

export const suppliesCommand: Command = nounCommand({
  name: "supplies",
  summary: "Announce and receive deliveries from outside",
  about: "A supply is what was ordered from outside: incoming until it is received, in parts if it comes in parts.",
  flags: {
    status: "list: only expected, received or cancelled",
    location: "announce: where they go; list, incoming: only to there",
    reference: "announce: the purchase reference; list: only with it",
    supplier: "announce: who delivers",
    expected: "announce: when, e.g. 2026-12-01T09:00:00Z",
    at: "receive, cancel: when it happened, e.g. 2026-12-01T09:00:00Z; now when absent",
    close: "receive: yes when nothing more will come; the rest is booked as lost",
  },
  verbs: {
    list: {
      usage: "",
      about: `the newest ${listed}`,
      argumentsMin: 0,
      options: ["status", "location", "reference"],
      async run(client, _, { status, location, reference }) {
        const query = { limit: listed, status: status as "expected", locationId: location, reference };
        const { data } = await client.listSupplies(query);
        return shownRows(
          data.map((row) => ({ ...row, units: row.lines.reduce((sum, line) => sum + line.quantity, 0) })),
          ["supplyId", "status", "locationId", "expectedAt", "units", "reference", "supplier"],
        );
      },
    },
    incoming: {
      usage: "",
      about: `the first ${listed} lines on their way, by date, transfers too`,
      argumentsMin: 0,
      options: ["location"],
      async run(client, _, { location }) {
        const { data } = await client.listIncoming({ limit: listed, locationId: location });
        return shownRows(data, [
          "expectedAt",
          "sku",
          "quantity",
          "locationId",
          "fromLocationId",
          "orderId",
          "reference",
        ]);
      },
    },
    show: {
      usage: "ID",
      about: "one, line by line",
      argumentsMin: 1,
      run: async (client, [id]) => shown(await client.getSupply(id!)),
    },
    announce: {
      usage: "SKU=QUANTITY … --location ID --reference TEXT",
      about: "they were ordered",
      argumentsMin: 1,
      argumentsMax: anyNumber,
      options: ["location", "reference", "supplier", "expected"],
      async run(client, args, { location, reference, supplier, expected }) {
        if (location === undefined || reference === undefined)
          throw new UsageError("Say where they go and under which purchase: --location and --reference.");
        const lines = quantitiesOf(args).map(({ name, quantity }) => ({ sku: name, quantity }));
        return shown(
          await client.createSupply({
            locationId: location,
            reference,
            lines,
            ...given({ supplier, expectedAt: expected }),
          }),
        );
      },
    },
    receive: {
      usage: "ID [LINE=QUANTITY …]",
      about: "they have arrived",
      argumentsMin: 1,
      argumentsMax: anyNumber,
      options: ["at", "close"],
      async run(client, [id, ...args], { close, at }) {
        const arrived = { ...given({ lines: linesOf(args), timestamp: at }), close: isYes("close", close) };
        return shown(await client.receiveSupply(id!, arrived));
      },
    },
    cancel: {
      usage: "ID [LINE=QUANTITY …]",
      about: "expect them no more",
      argumentsMin: 1,
      argumentsMax: anyNumber,
      options: ["at"],
      run: async (client, [id, ...args], { at }) =>
        shown(await client.cancelSupply(id!, given({ lines: linesOf(args), timestamp: at }))),
    },
  },
  examples: [
    "supplies --status expected",
    "supplies announce BEIGE-30=500 --location warehouse --reference PO-1182 --expected 2026-12-01T09:00:00Z",
    "supplies receive sup_0300000000042 1=480",
    "supplies incoming --location warehouse",
  ],
});
