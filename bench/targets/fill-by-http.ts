import { BENCH_LOCATION_ID, INITIAL_STOCK, productIdOf, skuOf } from "../workloads/names.ts";

const REQUESTS_AT_ONCE = 32;
const LINES_PER_REQUEST = 1000;

/** Where to send and as whom. */
export interface FillTarget {
  readonly url: string;
  readonly bearer: string;
}

/** Creates the bench location and products and stocks them, through the public API. Returns the number of stock changes. */
export async function fillByHttp(target: FillTarget, productCount: number): Promise<number> {
  await post(target, "/v1/locations", { locationId: BENCH_LOCATION_ID, name: "Bench warehouse", type: "warehouse" });

  let nextIndex = 0;
  const createProducts = async (): Promise<void> => {
    while (nextIndex < productCount) {
      const index = nextIndex++;
      await post(target, "/v1/products", {
        productId: productIdOf(index),
        sku: skuOf(index),
        name: `Bench product ${index}`,
      });
    }
  };
  await Promise.all(Array.from({ length: REQUESTS_AT_ONCE }, createProducts));

  for (let start = 0; start < productCount; start += LINES_PER_REQUEST) {
    const count = Math.min(LINES_PER_REQUEST, productCount - start);
    const updates = Array.from({ length: count }, (_, offset) => ({
      productId: productIdOf(start + offset),
      locationId: BENCH_LOCATION_ID,
      adjustment: INITIAL_STOCK,
      reason: "opening stock",
    }));
    const answer = await post(target, "/v1/inventory/bulk-update", { mode: "independent", updates });
    const { applied } = JSON.parse(answer) as { applied: number };
    if (applied !== count) throw new Error(`stocking up applied ${applied} of ${count} lines: ${answer.slice(0, 500)}`);
  }
  return productCount;
}

async function post(target: FillTarget, path: string, body: object): Promise<string> {
  const response = await fetch(target.url + path, {
    method: "POST",
    headers: {
      Authorization: `Bearer ${target.bearer}`,
      "Content-Type": "application/json",
      "Idempotency-Key": crypto.randomUUID(),
      "X-Bench-Bulk-Mode": "request",
    },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`POST ${path} answered ${response.status}: ${text.slice(0, 500)}`);
  return text;
}
