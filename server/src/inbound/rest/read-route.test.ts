import { expect, test } from "bun:test";
import type { Call } from "../../host/route.ts";
import type { RestContext } from "./context.ts";
import { readRoute } from "./read-route.ts";

/** A server on which something is committed whenever something is read. */
function busyServer() {
  let committed = 0;
  const asked: string[] = [];
  const freshness = {
    cursor: () => `after ${committed}`,
    reach: async (cursor: string) => {
      asked.push(cursor);
      return "reached" as const;
    },
  };
  return {
    asked,
    rest: { freshness } as unknown as RestContext,
    async read() {
      committed += 1;
      return { status: 200, body: committed, headers: { etag: '"1"' } };
    },
  };
}

const call = (query: object): Call => ({ query, signal: new AbortController().signal }) as unknown as Call;

test("the cursor of an answer was taken before what it shows was read", async () => {
  const { rest, read, asked } = busyServer();
  const { body, headers } = await readRoute(rest, "getProduct", read).handle(call({}));
  expect({ body, headers }).toEqual({ body: 1, headers: { "onhand-cursor": "after 0", etag: '"1"' } });
  expect(asked).toEqual([]);
});

test("what is to be reached is waited for before anything is read", async () => {
  const { rest, read, asked } = busyServer();
  const route = readRoute(rest, "getProduct", () => {
    expect(asked).toEqual(["c1"]);
    return read();
  });
  expect((await route.handle(call({ minCursor: "c1" }))).status).toBe(200);
});

test("a list that carries the cursor of its first page keeps it", async () => {
  const { rest } = busyServer();
  const page = async () => ({ status: 200, body: {}, headers: { "onhand-cursor": "of the first page" } });
  const { headers } = await readRoute(rest, "listProducts", page).handle(call({}));
  expect(headers?.["onhand-cursor"]).toBe("of the first page");
});
