/** Names and widths of the products that every target is filled with; generator, set-up and large seed must agree on them. */

export const BENCH_LOCATION_ID = "bench-warehouse";

/** The source that sends lines; it is registered where lines are sent. */
export const BENCH_SOURCE_ID = "bench-source";

/** Digits of a product's number: ten million products at most. */
export const PRODUCT_DIGITS = 7;

export const PRODUCT_ID_PREFIX = "bench-";
export const SKU_PREFIX = "BENCH-";

/** Products of the ordinary workloads. */
export const SPREAD_PRODUCT_COUNT = 10_000;

/** Units put on every product's shelf before the first run: more than any run can take. */
export const INITIAL_STOCK = 1_000_000_000;

/** `bench-0000042` */
export function productIdOf(index: number): string {
  return PRODUCT_ID_PREFIX + String(index).padStart(PRODUCT_DIGITS, "0");
}

/** `BENCH-0000042` */
export function skuOf(index: number): string {
  return SKU_PREFIX + String(index).padStart(PRODUCT_DIGITS, "0");
}
