/** Reference model: what is there and in use. */
import type { ProductName } from "../../src/core/command.ts";
import type { Fault } from "./verdict.ts";
import { visibleItem, visibleRecord, type World } from "./world.ts";

export function faultsOfProduct(world: World, { productId, sku }: ProductName, line: number): Fault[] {
  const product = visibleRecord(world.products, productId);
  if (product === null || (sku !== null && product.document.sku !== sku)) {
    return [{ code: "not_found", line, pointer: `/lines/${line}/${sku === null ? "productId" : "sku"}` }];
  }
  return product.life === "archived" ? [{ code: "archived", line }] : [];
}

/** @param pointer compared when it is given */
export function faultsOfLocation(world: World, locationId: string, line: number, pointer?: string): Fault[] {
  const location = visibleRecord(world.locations, locationId);
  if (location === null) return [{ code: "not_found", line, ...(pointer === undefined ? {} : { pointer }) }];
  return location.life === "archived" ? [{ code: "archived", line }] : [];
}

/** An item that is not there yet is none that is archived. */
export const faultsOfItem = (world: World, productId: string, locationId: string, line: number): Fault[] =>
  visibleItem(world, productId, locationId)?.life === "archived" ? [{ code: "archived", line }] : [];
