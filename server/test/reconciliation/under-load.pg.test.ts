/** While everything moves nothing seems to differ: whoever looks sees what was committed together, together. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { adjust, createLocation, createProduct, startTestServer, type TestServer } from "../rest/support.ts";

const products = 40;
const shops = ["north", "south"];
const looksMin = 8;
const writtenMin = 500;

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  for (const shop of shops) await createLocation(server.writer, shop);
  for (let index = 0; index < products; index++) await createProduct(server.writer, `p${index}`);
  await server.writer.post("/v1/channels", { channelId: "web", name: "Web", locations: [...shops] });
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
    keepDoing(async () => {
      const change = { locations: [shops[written % 2]], buffer: written % 5 };
      expect((await writer.patch("/v1/channels/web", change)).status).toBe(200);
    }),
  ];
  const checked = new Map<string, number>();
  let looks = 0;
  for (; looks < looksMin || written < writtenMin; looks++) {
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
  expect(checked.get("total")).toBe(looks * products);
  expect(checked.get("level")).toBe(looks * products * shops.length);
  expect(checked.get("movements")).toBeGreaterThan(looks * products * shops.length);
  const { body: closed } = await server.reader.get("/v1/reconciliations/differences?state=closed");
  expect(closed.data).toEqual([]);
}, 120_000);
