import { afterEach, test } from "bun:test";
import { stopAll } from "../support/server-process.ts";
import { runBusiness } from "./business-scenario.ts";

afterEach(stopAll);

test("business on two servers, one of which is killed, is what the reference model says, operation by operation", async () => {
  await runBusiness({ operations: 900, clients: 12, products: 6, locations: 3, kills: 1, seed: 1 });
}, 120_000);
