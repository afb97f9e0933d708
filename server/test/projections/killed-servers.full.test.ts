/** Servers that build projections are killed again and again under load: each entry counts once, and each finding is told of once. */
import { afterEach, expect, test } from "bun:test";
import { parseProfile } from "../../src/unusual/profile.ts";
import { SteadyLoad } from "../processes/steady-load.ts";
import { stockUp } from "../processes/stock.ts";
import { createDatabase } from "../support/database.ts";
import { startServer, stopAll, until } from "../support/server-process.ts";

const stock = { products: 20, locations: 2 };
afterEach(stopAll);

test("of two servers one is killed again and again: profiles have seen every change once", async () => {
  const database = await createDatabase();
  const databaseUrl = database.target.url;
  const servers = await Promise.all([startServer({ databaseUrl }), startServer({ databaseUrl })]);
  await stockUp(servers[0]!, stock.products, stock.locations, 1_000);
  const load = new SteadyLoad({ servers, clients: 24, ...stock });
  const tokenOf = async (): Promise<number> =>
    (await database.owner.query<{ token: number }>({ text: "SELECT token FROM projection WHERE name = 'unusual'" }))
      .rows[0]?.token ?? 0;
  for (let round = 0; round < 4; round++) {
    await load.afterOperations(300);
    const place = round % 2;
    await servers[place]!.killHard();
    servers[place] = await startServer({ databaseUrl });
    load.directory.urls = servers.map(({ url }) => url);
  }
  expect(await tokenOf()).toBeGreaterThan(0);
  await load.finish();
  const read = async <Row extends object>(text: string): Promise<Row[]> =>
    (await database.owner.query<Row>({ text })).rows;
  await until("all projections have passed everything", async () => {
    const [row] = await read<{ behind: number }>(
      `SELECT count(*)::integer AS behind FROM partition_head h CROSS JOIN (VALUES ('reviews'), ('unusual'), ('history'), ('location_totals')) n(name)
       LEFT JOIN projection_position p ON p.name = n.name AND p.partition = h.partition WHERE h.sequence > coalesce(p.sequence, 0)`,
    );
    return row!.behind === 0;
  });
  const changes = await read<{ product_id: string; location_id: string; changes: number }>(
    `SELECT product_id, location_id, count(*)::integer AS changes FROM journal
     WHERE kind IN (1, 2) AND on_hand_delta <> 0 AND actor <> 'onhand' GROUP BY 1, 2 ORDER BY 1, 2`,
  );
  const profiles = await read<{ product_id: string; location_id: string; profile: object }>(
    "SELECT product_id, location_id, profile FROM item_profile ORDER BY 1, 2",
  );
  const seen = profiles.map(({ profile, ...item }) => {
    const sizes = Object.values(parseProfile(profile).sizes);
    return { ...item, changes: sizes.reduce((sum, { count }) => sum + count, 0) };
  });
  expect(seen).toEqual(changes);
  const doubled = await read(
    "SELECT partition, detail->'notice'->>'about' AS about FROM journal WHERE kind = 64 GROUP BY 1, 2 HAVING count(*) > 1",
  );
  expect(doubled).toEqual([]);
  const moved = `sum(on_hand_delta)::bigint AS on_hand FROM journal WHERE item_number IS NOT NULL AND on_hand_delta <> 0`;
  expect(
    await read("SELECT location_id, sum(on_hand)::bigint AS on_hand FROM location_total GROUP BY 1 ORDER BY 1"),
  ).toEqual(await read(`SELECT location_id, ${moved} GROUP BY 1 ORDER BY 1`));
  expect(
    await read(
      "SELECT product_id, location_id, sum(net)::bigint AS on_hand FROM item_period WHERE grain = 1 GROUP BY 1, 2 ORDER BY 1, 2",
    ),
  ).toEqual(await read(`SELECT product_id, location_id, ${moved} GROUP BY 1, 2 ORDER BY 1, 2`));
  await stopAll();
  await database.close();
}, 240_000);
