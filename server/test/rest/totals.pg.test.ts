/** Consolidated totals: the same sums as of all items, by whatever they are grouped, with what of them is stale. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Caller, createLocation, createProduct, type Json, startTestServer, type TestServer } from "./support.ts";

let server: TestServer;
let writer: Caller;
let reader: Caller;

const shades = ["beige", "rose", "red"];

beforeAll(async () => {
  server = await startTestServer();
  ({ writer, reader } = server);
  await createLocation(writer, "paris", { groups: ["eu", "shops"], region: "fr" });
  await createLocation(writer, "lyon", { groups: ["eu", "shops"], region: "fr" });
  await createLocation(writer, "depot", { groups: ["eu"], region: "de" });
  await createLocation(writer, "boston", { region: "us" });
  for (const [index, shade] of shades.entries()) {
    await createProduct(writer, `velvet-${shade}`, {
      attributes: { line: "Velvet", shade, year: 2020 + index },
      price: 10.1,
      currency: "EUR",
    });
  }
  await createProduct(writer, "balm", {
    attributes: { line: "Balm" },
    price: 3,
    currency: "USD",
    prices: { GBP: 2.5 },
  });
  await createProduct(writer, "sample");
  let units = 1;
  for (const productId of ["velvet-beige", "velvet-rose", "velvet-red", "balm", "sample"])
    for (const locationId of ["paris", "lyon", "depot", "boston"]) {
      const { status } = await writer.post("/v1/inventory", { productId, locationId, adjustment: units++ });
      expect(status).toBe(200);
    }
  // Its source spoke a minute ago and may be silent for an hour; the till's is silent for too long.
  await server.database.owner.query({
    text: `INSERT INTO source (source_id, document, version, life, created_at, updated_at)
           VALUES ('erp', '{"locationIds":["depot","paris"],"trust":20,"freshForSeconds":3600}', 1, 0, now(), now()),
                  ('till', '{"locationIds":["paris"],"trust":90,"freshForSeconds":60}', 1, 0, now(), now())`,
    values: [],
  });
  await server.database.owner.query({
    text: `INSERT INTO source_contact (source_id, location_id, last_heard_at)
           VALUES ('erp', '', now() - interval '1 minute'), ('till', '', now() - interval '2 hours')`,
    values: [],
  });
});
afterAll(() => server.close());

const totals = async (query: string): Promise<Json[]> => {
  const { status, body } = await reader.get(`/v1/totals?${query}`);
  expect({ status, detail: body.detail }).toEqual({ status: 200, detail: undefined });
  return body.data;
};

/** Units by group, from the items themselves. */
async function itemSums(groupsOf: (item: Json) => readonly string[]): Promise<Record<string, number>> {
  const { body } = await reader.get("/v1/inventory?limit=1000");
  const sums: Record<string, number> = {};
  for (const item of body.data) for (const group of groupsOf(item)) sums[group] = (sums[group] ?? 0) + item.stockLevel;
  return sums;
}

const unitsBy = (rows: readonly Json[], name: string): Record<string, number> =>
  Object.fromEntries(rows.map((row) => [row.key[name], row.totals.stockLevel]));

describe("totals are the sums of the items", () => {
  test("by location, and by product", async () => {
    expect(unitsBy(await totals("groupBy=location"), "locationId")).toEqual(
      await itemSums((item) => [item.locationId]),
    );
    expect(unitsBy(await totals("groupBy=product"), "productId")).toEqual(await itemSums((item) => [item.productId]));
  });

  test("by group, where a location counts in each of its groups, and by region", async () => {
    const groups: Record<string, string[]> = {
      paris: ["eu", "shops"],
      lyon: ["eu", "shops"],
      depot: ["eu"],
      boston: [],
    };
    expect(unitsBy(await totals("groupBy=locationGroup"), "locationGroup")).toEqual(
      await itemSums((item) => groups[item.locationId]!),
    );
    const regions: Record<string, string> = { paris: "fr", lyon: "fr", depot: "de", boston: "us" };
    expect(unitsBy(await totals("groupBy=region"), "region")).toEqual(
      await itemSums((item) => [regions[item.locationId]!]),
    );
  });

  test("by attribute: all shades of a lipstick", async () => {
    const ofVelvet = ({ productId }: Json) => (productId.startsWith("velvet-") ? [productId.slice(7)] : []);
    const rows = await totals("groupBy=attribute&attribute=shade");
    expect(unitsBy(rows, "value")).toEqual(await itemSums(ofVelvet));
    expect(rows[0].key).toEqual({ attribute: "shade", value: "beige" });
    const line = await totals("groupBy=attribute&attribute=line&locationGroup=shops");
    expect(unitsBy(line, "value")).toEqual(
      await itemSums(({ productId, locationId }) =>
        ["paris", "lyon"].includes(locationId) && productId !== "sample"
          ? [productId === "balm" ? "Balm" : "Velvet"]
          : [],
      ),
    );
  });

  test("by channel, of what it sells where it sells", async () => {
    await writer.post("/v1/channels", {
      channelId: "web",
      name: "Web",
      locations: ["boston"],
      locationGroups: ["shops"],
    });
    await writer.post("/v1/channels", { channelId: "kiosk", name: "Kiosk", locations: ["paris"], products: ["balm"] });
    expect(unitsBy(await totals("groupBy=channel"), "channelId")).toEqual(
      await itemSums(({ productId, locationId }) => [
        ...(locationId === "depot" ? [] : ["web"]),
        ...(locationId === "paris" && productId === "balm" ? ["kiosk"] : []),
      ]),
    );
  });

  test("of chosen products: by name, by attributes of any type", async () => {
    const beige = await itemSums(({ productId, locationId }) => (productId === "velvet-beige" ? [locationId] : []));
    expect(unitsBy(await totals("groupBy=location&productId=velvet-beige"), "locationId")).toEqual(beige);
    expect(unitsBy(await totals("groupBy=location&attributes=line:Velvet,year:2020"), "locationId")).toEqual(beige);
    expect(await totals("groupBy=location&attributes=line:Nothing")).toMatchObject(
      Array.from({ length: 4 }, () => ({ totals: { stockLevel: 0 } })),
    );
    expect(await totals("groupBy=product&sku=nobody")).toEqual([]);
  });

  test("page by page", async () => {
    for (const groupBy of ["location", "product", "attribute&attribute=shade", "locationGroup", "channel"]) {
      const whole = await totals(`groupBy=${groupBy}`);
      const rows: Json[] = [];
      let cursor: string | null = "";
      while (cursor !== null) {
        const { body } = await reader.get(
          `/v1/totals?groupBy=${groupBy}&limit=1${cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`}`,
        );
        expect(body.data.length).toBeLessThanOrEqual(1);
        rows.push(...body.data);
        cursor = body.nextCursor;
      }
      expect(rows).toEqual(whole);
    }
  });

  test("at once after a change, though the kept sums lie behind", async () => {
    for (const units of [7, -3, 11]) {
      const [before] = await totals("groupBy=location&locationId=lyon");
      const { body } = await writer.post("/v1/inventory", { productId: "balm", locationId: "lyon", adjustment: units });
      const [after] = await totals(`groupBy=location&locationId=lyon&minCursor=${encodeURIComponent(body.cursor)}`);
      expect(after.totals.stockLevel).toBe(before.totals.stockLevel + units);
    }
  });
});

describe("where they come from", () => {
  test("is told with every total; the most trusted source speaks for a location, and what is stale stands apart", async () => {
    const [paris] = await totals("groupBy=location&locationId=paris");
    expect(paris.provenance).toMatchObject([{ sourceId: "till", isStale: true, totals: paris.totals }]);
    const [eu] = await totals("groupBy=locationGroup&locationGroup=eu");
    expect(eu.key).toEqual({ locationGroup: "eu" });
    expect(eu.provenance.map(({ sourceId, isStale }: Json) => [sourceId, isStale])).toEqual([
      [null, false],
      ["erp", false],
      ["till", true],
    ]);
    expect(eu.stale).toEqual(paris.totals);
    for (const name of Object.keys(eu.totals)) expect(eu.fresh[name] + eu.stale[name]).toBe(eu.totals[name]);
    const [boston] = await totals("groupBy=region&region=us");
    expect(boston).toMatchObject({ stale: null, fresh: boston.totals, provenance: [{ sourceId: null }] });
  });

  test("is the same by product as by source", async () => {
    const bySource = await totals("groupBy=source&productId=balm");
    const [balm] = await totals("groupBy=product&productId=balm");
    expect(Object.fromEntries(balm.provenance.map((share: Json) => [share.sourceId, share.totals.stockLevel]))).toEqual(
      unitsBy(bySource, "sourceId"),
    );
    expect(await totals("groupBy=product&sourceId=till&productId=balm")).toMatchObject([{ stale: balm.stale }]);
  });
});

describe("stock is worth", () => {
  const value = (body: object) => reader.post("/v1/valuations", body);

  test("units times prices at the given rates, exactly", async () => {
    const units = await itemSums(({ productId }) => [productId.startsWith("velvet") ? "velvet" : productId]);
    const { body } = await value({ currency: "EUR", rates: { USD: "0.925" } });
    const cents = BigInt(units.velvet!) * 10_100n + BigInt(units.balm!) * 3n * 925n;
    expect(body.value).toBe(String(Number(cents) / 1000));
    expect(body).toMatchObject({
      unvalued: { currencies: [], withoutPrice: 1, products: 1, units: units.sample },
      products: 4,
    });
  });

  test("its price in the asked currency, where a product has one", async () => {
    const { body } = await value({ currency: "GBP" });
    const { balm } = await itemSums(({ productId }) => [productId]);
    expect(body.value).toBe(String(balm! * 2.5));
    expect(body.unvalued.currencies).toEqual(["EUR"]);
  });

  test("of a group of locations, and of what is available", async () => {
    await writer.post("/v1/inventory", {
      productId: "velvet-red",
      locationId: "depot",
      move: { from: "sellable", to: "damaged", quantity: 2 },
    });
    const whole = await value({ currency: "EUR", locationGroup: "eu" });
    const sellable = await value({ currency: "EUR", locationGroup: "eu", basis: "availableStock" });
    expect(Math.round((Number(whole.body.value) - Number(sellable.body.value)) * 1000)).toBe(20_200);
    expect((await value({ currency: "EUR", locationGroup: "nowhere" })).body).toMatchObject({ value: "0", units: 0 });
  });
});

test("what cannot be read is told in a sentence", async () => {
  for (const query of [
    "groupBy=shade",
    "groupBy=attribute",
    "groupBy=product&attribute=x",
    "groupBy=product&attributes=x",
  ])
    expect((await reader.get(`/v1/totals?${query}`)).status).toBe(400);
  for (const body of [{}, { currency: "EUR", rates: { USD: "1,2" } }, { currency: "EUR", rates: { USD: 1.2 } }])
    expect((await reader.post("/v1/valuations", body)).status).toBe(400);
});
