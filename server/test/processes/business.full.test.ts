import { afterEach, test } from "bun:test";
import { stopAll } from "../support/server-process.ts";
import { runBusiness } from "./business-scenario.ts";

afterEach(stopAll);

/** The whole of it, 200,000, takes a quarter of an hour: ONHAND_REPLAY_OPERATIONS=200000 npm run test:full -- business */
const operations = Number(process.env.ONHAND_REPLAY_OPERATIONS ?? 10_000);
const kills = Math.max(3, Math.round(operations / 16_000));

test(`${operations} operations on two servers that are killed in turn are what the reference model says`, async () => {
  await runBusiness({ operations, clients: 48, products: 40, locations: 4, kills, seed: 2 });
}, 3_600_000);
