/** `onhand history`: what happened to an item, by hour or day. */
import type { HistoryPeriod } from "@onhand/protocol/history";
import type { Command } from "../command.ts";
import { given } from "./arguments.ts";
import { nounCommand, shownRows } from "./verbs.ts";

const bars = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/** Levels drawn as a line of bars; what is at or below zero is a dot. */
function drawn(levels: readonly number[]): string {
  const top = Math.max(1, ...levels);
  return levels.map((level) => (level <= 0 ? "·" : bars[Math.ceil((level / top) * bars.length) - 1])).join("");
}

const rowOf = (period: HistoryPeriod): Record<string, unknown> => ({
  ...period,
  start: period.start.slice(0, 16).replace("T", " "),
  out: period.outOfStockSeconds === 0 ? "" : `${Math.round(period.outOfStockSeconds / 60)} min`,
  refused: period.refusedUnits === 0 ? "" : period.refusedUnits,
});

export const historyCommand: Command = nounCommand({
  name: "history",
  summary: "Show what happened to an item by hour or day",
  about:
    "Sales, returns, deliveries and losses, the level at the end of each period, time without stock, and demand that was refused.",
  flags: {
    period: "show: hour or day, which is the default",
    from: "show: a moment in the first period, as 2026-11-01T00:00:00Z",
    to: "show: the first moment that is not asked for",
  },
  verbs: {
    show: {
      usage: "INVENTORY_ID",
      about: "the last 30 days, or 48 hours",
      argumentsMin: 1,
      options: ["period", "from", "to"],
      async run(client, [id], { period, from, to }) {
        const history = await client.getHistory(id!, given({ period: period as "day" | undefined, from, to }));
        const columns = [
          "start",
          "sold",
          "returned",
          "received",
          "lost",
          "transferredIn",
          "transferredOut",
          "corrected",
        ];
        const rows = shownRows(history.data.map(rowOf), [...columns, "closingLevel", "out", "refused"]).text;
        const lag = history.upToDate ? "" : "\nThe last movements are not in it yet.";
        const levels = drawn(history.data.map(({ closingLevel }) => closingLevel));
        return { json: history, text: `${history.productId} at ${history.locationId}  ${levels}\n${rows}${lag}` };
      },
    },
  },
  examples: ["history show inv_0300000000042", "history show inv_0300000000042 --period hour"],
});
