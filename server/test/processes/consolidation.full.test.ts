/**
 * Fifty tills, three platforms and an ERP tell two servers of one day. `ONHAND_TEST_LINES` says how many lines each till
 * sends, `ONHAND_TEST_SEED` which day it is.
 */
import { expect, test } from "bun:test";
import { proveDay } from "../consolidation/consolidation.ts";

const linesPerTill = Number(process.env.ONHAND_TEST_LINES ?? 60);
const seed = Number(process.env.ONHAND_TEST_SEED ?? 20_261_122);

test("whatever arrives late, twice, out of order, echoed or by a wrong clock: every view is the truth, or says why not", async () => {
  expect(linesPerTill).toBeGreaterThan(0);
  console.info(`seed ${seed}`);
  await proveDay({
    ...{ seed, shops: 10, tillsPerShop: 5, products: 30, linesPerTill },
    ...{ linesPerPlatform: linesPerTill * 8, statements: linesPerTill * 10 },
  });
}, 600_000);
