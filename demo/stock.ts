/** Fills the server before the replay: locations, products, and the opening level that has to be assumed. */
import { type Api, inParallel } from "./api.ts";
import type { Sale, Slice } from "./slice.ts";

/** The data set has no opening stock: this much is assumed of every item, so that some sales find too little. */
export const openingLevel = 100;

const linesPerRequest = 1_000;
const requestsAtOnce = 16;

/** @param runId tells the openings of several runs on the same data apart @throws Error when the server refuses */
export async function fillStock(api: Api, slice: Slice, runId: string): Promise<void> {
  await inParallel(slice.markets, requestsAtOnce, ({ name, locationId }) =>
    create(api, "/v1/locations", { locationId, name, type: "marketplace" }, `demo/location/${locationId}`),
  );
  await inParallel(slice.products, requestsAtOnce, ({ productId, movement }) => {
    const { sku, name, price, currency } = movement;
    const body = {
      productId,
      sku,
      name: name ?? sku,
      ...(price === null ? {} : { price: Number(price) }),
      ...(currency === null ? {} : { currency }),
    };
    return create(api, "/v1/products", body, `demo/product/${productId}`);
  });
  for (let first = 0; first < slice.items.length; first += linesPerRequest)
    await open(api, slice.items.slice(first, first + linesPerRequest), runId);
}

async function create(api: Api, path: string, body: object, key: string): Promise<void> {
  const answer = await api.post(path, body, key);
  const wasThere = answer.status === 409 && answer.body.code === "already_exists";
  if (answer.status !== 201 && !wasThere) throw new Error(`${path}: ${JSON.stringify(answer.body)}`);
}

async function open(api: Api, items: readonly Sale[], runId: string): Promise<void> {
  const updates = items.map(({ productId, locationId }) => ({
    productId,
    locationId,
    adjustment: openingLevel,
    type: "restock",
    reason: "assumed opening level of the demo",
    operationId: `demo/${runId}/opening/${productId}/${locationId}`,
  }));
  const { status, body } = await api.post(
    "/v1/inventory/bulk-update",
    { updates },
    `demo/${runId}/${items[0]!.productId}`,
  );
  if (status !== 200 || body.applied !== updates.length) throw new Error(`opening stock: ${JSON.stringify(body)}`);
}
