/** `onhand totals`: consolidated stock, where it comes from, and what it is worth. */
import { type ConsolidatedTotals, totalGroupings } from "@onhand/protocol/consolidated";
import { type Command, UsageError } from "../command.ts";
import { given } from "./arguments.ts";
import { nounCommand, type Shown, shownRows } from "./verbs.ts";

const listed = 1_000;
const columns = ["stockLevel", "availableStock", "reservedStock", "unavailableStock", "incomingStock", "stale"];

/** One row for each group; what is stale stands in a column of its own, and is part of the others. */
const rowOf = ({ key, totals, stale }: ConsolidatedTotals): Record<string, unknown> => ({
  ...key,
  ...totals,
  stale: stale === null ? "" : `${stale.stockLevel} of it`,
});

export const totalsCommand: Command = nounCommand({
  name: "totals",
  summary: "Show consolidated stock, where it comes from, and what it is worth",
  about: "Totals count everything on the books. What rests on sources that have gone silent is shown apart.",
  flags: {
    attribute: "by: name of the attribute, with by attribute",
    attributes: "by: only products with these, as line:Velvet,size:30ml",
    group: "by, value: only locations of this group",
    region: "by: only locations of this region",
    product: "by: only this product, by its id",
    rates: "value: rates of other currencies, as USD=0.92,GBP=1.17",
    basis: "value: stockLevel, which is the default, or availableStock",
  },
  verbs: {
    by: {
      usage: totalGroupings.join("|"),
      about: `the first ${listed} groups`,
      argumentsMin: 1,
      options: ["attribute", "attributes", "group", "region", "product"],
      async run(client, [groupBy], { attribute, attributes, group, region, product }): Promise<Shown> {
        const chosen = given({ attribute, attributes, locationGroup: group, region, productId: product });
        const page = await client.listTotals({ limit: listed, groupBy: groupBy as "product", ...chosen });
        const rows = page.data.map(rowOf);
        const names = Object.keys(page.data[0]?.key ?? {});
        const more = page.nextCursor === null ? "" : "\nThere are more; name a group, a region or attributes.";
        return { json: page, text: `${shownRows(rows, [...names, ...columns]).text}${more}` };
      },
    },
    value: {
      usage: "CURRENCY [--rates …]",
      about: "what the stock is worth in a currency",
      argumentsMin: 1,
      options: ["rates", "basis", "group"],
      async run(client, [currency], { rates, basis, group }): Promise<Shown> {
        const chosen = given({ basis: basis as "stockLevel" | undefined, locationGroup: group });
        const worth = await client.valuateStock({ currency: currency!, rates: ratesOf(rates), ...chosen });
        const { unvalued } = worth;
        const missing = [
          ...(unvalued.currencies.length === 0 ? [] : [`no rate for ${unvalued.currencies.join(", ")}`]),
          ...(unvalued.withoutPrice === 0 ? [] : [`${unvalued.withoutPrice} products without a price`]),
        ];
        const rest = missing.length === 0 ? "" : `\nNot in it: ${unvalued.units} units (${missing.join("; ")}).`;
        const parts = shownRows(worth.byCurrency, ["currency", "units", "amount", "rate", "value"]).text;
        return { json: worth, text: `${worth.value} ${worth.currency} for ${worth.units} units\n${parts}${rest}` };
      },
    },
  },
  examples: [
    "totals by locationGroup",
    "totals by attribute --attribute shade --attributes line:Velvet",
    "totals value EUR --rates USD=0.92,GBP=1.17",
  ],
});

/** `USD=0.92,GBP=1.17` @throws UsageError */
function ratesOf(text: string | undefined): Record<string, string> {
  if (text === undefined) return {};
  const pairs = text.split(",").map((pair) => pair.split("="));
  if (pairs.some(([code, rate]) => !/^[A-Z]{3}$/.test(code ?? "") || !/^\d+(\.\d+)?$/.test(rate ?? "")))
    throw new UsageError(`--rates takes rates as USD=0.92,GBP=1.17, not "${text}".`);
  return Object.fromEntries(pairs) as Record<string, string>;
}
