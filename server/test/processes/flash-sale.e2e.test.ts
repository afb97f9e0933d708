import { afterEach, beforeEach, expect, test } from "bun:test";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { startServer, stopAll } from "../support/server-process.ts";
import { findContradictions } from "./history-check.ts";
import { Directory, drive, type ItemAnswer, outcomeOf, summary } from "./load.ts";
import { adjust, listItems, locationIdOf, productIdOf, stockUp } from "./stock.ts";

let database: TestDatabase;

beforeEach(async () => {
  database = await createDatabase();
});
afterEach(async () => {
  await stopAll();
  await database.close();
});

test("20,000 attempts at 5,000 units over two servers sell exactly 5,000", async () => {
  const [units, attempts, clients] = [5_000, 20_000, 100];
  const servers = await Promise.all(["one", "other"].map(() => startServer({ databaseUrl: database.target.url })));
  await stockUp(servers[0]!, 1, 1, units);
  const change = { productId: productIdOf(0), locationId: locationIdOf(0), adjustment: -1 };
  const history = await drive({
    clients,
    next: (_client, round) => (round < attempts / clients ? change : null),
    pick: new Directory(...servers.map(({ url }) => url)).pick,
  });
  expect(summary(history)).toEqual({ applied: units, refused: attempts - units, unknown: 0, tries: attempts });
  expect(await findContradictions(database.owner, history)).toEqual([]);
  const levels = history.flatMap((operation) => {
    const outcome = outcomeOf(operation)!;
    return outcome.status === 200 ? [(outcome.body as ItemAnswer).stockLevel] : [];
  });
  expect(new Set(levels).size).toBe(units);
  for (const server of servers) {
    const { items } = await listItems(server);
    expect(items).toMatchObject([{ stockLevel: 0, availableStock: 0, version: units + 1 }]);
  }
  const refused = history.find((operation) => outcomeOf(operation)!.status === 409);
  expect(outcomeOf(refused!)!.body).toMatchObject({ code: "insufficient_stock", available: 0, requested: 1 });
  expect(await adjust(servers[1]!, productIdOf(0), locationIdOf(0), 1)).toMatchObject({ stockLevel: 1 });
});
