/** The ready mappings on the samples that the vendors publish: what each comes to, line by line. */
import { describe, expect, test } from "bun:test";
import Ajv from "ajv";
import addFormats from "ajv-formats";
import { readyMappings } from "../../src/mappings/ready-mappings.ts";
import { readLine } from "../../src/mappings/sent-line.ts";
import { linesOf, otherSample, otherSamples, sample } from "./run-ready.ts";

const csv = { mediaType: "text/csv" };

describe("Shopify", () => {
  /** The form of the webhook inventory_levels/update, with an id beyond what a number holds. */
  const webhook = '{"inventory_item_id":271878346596884015,"location_id":24826418,"available":10}';

  test("a webhook is a level whose long id keeps every digit, once for each delivery", async () => {
    const headers = { "x-shopify-webhook-id": "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043" };
    expect(await linesOf("shopify", webhook, { headers })).toEqual([
      {
        operationId: "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043:271878346596884015:24826418",
        productCode: "271878346596884015",
        locationCode: "24826418",
        stockLevel: 10,
      },
    ]);
    const [bare] = await linesOf("shopify", webhook);
    expect(bare!.operationId).toBeUndefined();
    expect(readLine(bare!, "payload:1", null).line.operationId).toBe("payload:1");
  });

  test("a level of an item that is not tracked says nothing", async () => {
    expect(await linesOf("shopify", webhook.replace("10", "null"))).toEqual([]);
  });

  test("levels as the REST API answers them carry their time", async () => {
    expect(await linesOf("shopify", sample("shopify/inventory_level.json"))).toEqual([
      {
        operationId: "level:808950810:905684977:2018-05-07T15:51:26-04:00:6",
        productCode: "808950810",
        locationCode: "905684977",
        stockLevel: 6,
        occurredAt: "2018-05-07T15:51:26-04:00",
      },
    ]);
    const levels = await linesOf("shopify", sample("shopify/inventory_levels.json"));
    expect(levels.map(({ productCode, locationCode, stockLevel }) => [productCode, locationCode, stockLevel])).toEqual([
      ["39072856", "487838322", 27],
      ["808950810", "905684977", 1],
      ["808950810", "487838322", 9],
      ["39072856", "905684977", 3],
    ]);
    const atOne = await linesOf("shopify", sample("shopify/location_inventory_levels.json"));
    // The same statements in another list are the same operations.
    expect(atOne).toEqual([levels[0]!, levels[2]!]);
  });

  test("variants are levels by SKU of the place that the merchant names; items and locations say nothing of stock", async () => {
    const lines = await linesOf("shopify", sample("shopify/variants.json"), { settings: { location: "web" } });
    expect(lines.map(({ sku, stockLevel, locationCode }) => [sku, stockLevel, locationCode])).toEqual([
      ["IPOD2008PINK", 10, "web"],
      ["IPOD2008RED", 20, "web"],
      ["IPOD2008GREEN", 30, "web"],
      ["IPOD2008BLACK", 40, "web"],
    ]);
    expect(await linesOf("shopify", sample("shopify/variant.json"))).toMatchObject([{ locationCode: "default" }]);
    for (const each of ["inventory_item", "inventory_items", "location", "locations"])
      expect(await linesOf("shopify", sample(`shopify/${each}.json`))).toEqual([]);
  });

  test("inventory files: a location in a cell or a column for each, and `not stocked` is no level", async () => {
    const tall =
      "Handle,Title,Option1 Name,Option1 Value,SKU,HS Code,COO,Location,Incoming,Unavailable,Committed,Available,On hand\n";
    const rows =
      'lip,"Lip, red",,,L1,,,Paris,0,1,2,7,10\nlip,,,,L2,,,Paris,0,0,0,not stocked,not stocked\n,,,,,,,Paris,0,0,0,5,5\n';
    expect(await linesOf("shopify", tall + rows, csv)).toEqual([{ sku: "L1", locationCode: "Paris", stockLevel: 7 }]);
    const onHand = await linesOf("shopify", tall + rows, { ...csv, settings: { count: "on_hand" } });
    expect(onHand).toEqual([{ sku: "L1", locationCode: "Paris", stockLevel: 10 }]);
    const wide =
      "Handle,Title,SKU,HS Code,COO,Main Warehouse,Front Shop\nlip,Lip,L1,,,5,not stocked\neye,Eye,E1,,,8,-3\n";
    expect(await linesOf("shopify", wide, csv)).toEqual([
      { sku: "L1", locationCode: "Main Warehouse", stockLevel: 5 },
      { sku: "E1", locationCode: "Main Warehouse", stockLevel: 8 },
      { sku: "E1", locationCode: "Front Shop", stockLevel: -3 },
    ]);
  });
});

describe("Square", () => {
  const examples = JSON.parse(sample("square/inventory-examples.json")) as Record<string, object>;
  const example = (name: string) => linesOf("square", JSON.stringify(examples[name]));
  const product = "W62UWFY35CWMYGVWK6TWJDNI";
  const here = "C6W5YS5QM06F5";

  test("the webhook and the API state the same count as the same operation", async () => {
    const [line, ...others] = await linesOf("square", sample("square/inventory-count-updated-webhook.json"));
    expect(others).toEqual([]);
    expect(line).toEqual({
      operationId: "count:FGQ5JJWT2PYTHF35CKZ2DSKP:YYQR03DGCTXA4:2019-10-29T18:38:45.10296Z:10",
      productCode: "FGQ5JJWT2PYTHF35CKZ2DSKP",
      locationCode: "YYQR03DGCTXA4",
      stockLevel: 10,
      occurredAt: "2019-10-29T18:38:45.10296Z",
    });
    expect(await example("InventoryCountUpdatedEvent")).toEqual([line!]);
    const [answered] = await example("RetrieveInventoryCountResponse");
    expect(answered).toMatchObject({ productCode: product, locationCode: here, stockLevel: 22 });
    expect(await example("BatchRetrieveInventoryCountsResponse")).toMatchObject([{ stockLevel: 79 }]);
  });

  test("physical counts are levels as of their time", async () => {
    expect(await example("RetrieveInventoryPhysicalCountResponse")).toMatchObject([
      { operationId: "physical:ANZADNPLKADOJKJIUANKLMLQ", stockLevel: 15, occurredAt: "2016-11-16T22:25:24.878Z" },
    ]);
    expect(await example("BatchRetrieveInventoryChangesResponse")).toMatchObject([{ stockLevel: 86 }]);
    expect(await example("BatchChangeInventoryRequest")).toMatchObject([{ stockLevel: 53 }]);
  });

  test("adjustments are changes with what they were for, transfers leave one place and come to another", async () => {
    expect(await example("RetrieveInventoryChangesResponse")).toEqual([
      {
        operationId: "adjustment:OJKJIUANKLMLQANZADNPLKAD",
        productCode: product,
        locationCode: here,
        adjustment: -3,
        type: "sale",
        occurredAt: "2016-11-16T22:25:24.878Z",
        reference: "5APV6JYK1SNCZD11AND2RX1Z",
      },
    ]);
    const moved = await example("RetrieveInventoryTransferResponse");
    expect(moved.map(({ operationId, locationCode, adjustment }) => [operationId, locationCode, adjustment])).toEqual([
      ["transfer:UDMOEO78BG6GYWA2XDRYX3KB:from", here, -7],
      ["transfer:UDMOEO78BG6GYWA2XDRYX3KB:to", "59TNP9SA8VGDA", 7],
    ]);
  });

  test.each([
    ["IN_STOCK", "SOLD", -2, "sale"],
    ["IN_STOCK", "WASTE", -2, "loss"],
    ["NONE", "IN_STOCK", 2, "restock"],
    ["UNLINKED_RETURN", "IN_STOCK", 2, "return"],
    ["IN_STOCK", "RESERVED_FOR_SALE", -2, "correction"],
    ["RESERVED_FOR_SALE", "SOLD", null, null],
  ])("from %s to %s", async (from_state, to_state, adjustment, type) => {
    const change = { id: "A", catalog_object_id: "p", location_id: "l", quantity: "2", from_state, to_state };
    const lines = await linesOf("square", JSON.stringify({ adjustment: change }));
    expect(lines.map((line) => [line.adjustment, line.type])).toEqual(adjustment === null ? [] : [[adjustment, type]]);
  });

  test("a sample's time with an hour 25 is no time, and the line says so where it is parked", async () => {
    const [line] = await example("RetrieveInventoryAdjustmentResponse");
    expect(line!.occurredAt).toBe("2016-11-16T25:44:22.837Z");
    expect(readLine(line!, "x", null).line.occurredAtMs).toBeNaN();
  });

  test("parts of units stay parts, and states that cannot be sold are left out", async () => {
    const count = { catalog_object_id: "p", location_id: "l", calculated_at: "2026-01-01T00:00:00Z", quantity: "1.5" };
    const counts = [
      { ...count, state: "IN_STOCK" },
      { ...count, state: "WASTE" },
    ];
    expect(await linesOf("square", JSON.stringify({ counts }))).toMatchObject([{ stockLevel: 1.5 }]);
    for (const each of ["ListCatalogResponse", "ListLocationsResponse"])
      expect(await linesOf("square", sample(`square/${each}.json`))).toEqual([]);
  });
});

describe("WooCommerce", () => {
  const product = { id: 794, sku: "", manage_stock: true, stock_quantity: 3, date_modified_gmt: "2026-01-01T10:00:00" };

  test("a product that is managed is a level in GMT, by SKU or else by id, once for each delivery", async () => {
    const headers = { "x-wc-webhook-delivery-id": "d7" };
    expect(await linesOf("woocommerce", JSON.stringify(product), { headers })).toEqual([
      {
        operationId: "delivery:d7:794",
        productCode: "794",
        locationCode: "default",
        stockLevel: 3,
        occurredAt: "2026-01-01T10:00:00Z",
      },
    ]);
    const bySku = await linesOf("woocommerce", JSON.stringify([{ ...product, sku: "Woo-beanie-logo" }]));
    expect(bySku).toMatchObject([{ sku: "Woo-beanie-logo", operationId: "product:794:2026-01-01T10:00:00:3" }]);
    const settings = { productBy: "code", location: "web" };
    const byCode = await linesOf("woocommerce", JSON.stringify({ ...product, sku: "x" }), { settings });
    expect(byCode).toMatchObject([{ productCode: "794", locationCode: "web" }]);
  });

  test("what is not managed by itself says nothing, as what was deleted", async () => {
    for (const fields of [{ manage_stock: false }, { manage_stock: "parent" }, { stock_quantity: null }])
      expect(await linesOf("woocommerce", JSON.stringify({ ...product, ...fields }))).toEqual([]);
    expect(await linesOf("woocommerce", '{"id":5}')).toEqual([]);
  });

  test("a product file: rows with stock", async () => {
    const text =
      'ID,Type,SKU,Name,"In stock?",Stock\n44,simple,woo-vneck,V-Neck,1,12\n45,variable,,Hoodie,1,\n46,simple,,Cap,1,4\n';
    expect(await linesOf("woocommerce", text, csv)).toEqual([
      { sku: "woo-vneck", locationCode: "default", stockLevel: 12 },
      { productCode: "46", locationCode: "default", stockLevel: 4 },
    ]);
  });
});

describe("Amazon", () => {
  const availability = sample("amazon/fba-inventory-availability-change-notification.json");
  const hourly = sample("amazon/item-inventory-event-change-notification.json");
  const ofHour = [
    {
      operationId: "hour:B00032HE0O:ATVPDKIKX0DER:2023-02-07T16:00:00Z",
      productCode: "B00032HE0O",
      locationCode: "ATVPDKIKX0DER",
      stockLevel: 650,
      occurredAt: "2023-02-07T16:00:00Z",
    },
    {
      operationId: "hour:B00094A20U:ATVPDKIKX0DER:2023-02-07T16:00:00Z",
      productCode: "B00094A20U",
      locationCode: "ATVPDKIKX0DER",
      stockLevel: 519,
      occurredAt: "2023-02-07T16:00:00Z",
    },
  ];

  test("notifications are levels of each marketplace", async () => {
    expect(await linesOf("amazon", availability)).toEqual([
      {
        operationId: "fba:SELLERSKU-1:ATVPDKIKX0DER:2020-07-13T19:42:04.284Z",
        sku: "SELLERSKU-1",
        locationCode: "ATVPDKIKX0DER",
        stockLevel: 0,
        occurredAt: "2020-07-13T19:42:04.284Z",
      },
    ]);
    expect(await linesOf("amazon", hourly)).toEqual(ofHour);
  });

  test("they may be wrapped by SNS, SQS, both, or EventBridge", async () => {
    const sns = JSON.stringify({ Type: "Notification", MessageId: "m", Message: hourly });
    expect(await linesOf("amazon", sns)).toEqual(ofHour);
    expect(await linesOf("amazon", JSON.stringify({ Records: [{ body: sns }] }))).toEqual(ofHour);
    expect(await linesOf("amazon", JSON.stringify({ detail: JSON.parse(hourly) }))).toEqual(ofHour);
    const messages = JSON.stringify({ Messages: [{ Body: hourly }, { Body: availability }] });
    expect(await linesOf("amazon", messages)).toHaveLength(3);
  });

  test("summaries, in the form that their schema says", async () => {
    const payload = {
      granularity: { granularityType: "Marketplace", granularityId: "A1PA6795UKMFR9" },
      inventorySummaries: [
        {
          asin: "B1",
          fnSku: "X1",
          sellerSku: "LIP-RED",
          inventoryDetails: { fulfillableQuantity: 41, reservedQuantity: { totalReservedQuantity: 2 } },
          lastUpdatedTime: "2026-01-02T03:04:05Z",
          totalQuantity: 45,
        },
        { asin: "B2", sellerSku: "LIP-BLUE", totalQuantity: 7 },
      ],
    };
    const { definitions } = JSON.parse(sample("amazon/fba-inventory-summaries.schema.json"));
    const ajv = new Ajv({ strict: false });
    addFormats(ajv);
    const isSummary = ajv.compile({ definitions, $ref: "#/definitions/InventorySummaries" });
    expect(isSummary(payload.inventorySummaries)).toBe(true);
    expect(await linesOf("amazon", JSON.stringify({ payload }), { settings: { productBy: "code" } })).toEqual([
      {
        operationId: "summary:LIP-RED:A1PA6795UKMFR9:2026-01-02T03:04:05Z:41",
        productCode: "LIP-RED",
        locationCode: "A1PA6795UKMFR9",
        stockLevel: 41,
        occurredAt: "2026-01-02T03:04:05Z",
      },
    ]);
  });
});

describe("surveys", () => {
  const response = (...answers: object[]) =>
    JSON.stringify({
      id: "r1",
      createdAt: "2026-01-01T10:00:00Z",
      metadata: { sku: "LIP-1", location: "paris" },
      answers,
    });

  test("an answer that it was not there is a level of 0, a number of units that level, and the rest says nothing", async () => {
    const lines = await linesOf(
      "survey-response",
      response(
        { questionId: "in_stock", answer: "No" },
        { question: "units_on_shelf", answer: "3" },
        { questionId: "in_stock", answer: "yes" },
        { question: "How did you hear of us?", answer: "3" },
        { questionId: "units_on_shelf", answer: "a few" },
      ),
    );
    expect(lines).toEqual([
      {
        operationId: "response:r1:0",
        sku: "LIP-1",
        locationCode: "paris",
        stockLevel: 0,
        occurredAt: "2026-01-01T10:00:00Z",
        reason: "survey: in_stock: No",
        reference: "r1",
      },
      {
        operationId: "response:r1:1",
        sku: "LIP-1",
        locationCode: "paris",
        stockLevel: 3,
        occurredAt: "2026-01-01T10:00:00Z",
        reason: "survey: units_on_shelf: 3",
        reference: "r1",
      },
    ]);
  });

  test("questions, answers and fields are the merchant's to name; what is not named waits for somebody", async () => {
    const settings = { availabilityQuestions: ["Gab es ihn?"], absentAnswers: ["nein"], productFields: ["artikel"] };
    const text = JSON.stringify({ meta: { artikel: 271878346 }, question: "gab es ihn?", response: "Nein" });
    expect(await linesOf("survey-response", text, { settings })).toMatchObject([
      { productCode: "271878346", locationCode: "default", stockLevel: 0 },
    ]);
    const bare = JSON.stringify({ question: "in_stock", answer: "sold out" });
    expect(await linesOf("survey-response", bare)).toMatchObject([{ productCode: "not named", stockLevel: 0 }]);
  });
});

test.each([...readyMappings.keys()])("%s makes nothing of a payload that it does not know", async (name) => {
  for (const text of ["{}", "[]", '"{}"', "7", "null", '{"a":[{"b":null}]}', '[{"a":"b"}]'])
    expect(await linesOf(name, text)).toEqual([]);
});

if (otherSamples !== undefined)
  describe("samples that may not lie here", () => {
    test("Shopify's webhook as documented keeps its id", async () => {
      const lines = await linesOf("shopify", otherSample("shopify/inventory-levels-update-webhook.json"));
      expect(lines).toMatchObject([{ productCode: "271878346596884015", stockLevel: 10 }]);
    });

    test.each(["apparel", "home-and-garden", "jewelery"])(
      "product file %s: no row has a SKU that is tracked",
      async (name) => {
        expect(await linesOf("shopify", otherSample(`shopify/products-${name}.csv`), csv)).toEqual([]);
      },
    );

    test("headers of Shopify's inventory files, each with a row", async () => {
      const [tall, current, wide] = otherSample("shopify/inventory-export.headers.csv").trim().split("\n");
      const one = (header: string, cells: Record<string, string>) =>
        `${header}\n${header
          .split(",")
          .map((name) => cells[name] ?? "")
          .join(",")}\n`;
      const place = { SKU: "L1", Location: "Paris" };
      expect(await linesOf("shopify", one(tall!, { ...place, Available: "4" }), csv)).toMatchObject([
        { stockLevel: 4 },
      ]);
      const text = one(current!, { ...place, "Available (not editable)": "5", "On hand (current)": "6" });
      expect(await linesOf("shopify", text, csv)).toMatchObject([{ stockLevel: 5 }]);
      expect(await linesOf("shopify", text, { ...csv, settings: { count: "on_hand" } })).toMatchObject([
        { stockLevel: 6 },
      ]);
      expect(await linesOf("shopify", one(wide!, { SKU: "L1", "Front Shop": "2" }), csv)).toEqual([
        { sku: "L1", locationCode: "Front Shop", stockLevel: 2 },
      ]);
    });

    test("WooCommerce's sample products state no stock; with stock they do", async () => {
      const text = otherSample("woocommerce/sample_products.excerpt.csv");
      expect(await linesOf("woocommerce", text, csv)).toEqual([]);
    });

    test("external fulfilment tells what can be sold and what is promised, with its own number", async () => {
      const samples = JSON.parse(otherSample("amazon/external-fulfillment-batch-inventory.json"));
      const lines = await Promise.all(
        samples.map((each: { response: object }) => linesOf("amazon", JSON.stringify(each.response))),
      );
      expect(lines).toEqual([
        [
          {
            operationId: "external:EXSB:efptestsku1:12345678",
            sku: "efptestsku1",
            locationCode: "EXSB",
            stockLevel: 25,
            version: 12345678,
          },
        ],
        [],
      ]);
    });
  });
