/** Checks that every live product owns its SKU in the table of SKUs, and that nobody else owns one. */
import { lifeStates } from "@onhand/protocol/vocabulary";
import { partitionOf } from "../../core/record/partition.ts";
import type { Queryable } from "../../db/pool.ts";
import { Batches } from "./batches.ts";
import type { FaultList } from "./report.ts";
import { readLiveSkus, readSkuOwners, readSkuPage, type SkuClaim, type SkuColumns } from "./sql/read-projections.ts";

const pageRows = 5_000;

export class SkuCheck {
  readonly #connection: Queryable;
  readonly #partitionCount: number;
  readonly #faults: FaultList;
  readonly #owners: Batches<SkuClaim>;
  readonly #products: Batches<SkuClaim>;

  constructor(connection: Queryable, partitionCount: number, faults: FaultList) {
    this.#connection = connection;
    this.#partitionCount = partitionCount;
    this.#faults = faults;
    this.#owners = new Batches((partition, claims) => this.#askOwners(partition, claims));
    this.#products = new Batches((partition, claims) => this.#askProducts(partition, claims));
  }

  /** Takes a product that is not deleted; its SKU must be its own. */
  product(productId: string, sku: string): Promise<void> {
    this.#owners.add(partitionOf(sku, this.#partitionCount), { sku, productId });
    return this.#owners.askFull();
  }

  /** Asks about the products that are left, then checks a partition of the table of SKUs. */
  async finish(skuPartition: number): Promise<void> {
    await this.#owners.askAll();
    let afterSku: string | null = null;
    for (;;) {
      const { rows } = await this.#connection.query<SkuColumns>(readSkuPage(skuPartition, afterSku, pageRows));
      const page: SkuColumns = rows[0]!;
      for (let n = 0; n < page.count; n++) this.#claim(skuPartition, page.sku[n]!, page.product_id[n]!);
      await this.#products.askFull();
      if (page.count < pageRows) break;
      afterSku = page.sku.at(-1)!;
    }
    await this.#products.askAll();
  }

  #claim(skuPartition: number, sku: string, productId: string): void {
    const home = partitionOf(sku, this.#partitionCount);
    if (home !== skuPartition) this.#fault({ sku, productId }, `partition ${home}`, `partition ${skuPartition}`);
    this.#products.add(partitionOf(productId, this.#partitionCount), { sku, productId });
  }

  async #askOwners(partition: number, claims: readonly SkuClaim[]): Promise<void> {
    const { rows } = await this.#connection.query<{ found: (string | null)[] }>(readSkuOwners(partition, claims));
    claims.forEach((claim, index) => {
      const owner = rows[0]!.found[index]!;
      if (owner !== claim.productId) this.#fault(claim, `owned by ${claim.productId}`, `owned by ${owner ?? "nobody"}`);
    });
  }

  async #askProducts(partition: number, claims: readonly SkuClaim[]): Promise<void> {
    const deleted = lifeStates.indexOf("deleted");
    const { rows } = await this.#connection.query<{ found: (string | null)[] }>(
      readLiveSkus(partition, claims, deleted),
    );
    claims.forEach((claim, index) => {
      const sku = rows[0]!.found[index]!;
      if (sku !== claim.sku) this.#fault(claim, `a product with SKU ${claim.sku}`, `SKU ${sku ?? "of no product"}`);
    });
  }

  #fault({ sku, productId }: SkuClaim, expected: string, found: string): void {
    this.#faults.add("sku", { sequence: null, productId, sku, expected, found });
  }
}
