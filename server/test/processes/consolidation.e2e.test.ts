/** A small day of a retailer, of which nobody sees the whole. */
import { test } from "bun:test";
import { proveDay } from "../consolidation/consolidation.ts";

test("tills, platforms and an ERP that tell of one day out of order come to one truth", async () => {
  await proveDay({
    ...{ seed: 7, shops: 2, tillsPerShop: 3, products: 8, linesPerTill: 30 },
    ...{ linesPerPlatform: 60, statements: 60 },
  });
}, 120_000);
