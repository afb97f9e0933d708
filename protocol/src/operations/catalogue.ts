/** Calls on products and locations. */
import Type from "typebox";
import { AsOfView, asOfQuery } from "../as-of.ts";
import * as requests from "../requests.ts";
import * as resources from "../resources.ts";
import { NonEmptyText } from "../schema.ts";
import {
  closed,
  create,
  freshness,
  minCursor,
  type Operation,
  paging,
  patch,
  read,
  remove,
  replace,
  status,
} from "./shared.ts";

const catalogueList = Type.Object(
  { ...paging, minCursor, status, q: Type.Optional(NonEmptyText(200, "Text in name or SKU")) },
  closed,
);

export const catalogueOperations = {
  listProducts: {
    ...read,
    path: "/v1/products",
    summary: "List products",
    query: catalogueList,
    response: resources.Page(resources.Product),
  },
  createProduct: {
    ...create,
    path: "/v1/products",
    summary: "Create a product",
    body: requests.CreateProduct,
    response: resources.Product,
  },
  getProduct: {
    ...read,
    path: "/v1/products/{productId}",
    summary: "Read a product",
    query: freshness,
    response: resources.Product,
  },
  replaceProduct: {
    ...replace,
    path: "/v1/products/{productId}",
    summary: "Replace a product",
    body: requests.ReplaceProduct,
    response: resources.Product,
  },
  patchProduct: {
    ...patch,
    path: "/v1/products/{productId}",
    summary: "Change fields of a product",
    body: requests.PatchProduct,
    response: resources.Product,
  },
  deleteProduct: { ...remove, path: "/v1/products/{productId}", summary: "Delete or archive a product" },
  listLocations: {
    ...read,
    path: "/v1/locations",
    summary: "List locations",
    query: catalogueList,
    response: resources.Page(resources.Location),
  },
  createLocation: {
    ...create,
    path: "/v1/locations",
    summary: "Create a location",
    body: requests.CreateLocation,
    response: resources.Location,
  },
  getLocation: {
    ...read,
    path: "/v1/locations/{locationId}",
    summary: "Read a location",
    query: freshness,
    response: resources.Location,
  },
  replaceLocation: {
    ...replace,
    path: "/v1/locations/{locationId}",
    summary: "Replace a location",
    body: requests.ReplaceLocation,
    response: resources.Location,
  },
  patchLocation: {
    ...patch,
    path: "/v1/locations/{locationId}",
    summary: "Change fields of a location",
    body: requests.PatchLocation,
    response: resources.Location,
  },
  deleteLocation: { ...remove, path: "/v1/locations/{locationId}", summary: "Delete or archive a location" },
  listLocationInventory: {
    ...read,
    path: "/v1/locations/{locationId}/inventory",
    summary: "List the items of one location",
    query: Type.Object({ ...paging, minCursor, status, ...asOfQuery }, closed),
    response: Type.Object({ ...resources.Page(resources.InventoryItem).properties, asOf: Type.Optional(AsOfView) }),
  },
} as const satisfies Record<string, Operation>;
