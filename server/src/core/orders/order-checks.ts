/** What is asked of every order before it is planned: that its products, locations and items are there and in use. */
import { rejectionCodes } from "@onhand/protocol/vocabulary";
import type { ProductName } from "../command.ts";
import type { Rejection } from "../rejection.ts";
import type { Draft } from "../state.ts";

/** @returns why a line cannot concern its product, or null. Pointers are those of a body with `lines`. */
export function checkProduct(draft: Draft, name: ProductName, partition: number, line: number): Rejection | null {
  const { productId, sku } = name;
  const product = draft.product(partition, productId);
  const isKnown = product !== null && product.life !== "deleted" && (sku === null || product.document.sku === sku);
  if (!isKnown) {
    return {
      code: "not_found",
      line,
      pointer: `/lines/${line}/${sku === null ? "productId" : "sku"}`,
      // The product was found by its SKU and has it no longer: another one may have it now.
      ...(name.isFoundBySku === true && product !== null ? { isStale: true } : {}),
      detail: `There is no ${sku === null ? `product ${productId}` : `SKU ${sku}`}. Create it with POST /v1/products first.`,
    };
  }
  return product.life === "archived" ? archived(`Product ${productId}`, line) : null;
}

/** @param pointer of the field that names the location */
export function checkLocation(draft: Draft, locationId: string, line: number, pointer: string): Rejection | null {
  const location = draft.location(locationId);
  if (location === null || location.life === "deleted") {
    return {
      code: "not_found",
      line,
      pointer,
      detail: `There is no location ${locationId}. Create it with POST /v1/locations first.`,
    };
  }
  return location.life === "archived" ? archived(`Location ${locationId}`, line) : null;
}

/** Nothing new is promised of an archived item; one that does not exist is none. */
export function checkItem(
  draft: Draft,
  partition: number,
  productId: string,
  locationId: string,
  line: number,
): Rejection | null {
  const item = draft.item(partition, productId, locationId);
  return item?.life === "archived" ? archived(`The inventory item of ${productId} at ${locationId}`, line) : null;
}

/** The refusal of something that is out of use. @param subject what it is, as a sentence begins with it */
export function archived(subject: string, line: number): Rejection {
  return {
    code: "archived",
    line,
    detail: `${subject} is archived and takes no changes. Restore it with PATCH { "status": "active" } first.`,
  };
}

/** The refusal whose code comes first in the order of precedence; of two with the same code, the earlier one. */
export function foremost(a: Rejection | null, b: Rejection | null): Rejection | null {
  if (a === null || b === null) return a ?? b;
  return rejectionCodes.indexOf(b.code) < rejectionCodes.indexOf(a.code) ? b : a;
}
