/** `onhand reservations`: what is held, for whom, and how it ends. */
import type { Client } from "@onhand/client";
import type { Command } from "../command.ts";
import { given, isYes, linesOf, quantitiesOf, secondsOf } from "./arguments.ts";
import { anyNumber, nounCommand, type Shown, shownRows } from "./verbs.ts";

type Reservation = Awaited<ReturnType<Client["getReservation"]>>;

const listed = 50;

function shown(reservation: Reservation): Shown {
  const { reservationId, phase, expiresAt, reference, lines, allocation } = reservation;
  const heading = `${reservationId}  ${phase}${phase === "held" || phase === "paying" ? ` until ${expiresAt}` : ""}${reference === null ? "" : `  ${reference}`}`;
  const rows = shownRows(lines, ["line", "sku", "locationId", "quantity", "held", "committed", "released", "end"]).text;
  const why = (allocation?.lines ?? []).flatMap((line) =>
    line.candidates.map(
      ({ locationId, taken, reason }) => `  line ${line.requestLine}: ${taken} from ${locationId}: ${reason}`,
    ),
  );
  return {
    json: reservation,
    text: [heading, rows, ...(why.length === 0 ? [] : ["Why from there:", ...why])].join("\n"),
  };
}

export const reservationsCommand: Command = nounCommand({
  name: "reservations",
  summary: "Show, make, commit and release reservations",
  about:
    "Reservations hold units for a while: what is held is not available to others until it is committed or goes back.",
  flags: {
    phase: "list: only held, paying, committed, released or expired",
    reference: "list: only with this reference; hold: the reference to give",
    location: "hold: the location to take from",
    group: "hold: the group of locations to take from",
    channel: "hold: the channel that sells; takes from its locations, and leaves its buffer",
    buyer: "hold: who buys; list: only this buyer's",
    "dry-run": "hold: yes to see what would be held, and hold nothing",
    "if-expired": "commit: retake to take the units again when it has ended; refuse, which is the default",
    ttl: "hold, extend, pay: for how long, e.g. 15m",
  },
  verbs: {
    list: {
      usage: "",
      about: `the newest ${listed}`,
      argumentsMin: 0,
      options: ["phase", "reference", "buyer"],
      async run(client, _, { phase, reference, buyer }) {
        const { data } = await client.listReservations({ limit: listed, phase: phase as "held", reference, buyer });
        return shownRows(
          data.map((row) => ({
            ...row,
            units: row.lines.reduce((sum, line) => sum + line.quantity, 0),
            skus: row.lines.map((line) => line.sku).join(" "),
          })),
          ["reservationId", "phase", "expiresAt", "units", "skus", "reference"],
        );
      },
    },
    show: {
      usage: "ID",
      about: "one, line by line",
      argumentsMin: 1,
      run: async (client, [id]) => shown(await client.getReservation(id!)),
    },
    hold: {
      usage: "SKU=QUANTITY … --location ID",
      about: "hold units; or --group, or --channel",
      argumentsMin: 1,
      argumentsMax: anyNumber,
      options: ["location", "group", "channel", "ttl", "reference", "buyer", "dry-run"],
      async run(client, args, { location, group, channel, ttl, reference, buyer, "dry-run": dryRun }) {
        const lines = quantitiesOf(args).map(({ name, quantity }) => ({
          ...{ sku: name, quantity },
          ...given({ locationId: location, locationGroup: group }),
        }));
        const ttlSeconds = ttl === undefined ? undefined : secondsOf(ttl);
        const words = given({ channelId: channel, ttlSeconds, reference, buyer });
        const isDryRun = isYes("dry-run", dryRun);
        const held = shown(await client.createReservation({ lines, ...words, ...(isDryRun ? { dryRun: true } : {}) }));
        return isDryRun ? { ...held, text: `Nothing is held; this is what it would come to.\n${held.text}` } : held;
      },
    },
    commit: {
      usage: "ID [LINE=QUANTITY …]",
      about: "sell what is held, all or some",
      argumentsMin: 1,
      argumentsMax: anyNumber,
      options: ["if-expired"],
      run: async (client, [id, ...args], { "if-expired": ifExpired }) =>
        shown(
          await client.commitReservation(
            id!,
            given({ lines: linesOf(args), ifExpired: ifExpired as "retake" | undefined }),
          ),
        ),
    },
    release: {
      usage: "ID [LINE=QUANTITY …]",
      about: "give it back, all or some",
      argumentsMin: 1,
      argumentsMax: anyNumber,
      run: async (client, [id, ...args]) =>
        shown(await client.releaseReservation(id!, given({ lines: linesOf(args) }))),
    },
    extend: {
      usage: "ID [--ttl 15m]",
      about: "hold for longer, from now on",
      argumentsMin: 1,
      options: ["ttl"],
      run: async (client, [id], { ttl = "15m" }) =>
        shown(await client.extendReservation(id!, { ttlSeconds: secondsOf(ttl) })),
    },
    pay: {
      usage: "ID [--ttl 30m]",
      about: "payment has begun",
      argumentsMin: 1,
      options: ["ttl"],
      run: async (client, [id], { ttl }) =>
        shown(await client.payReservation(id!, ttl === undefined ? {} : { ttlSeconds: secondsOf(ttl) })),
    },
  },
  examples: [
    "reservations --phase paying",
    "reservations hold BEIGE-30=2 --location shop --ttl 15m --reference cart-81",
    "reservations hold BEIGE-30=2 --channel web --buyer ann --dry-run yes",
    "reservations commit res_0300000000042 --if-expired retake",
    "reservations release res_0300000000042 1=1",
  ],
});
