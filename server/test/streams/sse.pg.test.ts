import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { adjust, createLocation, createProduct, type Json, startTestServer, type TestServer } from "../rest/support.ts";
import { openSse, type SseReader } from "./sse-reader.ts";

let server: TestServer;
const open: SseReader[] = [];
const url = (path: string): string => `http://127.0.0.1:${server.port()}${path}`;

async function stream(query = "", headers: Record<string, string> = {}, path = "/v1/inventory/stream") {
  const reader = await openSse(url(path + query), server.bootstrapKey, headers);
  open.push(reader);
  return reader;
}

beforeAll(async () => {
  server = await startTestServer();
  for (const productId of ["p1", "p2"]) await createProduct(server.admin, productId);
  for (const locationId of ["shop", "idle"])
    await createLocation(server.admin, locationId, { groups: [`g-${locationId}`] });
});
afterEach(async () => {
  for (const reader of open.splice(0)) await reader.close();
});
afterAll(() => server.close());

describe("a stream", () => {
  test("begins with when to come back and where it begins, and shows each change at once", async () => {
    const { response, ...reader } = await (async () => {
      const opened = await stream();
      return { response: opened.response, opened };
    })();
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    expect(response.headers.get("cache-control")).toBe("no-store");
    const first = await reader.opened.next();
    expect(first).toMatchObject({ event: "progress", data: { cursor: first!.id } });
    expect(reader.opened.retryMs).toBeWithin(1000, 5001);
    const { movementId, cursor } = await adjust(server.writer, "p1", "shop", 1);
    const [event] = await reader.opened.take(1);
    expect(event).toMatchObject({ id: event!.data.data.cursor, data: { id: movementId, specversion: "1.0" } });
    const { body } = await server.reader.get(`/v1/inventory/updates?since=${event!.id}`);
    expect(body.data).toEqual([]);
    const same = await server.reader.get(`/v1/inventory/updates?since=${cursor}`);
    expect(same.body.data).toEqual([]);
  });
});
