import { afterEach, test } from "bun:test";
import { stopAll } from "../support/server-process.ts";
import { runBusiness } from "./business-scenario.ts";

afterEach(stopAll);

test("200,000 operations on two servers that are killed in turn are what the reference model says", async () => {
  await runBusiness({ operations: 200_000, clients: 48, products: 40, locations: 4, kills: 12, seed: 2 });
}, 3_600_000);
