import { expect, test } from "bun:test";
import { builtInMappings, loadMapping } from "./load-mapping.ts";
import { checkMapping } from "./mapping.ts";

const smallest = {
  dataSet: "shop",
  columns: { sku: "Code", quantity: "Qty", occurredAt: "At" },
  time: { format: "rfc3339" },
  market: { name: "Main store", type: "store" },
  openingLevel: 0,
  repeatedRows: "keep",
  rules: [{ class: "applied", movementType: "sale", effect: "take" }],
};

test("the smallest mapping and all that come with Onhand are valid", async () => {
  expect(checkMapping(smallest, "smallest").dataSet).toBe("shop");
  for (const name of builtInMappings) expect((await loadMapping(name)).dataSet).toBe(name);
});

test.each([
  [{ dataSet: "two words" }, "/dataSet"],
  [{ columns: { sku: "Code", quantity: "Qty" } }, "/columns/occurredAt is required"],
  [{ colums: {} }, "/colums is not a field of a mapping"],
  [{ openingLevel: -1 }, "/openingLevel"],
  [{ repeatedRows: "drop" }, "/repeatedRows"],
  [{ time: { format: "YYYY-MM" } }, "/time format"],
  [{ time: { format: "D/M/YYYY", zone: "Mars/North" } }, '/time zone "Mars/North"'],
  [{ market: undefined }, "/columns/market is required"],
  [{ rules: [{ class: "applied" }] }, "/rules/0 needs movementType and effect"],
  [{ rules: [{ class: "sold" }] }, "/rules/0/class"],
  [{ rules: [{ class: "notGoods", when: { field: "sku" } }] }, "/rules/0/when needs one of"],
  [{ rules: [{ class: "notGoods", when: { field: "sku", matches: "(" } }] }, "/rules/0/when/matches"],
  [{ rules: [{ class: "notGoods", when: { field: "invoice", startsWith: "C" } }] }, "/columns/invoice names no column"],
])("%j is refused with the name of the field", (changes, message) => {
  expect(() => checkMapping({ ...smallest, ...changes }, "mine.json")).toThrow(message);
});

test("a mapping that does not exist is told from one that is no JSON", async () => {
  await expect(loadMapping("no-such-mapping")).rejects.toThrow("neither a file");
  await expect(loadMapping(import.meta.path)).rejects.toThrow("is no JSON");
});
