import { expect, test } from "bun:test";
import { failureOf, json, networkError, problem, scripted } from "../test/support/scripted-client.ts";

const page = (ids: readonly string[], nextCursor: string) => json({ data: ids.map((id) => ({ id })), nextCursor });

/** Reads until so many events have come. */
async function read(updates: AsyncIterable<{ id: string }>, count: number): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id } of updates) if (ids.push(id) === count) break;
  return ids;
}

test("each poll goes on where the one before ended", async () => {
  const { client, sent } = scripted([page(["a", "b"], "c1"), page(["c"], "c2"), page(["d"], "c3")]);
  expect(await read(client.updates({ since: "c0", limit: 2, waitSeconds: 5 }), 4)).toEqual(["a", "b", "c", "d"]);
  expect(sent.map(({ url }) => `${url.pathname}${url.search}`)).toEqual([
    "/v1/inventory/updates?since=c0&limit=2&wait=5",
    "/v1/inventory/updates?since=c1&limit=2&wait=5",
    "/v1/inventory/updates?since=c2&limit=2&wait=5",
  ]);
});

test("an empty answer that comes too soon is followed by a pause", async () => {
  const { client, clock } = scripted([page([], "c1"), page(["a"], "c2")]);
  expect(await read(client.updates(), 1)).toEqual(["a"]);
  expect(clock.waits).toEqual([1_000]);
});

test("once it has begun, it outlives an outage of any length", async () => {
  const outage = Array.from({ length: 40 }, networkError);
  const { client, clock, sent } = scripted([page(["a"], "c1"), ...outage, page(["b"], "c2")]);
  expect(await read(client.updates(), 2)).toEqual(["a", "b"]);
  expect(clock.monotonicMs()).toBeGreaterThan(60_000);
  expect(sent.at(-1)!.url.searchParams.get("since")).toBe("c1");
});

test("the first poll fails like any other call", async () => {
  const { client } = scripted(Array.from({ length: 6 }, networkError));
  expect(await failureOf(client.updates().next())).toMatchObject({ name: "OnhandUnreachable", tries: 6 });
});

test("its own limits of retries hold for all polls", async () => {
  const { client } = scripted([page(["a"], "c1"), networkError()]);
  expect(await failureOf(read(client.updates({ retry: false }), 2))).toMatchObject({ name: "OnhandUnreachable" });
});

test("a cursor that cannot be resumed ends it with the problem", async () => {
  const { client } = scripted([page(["a"], "c1"), problem(410, "cursor_expired", {}, { snapshot: "/v1/inventory" })]);
  const error = await failureOf(read(client.updates(), 2));
  expect(error).toMatchObject({ code: "cursor_expired", problem: { snapshot: "/v1/inventory" } });
});

test("it ends quietly when its signal aborts: while waiting, polling, or between events", async () => {
  const waiting = new AbortController();
  const inOutage = scripted([page(["a"], "c1"), networkError()]);
  inOutage.clock.onWait = () => waiting.abort();
  expect(await read(inOutage.client.updates({ signal: waiting.signal }), 9)).toEqual(["a"]);

  const polling = new AbortController();
  const silent = scripted([page(["a"], "c1"), "silence"], {}, () => polling.abort());
  expect(await read(silent.client.updates({ signal: polling.signal }), 9)).toEqual(["a"]);

  const reading = new AbortController();
  const ids: string[] = [];
  for await (const { id } of scripted([page(["a", "b"], "c1")]).client.updates({ signal: reading.signal })) {
    ids.push(id);
    reading.abort();
  }
  expect(ids).toEqual(["a"]);
});
