import { afterAll, beforeAll, expect, test } from "bun:test";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { startServer, stopAll } from "../support/server-process.ts";
import { findContradictions } from "./history-check.ts";
import { Directory, drive, type ItemAnswer, type Operation, outcomeOf, requestIdOf, type Try } from "./load.ts";
import { locationIdOf, productIdOf, stockUp } from "./stock.ts";

let database: TestDatabase;
let history: Operation[];
let applied: Operation[];
let refused: Operation;

beforeAll(async () => {
  database = await createDatabase();
  const server = await startServer({ databaseUrl: database.target.url });
  await stockUp(server, 1, 1, 3);
  const change = { productId: productIdOf(0), locationId: locationIdOf(0), adjustment: -1 };
  const pick = new Directory(server.url).pick;
  history = await drive({ clients: 2, next: (_client, round) => (round < 2 ? change : null), pick });
  applied = history.filter((operation) => outcomeOf(operation)?.status === 200);
  refused = history.find((operation) => outcomeOf(operation)?.status === 409)!;
});
afterAll(async () => {
  await stopAll();
  await database.close();
});

type Said = NonNullable<Try["answer"]>;

/** The answer of an operation, as if something else had been said. */
const saying = (operation: Operation, said: Partial<Said>): Try => {
  const [first] = operation.tries;
  return { ...first!, answer: { ...first!.answer!, ...said } };
};

/** What is found when one operation is replaced by another, or left out. */
async function foundWith(operation: Operation, other: Partial<Operation> | null): Promise<string[]> {
  const told = history.flatMap((one) => (one !== operation ? [one] : other === null ? [] : [{ ...one, ...other }]));
  return findContradictions(database.owner, told);
}

test("what was really said and done is not contradicted", async () => {
  expect([applied.length, history.length]).toEqual([3, 4]);
  expect(await findContradictions(database.owner, history)).toEqual([]);
});

test("answers that contradict the journal or each other are found", async () => {
  const [one, two] = applied as [Operation, Operation];
  const item = outcomeOf(one)!.body as ItemAnswer;
  const planted: [string, Operation, Partial<Operation> | null][] = [
    ["nobody asked for it", one, null],
    ["not its entry", one, { key: "phantom" }],
    ["not its entry", one, { tries: [saying(one, { body: outcomeOf(two)!.body })] }],
    ["was told", one, { tries: [saying(one, { body: { ...item, stockLevel: item.stockLevel + 1 } })] }],
    ["was told", one, { tries: [...one.tries, saying(one, { body: outcomeOf(two)!.body })] }],
    ["was told", one, { tries: [saying(refused, {}), ...one.tries] }],
    ["was refused and is in the journal", one, { tries: refused.tries }],
    ["asked for", one, { change: { ...one.change, adjustment: -2 } }],
    ["answered with 500", one, { tries: [saying(one, { status: 500 }), ...one.tries] }],
    ["without Retry-After", one, { tries: [saying(refused, { status: 503 }), ...one.tries] }],
    [
      "of type text/plain",
      refused,
      { tries: [saying(refused, { headers: new Headers({ "content-type": "text/plain" }) })] },
    ],
  ];
  for (const [fault, operation, other] of planted)
    expect([fault, await foundWith(operation, other)]).toEqual([
      fault,
      expect.arrayContaining([expect.stringContaining(fault)]),
    ]);
});

test("a change that is twice in the journal is found, and so is a journal that is not whole", async () => {
  const [one, two] = applied as [Operation, Operation];
  await database.owner.query({
    text: "UPDATE journal SET request_id = $2 WHERE request_id = $1",
    values: [requestIdOf(two), requestIdOf(one)],
  });
  const found = await findContradictions(database.owner, history);
  expect(found).toContain(`${one.key}: is 2 times in the journal`);
  expect(found).toContainEqual(expect.stringContaining("the entry is not the one that was sealed here"));
});
