/** Commit, release, extend and expiry of one hold at the same moment, over two servers, ten thousand times. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { describeFault } from "../../src/journal/verify/report.ts";
import { verifyJournal } from "../../src/journal/verify/verify-journal.ts";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { startServer, stopAll } from "../support/server-process.ts";
import { randomNumbers } from "./load.ts";
import { act, endsByReservation, inParallel, read, reserve, untilMoment } from "./reservations.ts";
import { listItems, locationIdOf, productIdOf, stockUp } from "./stock.ts";

let database: TestDatabase;

beforeEach(async () => {
  database = await createDatabase();
});
afterEach(async () => {
  await stopAll();
  await database.close();
});

interface Raced {
  readonly reservationId: string;
  readonly committed: boolean;
  readonly released: boolean;
}

test("of 10,000 races between commit, release, extend and expiry each has exactly one winner", async () => {
  const [races, products] = [10_000, 50];
  const servers = await Promise.all(["one", "other"].map(() => startServer({ databaseUrl: database.target.url })));
  const [one, other] = servers.map(({ url }) => url) as [string, string];
  await stockUp(servers[0]!, products, 1, races);
  const random = randomNumbers(4);

  const race = async (index: number): Promise<Raced> => {
    const line = { productId: productIdOf(index % products), locationId: locationIdOf(0), quantity: 1 };
    // Every tenth runs out while the others act.
    const runsOut = index % 10 === 0;
    const { status, body } = await reserve(one, line, runsOut ? 1 : 60);
    expect(status).toBe(201);
    const { reservationId, expiresAt } = body;
    if (runsOut) await untilMoment(Date.parse(expiresAt) - 20 + random(40));
    const moves = [
      () => act(one, reservationId, "commit"),
      () => act(other, reservationId, "release"),
      () => act(other, reservationId, "extend", { ttlSeconds: 60 }),
      () => act(other, reservationId, "commit"),
    ].sort(() => random(3) - 1);
    const [first, second, third, fourth] = await Promise.all(moves.map((move) => move()));
    const answers = [first!, second!, third!, fourth!];
    for (const answer of answers) expect([200, 409]).toContain(answer.status);
    const commits = answers.filter((_, place) => moves[place]!.toString().includes("commit"));
    const release = answers.find((_, place) => moves[place]!.toString().includes("release"))!;
    const won = commits.filter((answer) => answer.status === 200);
    expect(won.length).toBeLessThanOrEqual(1);
    return { reservationId, committed: won.length === 1, released: release.status === 200 };
  };
  const raced = await inParallel(
    Array.from({ length: races }, (_, index) => index),
    64,
    race,
  );

  const ends = await endsByReservation(database.owner);
  for (const { reservationId, committed, released } of raced) {
    expect(ends.get(reservationId)).toHaveLength(1);
    const [end] = ends.get(reservationId)!;
    expect({ committed, end: end === "committed" }).toEqual({ committed, end: committed });
    // Whoever was told that nothing is held any more may rely on it, whether the units went back now or had gone before.
    expect(released).toBe(!committed);
  }
  const some = raced.filter((_, index) => index % 100 === 0);
  const shown = await inParallel(some, 16, ({ reservationId }) => read(other, reservationId));
  for (const [index, { phase, lines }] of shown.entries()) {
    expect(phase === "committed").toBe(some[index]!.committed);
    expect(lines[0]).toMatchObject({ held: 0, committed: some[index]!.committed ? 1 : 0 });
  }
  const sold = raced.filter(({ committed }) => committed).length;
  const { items } = await listItems(servers[1]!);
  const sum = (of: (item: (typeof items)[number]) => number): number =>
    items.reduce((total, item) => total + of(item), 0);
  expect(sum((item) => item.stockLevel)).toBe(products * races - sold);
  expect(sum((item) => item.reservedStock)).toBe(0);
  const counted = Object.fromEntries(
    [...Map.groupBy([...ends.values()], ([end]) => end!)].map(([end, of]) => [end, of.length]),
  );
  // Each of the three has won at times, or it was no race.
  for (const end of ["committed", "released", "expired"]) expect(counted[end] ?? 0).toBeGreaterThan(0);
  const { faults } = await verifyJournal(database.owner);
  expect(faults.map(describeFault)).toEqual([]);
}, 300_000);
