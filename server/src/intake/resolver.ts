/** Looks up what the names in lines mean: one statement for codes and one for SKUs, however many lines there are. */

import type { Outcome } from "../core/outcome.ts";
import { parseOutcome } from "../core/outcome-text.ts";
import { partitionOf } from "../core/record/partition.ts";
import type { Queryable } from "../db/pool.ts";
import type { IntakeLine } from "./intake-line.ts";
import type { FoundProduct } from "./line-command.ts";
import { type Waiting, waitingFor } from "./line-verdict.ts";
import * as sql from "./sql/resolve.ts";

/** The product and the location of a line, or what it lacks. */
export type Resolved = { readonly product: FoundProduct; readonly locationId: string } | { readonly waiting: Waiting };

export class Resolver {
  readonly #database: Queryable;
  readonly #partitionCount: number;

  constructor(database: Queryable, partitionCount: number) {
    this.#database = database;
    this.#partitionCount = partitionCount;
  }

  /** @returns the database's time, in ms */
  async nowMs(): Promise<number> {
    const { rows } = await this.#database.query<{ now: number }>(sql.selectArrival());
    return rows[0]!.now;
  }

  /** @param codesOf source whose codes the lines use, or null @returns what each line's names mean, in order */
  async resolve(
    codesOf: string | null,
    lines: readonly Pick<IntakeLine, "product" | "location">[],
  ): Promise<Resolved[]> {
    const [codes, skus] = await Promise.all([this.#codes(codesOf, lines), this.#skus(lines)]);
    return lines.map(({ product, location }): Resolved => {
      const found = findProduct(product, codes, skus);
      if ("waiting" in found) return found;
      if ("locationId" in location) return { product: found, locationId: location.locationId };
      const locationId = codes.get(codeName(sql.codeKinds.location, location.code));
      if (locationId === undefined) return { waiting: waitingFor("unmapped_location", location.code) };
      return { product: found, locationId };
    });
  }

  /** @returns what is remembered under some keys of operations */
  async outcomes(keys: readonly string[]): Promise<ReadonlyMap<string, Outcome>> {
    if (keys.length === 0) return new Map();
    const placed = keys.map((key) => ({ partition: partitionOf(key, this.#partitionCount), key }));
    const { rows } = await this.#database.query<{ key: string; outcome: string }>(sql.selectOutcomes(placed));
    return new Map(rows.map((row) => [row.key, parseOutcome(row.outcome)]));
  }

  async #codes(
    codesOf: string | null,
    lines: readonly Pick<IntakeLine, "product" | "location">[],
  ): Promise<ReadonlyMap<string, string>> {
    const named = new Map<string, { kind: number; code: string }>();
    const add = (kind: number, name: object): void => {
      if ("code" in name) named.set(codeName(kind, name.code as string), { kind, code: name.code as string });
    };
    for (const { product, location } of lines) {
      add(sql.codeKinds.product, product);
      add(sql.codeKinds.location, location);
    }
    if (codesOf === null || named.size === 0) return new Map();
    const { rows } = await this.#database.query<{ kind: number; code: string; target_id: string }>(
      sql.selectCodes(codesOf, [...named.values()]),
    );
    return new Map(rows.map((row) => [codeName(row.kind, row.code), row.target_id]));
  }

  async #skus(lines: readonly Pick<IntakeLine, "product">[]): Promise<ReadonlyMap<string, string>> {
    const skus = new Set(lines.flatMap(({ product }) => ("sku" in product ? [product.sku] : [])));
    if (skus.size === 0) return new Map();
    const placed = [...skus].map((sku) => ({ partition: partitionOf(sku, this.#partitionCount), sku }));
    const { rows } = await this.#database.query<{ sku: string; product_id: string }>(sql.selectSkus(placed));
    return new Map(rows.map((row) => [row.sku, row.product_id]));
  }
}

const codeName = (kind: number, code: string): string => `${kind}${code}`;

function findProduct(
  product: IntakeLine["product"],
  codes: ReadonlyMap<string, string>,
  skus: ReadonlyMap<string, string>,
): FoundProduct | { readonly waiting: Waiting } {
  if ("productId" in product) return { productId: product.productId, sku: null };
  if ("sku" in product) {
    const productId = skus.get(product.sku);
    return productId === undefined
      ? { waiting: waitingFor("unknown_product", product.sku) }
      : { productId, sku: product.sku };
  }
  const productId = codes.get(codeName(sql.codeKinds.product, product.code));
  return productId === undefined ? { waiting: waitingFor("unmapped_product", product.code) } : { productId, sku: null };
}
