/** The closing report of an import as a table for people. */
import { type ImportReport, type RowClass, rowClasses } from "../inbound/import/report.ts";

const meanings: Readonly<Record<RowClass, string>> = {
  applied: "sales and write-offs that are in the journal",
  cancelled: "cancelled lines, booked as returns",
  notGoods: "postage, fees and the like: no stock to move",
  noStock: "more than there was: refused, nothing changed",
  duplicate: "exact copies of an earlier row",
  malformed: "could not be read",
  refused: "refused for another reason",
};

const labels: Readonly<Record<RowClass, string>> = {
  applied: "applied",
  cancelled: "cancelled",
  notGoods: "not goods",
  noStock: "no stock",
  duplicate: "duplicate",
  malformed: "malformed",
  refused: "refused",
};

const count = (value: number): string => value.toLocaleString("en").padStart(12);

/** @returns lines to print */
export function describeReport(report: ImportReport): string {
  const { rows, isDryRun } = report;
  const shown = rowClasses.filter((name) => name !== "refused" || rows.refused > 0);
  const dry = isDryRun ? " (dry run: nothing was written, so nobody was asked for stock)" : "";
  return [
    "",
    `Data set ${report.dataSet}${dry}`,
    `  ${"rows read".padEnd(12)}${count(report.rowsRead)}`,
    ...shown.map((name) => `  ${labels[name].padEnd(12)}${count(rows[name])}  ${meanings[name]}`),
    ...(report.rowsThereAlready > 0
      ? [`  ${report.rowsThereAlready.toLocaleString("en")} rows were there already and were not applied again.`]
      : []),
    "",
    ...stockLines(report),
    `  ${report.seconds.toFixed(1)} s, ${report.rowsPerSecond.toLocaleString("en")} rows/s`,
    ...exampleLines(report),
    ...(report.isComplete
      ? []
      : ["", "Interrupted before the end of the file. Run the same command again to go on where it stopped."]),
    "",
  ].join("\n");
}

function stockLines(report: ImportReport): string[] {
  const { units, assumed } = report;
  const moved = Object.entries(units).map(([type, sum]) => `${type} ${sum.toLocaleString("en")}`);
  const lines = [
    `  ${report.markets} markets, ${report.products.toLocaleString("en")} products, ${report.items.toLocaleString("en")} items`,
    `  units by type of movement: ${moved.join(", ") || "none"}; asked for and not in stock: ${report.unitsNotInStock.toLocaleString("en")}`,
  ];
  if (report.isDryRun) return lines;
  const own = assumed.itemsWithStockOfTheirOwn;
  return [
    ...lines,
    `  ASSUMED opening levels: ${assumed.openingLevel.toLocaleString("en")} units of ${assumed.items.toLocaleString("en")} items, ${assumed.units.toLocaleString("en")} units; the file has none`,
    ...(own > 0 ? [`  ${own.toLocaleString("en")} items had stock of their own: none was assumed for them`] : []),
    `  ${report.entriesAdded.toLocaleString("en")} journal entries added by this run`,
  ];
}

function exampleLines({ rows, examples }: ImportReport): string[] {
  return (["malformed", "refused"] as const).flatMap((name) =>
    examples[name].length === 0
      ? []
      : [
          "",
          `  The first ${labels[name]} rows (${examples[name].length} of ${rows[name].toLocaleString("en")}):`,
          ...examples[name].map(({ line, problem }) => `    line ${line}: ${problem}`),
        ],
  );
}
