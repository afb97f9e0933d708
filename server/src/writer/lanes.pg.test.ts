import { afterEach, beforeEach, expect, test } from "bun:test";
import { channelNumbers, createChannel, patchChannel, refresherOf } from "../../test/support/channels.ts";
import { createDatabase, type TestDatabase } from "../../test/support/database.ts";
import { adjust, apply, createLocation, createProduct, openWriter } from "../../test/support/writers.ts";
import { partitionOf } from "../core/record/partition.ts";
import { openSession, type Session } from "../db/session.ts";
import { verifyJournal } from "../journal/verify/verify-journal.ts";
import type { Writer } from "./writer.ts";

const partitionCount = 4;
/** Of the lane that has no control partition. */
const products = ["soap", "comb", "brush", "towel", "razor"].filter((id) => partitionOf(id, partitionCount) % 2 === 1);

let database: TestDatabase;
let writer: Writer;
/** A statement of the second lane that is held back, and tells when it came. */
let held: { readonly name: string; readonly came: () => void; readonly goOn: Promise<void> } | null = null;

const connect = async (...[target, name]: Parameters<typeof openSession>): Promise<Session> => {
  const session = await openSession(target, name);
  return {
    query: async (statement) => {
      const here = held;
      if (here !== null && name === "lane 1" && statement.name === here.name) {
        held = null;
        here.came();
        await here.goOn;
      }
      return session.query(statement);
    },
    command: (text) => session.command(text),
    destroy: () => session.destroy(),
    get isBroken() {
      return session.isBroken;
    },
  };
};

/** Holds the second lane's next statement of a name. */
function hold(name: string): { readonly came: Promise<void>; goOn(): void } {
  const [came, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  held = { name, came: came.resolve, goOn: gate.promise };
  return { came: came.promise, goOn: gate.resolve };
}

beforeEach(async () => {
  database = await createDatabase(partitionCount);
  writer = await openWriter(database, { laneCount: 2, connect });
  await apply(writer, createLocation("shop"), createLocation("depot"), ...products.map((id) => createProduct(id)));
});
afterEach(async () => {
  await writer.stop();
  await database.close();
});

test("a group is decided on the channels that it was loaded for, whatever another lane commits meanwhile", async () => {
  const [first, second] = products;
  const loading = hold("load_items");
  const stocked = apply(writer, adjust(first!, "shop", 5));
  await loading.came;
  await apply(writer, createChannel("web"));
  loading.goOn();
  await stocked;

  const again = hold("load_items");
  const more = apply(writer, adjust(second!, "shop", 3));
  await again.came;
  await apply(writer, patchChannel("web", { locations: ["depot", "shop"] }), createChannel("market"));
  again.goOn();
  await more;

  const refresher = refresherOf(database, writer, partitionCount);
  await refresher.step();
  expect(await channelNumbers(database)).toEqual({
    [`market/${first}`]: 5,
    [`market/${second}`]: 3,
    [`web/${first}`]: 5,
    [`web/${second}`]: 3,
  });
  expect((await verifyJournal(database.owner)).faults).toEqual([]);
});
