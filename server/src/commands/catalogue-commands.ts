/** Makes commands from what callers send about products and locations. */
import type { CreateLocation, CreateProduct, PatchLocation, PatchProduct } from "@onhand/protocol/requests";
import type { LocationDocument, ProductDocument } from "../core/catalogue/catalogue.ts";
import type { CatalogueOperation, LocationCommand, ProductCommand } from "../core/command.ts";
import { originOf, type RequestContext } from "./request-context.ts";

/** Decimal text of an amount: numbers are written as they were sent, and never calculated with. */
const amount = (value: number): string =>
  (value + 0).toLocaleString("en-US", { useGrouping: false, maximumSignificantDigits: 15 });

const amounts = (prices: Readonly<Record<string, number>>): Record<string, string> =>
  Object.fromEntries(Object.entries(prices).map(([currency, price]) => [currency, amount(price)]));

/** A whole product document; what is absent takes its default. */
export function productDocument(body: CreateProduct, defaultCurrency: string): ProductDocument {
  return {
    sku: body.sku,
    name: body.name,
    description: body.description ?? null,
    price: body.price === undefined || body.price === null ? null : amount(body.price),
    currency: body.currency ?? defaultCurrency,
    prices: amounts(body.prices ?? {}),
    attributes: body.attributes ?? {},
  };
}

/** The fields of a product that a PATCH names. */
export function productFields(body: PatchProduct): Partial<ProductDocument> {
  return {
    ...(body.sku === undefined ? {} : { sku: body.sku }),
    ...(body.name === undefined ? {} : { name: body.name }),
    ...(body.description === undefined ? {} : { description: body.description }),
    ...(body.price === undefined ? {} : { price: body.price === null ? null : amount(body.price) }),
    ...(body.currency === undefined ? {} : { currency: body.currency }),
    ...(body.prices === undefined ? {} : { prices: amounts(body.prices) }),
    ...(body.attributes === undefined ? {} : { attributes: body.attributes }),
  };
}

/** A whole location document; what is absent takes its default. */
export function locationDocument(body: CreateLocation): LocationDocument {
  return {
    name: body.name,
    type: body.type,
    region: body.region ?? null,
    timezone: body.timezone ?? null,
    currency: body.currency ?? null,
    groups: body.groups ?? [],
  };
}

/** The fields of a location that a PATCH names. */
export function locationFields(body: PatchLocation): Partial<LocationDocument> {
  return {
    ...(body.name === undefined ? {} : { name: body.name }),
    ...(body.type === undefined ? {} : { type: body.type }),
    ...(body.region === undefined ? {} : { region: body.region }),
    ...(body.timezone === undefined ? {} : { timezone: body.timezone }),
    ...(body.currency === undefined ? {} : { currency: body.currency }),
    ...(body.groups === undefined ? {} : { groups: body.groups }),
  };
}

/** @param namedId the id that the caller named: null when one was made, which differs from try to try */
export function productCommand(
  context: RequestContext,
  productId: string,
  namedId: string | null,
  operation: CatalogueOperation<ProductDocument>,
  ifMatchVersion: number | null,
): ProductCommand {
  const content = ["product", namedId, operation, ifMatchVersion];
  return {
    kind: "product",
    productId,
    operation,
    ifMatchVersion,
    ...originOf(context, context.idempotencyKey, content),
  };
}

/** @param namedId the id that the caller named: null when one was made, which differs from try to try */
export function locationCommand(
  context: RequestContext,
  locationId: string,
  namedId: string | null,
  operation: CatalogueOperation<LocationDocument>,
  ifMatchVersion: number | null,
): LocationCommand {
  const content = ["location", namedId, operation, ifMatchVersion];
  return {
    kind: "location",
    locationId,
    operation,
    ifMatchVersion,
    ...originOf(context, context.idempotencyKey, content),
  };
}
