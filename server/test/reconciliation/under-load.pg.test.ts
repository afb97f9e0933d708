/** While everything moves nothing seems to differ: whoever looks sees what was committed together, together. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { adjust, createLocation, createProduct, startTestServer, type TestServer } from "../rest/support.ts";

const products = 40;
const shops = ["north", "south"];
const looks = 8;

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  for (const shop of shops) await createLocation(server.writer, shop);
  for (let index = 0; index < products; index++) await createProduct(server.writer, `p${index}`);
  for (let index = 0; index < products; index++)
    for (const shop of shops) await adjust(server.writer, `p${index}`, shop, 1_000);
});
afterAll(() => server.close());

test("levels, holds, transfers and channels in motion are no differences", async () => {
  const { writer } = server;
  let isOver = false;
  let written = 0;
  const product = (): string => `p${Math.floor(Math.random() * products)}`;
  const keepDoing = async (work: () => Promise<unknown>): Promise<void> => {
    while (!isOver) {
      await work();
      written += 1;
    }
  };
  const busy = [
    ...Array.from({ length: 4 }, () =>
      keepDoing(() => adjust(writer, product(), shops[written % 2]!, written % 3 || -1)),
    ),
    ...Array.from({ length: 3 }, () =>
      keepDoing(async () => {
        const lines = [{ productId: product(), locationId: "north", quantity: 1 }];
        const { body } = await writer.post("/v1/reservations", { lines });
        await writer.post(`/v1/reservations/${body.reservationId}/${written % 2 ? "commit" : "release"}`, {});
      }),
    ),
    keepDoing(async () => {
      const lines = [{ productId: product(), quantity: 1 }];
      const { body } = await writer.post("/v1/transfers", { fromLocationId: "north", toLocationId: "south", lines });
      await writer.post(`/v1/transfers/${body.transferId}/ship`, {});
    }),
    keepDoing(() =>
      writer.put(`/v1/channels/web${written % 2}`, {
        name: "Web",
        locations: [shops[written % 2]],
        buffer: written % 5,
      }),
    ),
  ];
  const checked = new Map<string, number>();
  for (let look = 0; look < looks; look++) {
    const { body } = await server.writer.post("/v1/reconciliations", {});
    expect({ status: body.status, problem: body.problem, unclosed: body.unclosed }).toEqual({
      status: "done",
      problem: null,
      unclosed: 0,
    });
    for (const each of body.checks) checked.set(each.check, (checked.get(each.check) ?? 0) + each.checked);
  }
  isOver = true;
  await Promise.all(busy);
  // It did look, while much was written.
  expect(written).toBeGreaterThan(50 * looks);
  expect(checked.get("level")).toBe(looks * products * shops.length);
  expect(checked.get("movements")).toBeGreaterThan(written);
  const { body: closed } = await server.reader.get("/v1/reconciliations/differences?state=closed");
  expect(closed.data).toEqual([]);
}, 120_000);
