/** Holds end by the database's clock, whatever the server believes the time to be. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { type Clock, systemClock } from "../../src/lib/clock.ts";
import { startTestServer, type TestServer } from "./support.ts";

const hourMs = 3_600_000;

/** A clock that is an hour off, and jumps to the other side every few looks. */
class JumpingClock implements Clock {
  #looks = 0;

  nowMs(): number {
    this.#looks += 1;
    return systemClock.nowMs() + (Math.floor(this.#looks / 50) % 2 === 0 ? hourMs : -hourMs);
  }

  monotonicMs(): number {
    return systemClock.monotonicMs();
  }

  after(delayMs: number, callback: () => void): () => void {
    return systemClock.after(delayMs, callback);
  }
}

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({}, new JumpingClock());
  await server.writer.post("/v1/locations", { locationId: "l1", name: "L", type: "store" });
  await server.writer.post("/v1/products", { productId: "p1", sku: "SKU-1", name: "P" });
  await server.writer.post("/v1/inventory", {
    productId: "p1",
    locationId: "l1",
    adjustment: 10_000,
    reason: "opening",
  });
});
afterAll(() => server.close());

test("with a clock an hour off that jumps, no hold ends early and none more than two seconds late", async () => {
  const holds = 600;
  const line = { productId: "p1", locationId: "l1", quantity: 1 };
  await Promise.all(
    Array.from({ length: holds }, (_, index) =>
      server.writer.post("/v1/reservations", { lines: [line], ttlSeconds: 1 + (index % 3) }),
    ),
  );
  const read = async () =>
    (
      await server.database.owner.query<{ due_at: number; ended_at: number }>({
        text: `SELECT (detail->'line'->>'expiresAtMs')::bigint AS due_at, recorded_at AS ended_at FROM journal WHERE kind = 43`,
      })
    ).rows;
  let ended = await read();
  while (ended.length < holds) ended = await read();
  expect(ended).toHaveLength(holds);
  const lateMs = ended.map(({ due_at, ended_at }) => Number(ended_at) - Number(due_at));
  expect(Math.min(...lateMs)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...lateMs)).toBeLessThanOrEqual(2_000);
  const { body } = await server.reader.get("/v1/inventory/SKU-1");
  expect(body.totals).toMatchObject({ stockLevel: 10_000, reservedStock: 0 });
}, 30_000);
