/** How rows and outcomes look in answers. */
import type { AdjustedItem, InventoryItem, Location, Movement, Product, Totals } from "@onhand/protocol/resources";
import { type EntryKind, eventTypes, isNotice, lifeStates, movementTypes } from "@onhand/protocol/vocabulary";
import type {
  Location as CoreLocation,
  Product as CoreProduct,
  LocationDocument,
  ProductDocument,
} from "../../core/catalogue/catalogue.ts";
import type { Item, ItemExtras } from "../../core/inventory/item.ts";
import type { AppliedLine } from "../../core/outcome.ts";
import { parseDetail } from "../../core/record/entry-detail.ts";
import { formatInventoryId, formatMovementId } from "../../core/record/ids.ts";
import { formatRfc3339 } from "../../lib/rfc3339.ts";
import type { LocationViewRow, ProductViewRow } from "../../queries/catalogue-queries.ts";
import type { ItemViewRow, SumRow } from "../../queries/item-queries.ts";
import type { MovementRow } from "../../queries/movement-queries.ts";
import { saidOf } from "./entry-words.ts";

const statusOf = (life: number): "active" | "archived" => (lifeStates[life] === "archived" ? "archived" : "active");

type ExtrasView = Pick<InventoryItem, "states" | "maximum" | "hysteresis" | "alert" | "lastCountedAt">;

/** What few items have, as the fields that there is something of. */
function extrasView(extras: ItemExtras): ExtrasView {
  const { damaged, qualityControl, quarantine, expired, maximum, hysteresis, alert, countedAtMs } = extras;
  const view: ExtrasView = {};
  if (damaged + qualityControl + quarantine + expired > 0)
    view.states = { damaged, qualityControl, quarantine, expired };
  if (maximum !== null) view.maximum = maximum;
  if (hysteresis !== null) view.hysteresis = hysteresis;
  if (alert !== "none") view.alert = alert;
  if (countedAtMs !== null) view.lastCountedAt = formatRfc3339(countedAtMs);
  return view;
}

/** How an answer tells that a line was not simply applied; nothing where it was. */
export function appliedView({
  contained,
  review,
}: Pick<AppliedLine, "contained" | "review">): Partial<Pick<AdjustedItem, "contained" | "review">> {
  return {
    ...(contained === undefined
      ? {}
      : { contained: { stockLevel: contained.onHand, countedAt: formatRfc3339(contained.countedAtMs) } }),
    ...(review === undefined ? {} : { review }),
  };
}

/** An item as a row of a query. */
export const itemOfRow = (row: ItemViewRow): InventoryItem => ({
  inventoryId: formatInventoryId(row.partition, row.item_number),
  productId: row.product_id,
  sku: row.sku,
  locationId: row.location_id,
  stockLevel: row.on_hand,
  reservedStock: row.reserved,
  unavailableStock: row.unavailable,
  incomingStock: row.incoming,
  availableStock: row.on_hand - row.reserved - row.unavailable,
  safetyStock: row.safety_stock,
  reorderPoint: row.reorder_point,
  status: statusOf(row.life),
  lastUpdated: formatRfc3339(row.updated_at),
  version: row.version,
  ...(row.extras === null ? {} : extrasView(row.extras)),
});

/** An item as it is after a decision. */
export const itemOfOutcome = (item: Item, sku: string): InventoryItem => ({
  inventoryId: formatInventoryId(item.partition, item.itemNumber),
  productId: item.productId,
  sku,
  locationId: item.locationId,
  stockLevel: item.onHand,
  reservedStock: item.reserved,
  unavailableStock: item.unavailable,
  incomingStock: item.incoming,
  availableStock: item.onHand - item.reserved - item.unavailable,
  safetyStock: item.safetyStock,
  reorderPoint: item.reorderPoint,
  status: item.life === "archived" ? "archived" : "active",
  lastUpdated: formatRfc3339(item.updatedAtMs),
  version: item.version,
  ...extrasView(item.extras),
});

const amount = (text: string | null): number | null => (text === null ? null : Number(text));

function product(
  productId: string,
  document: ProductDocument,
  state: { version: number; status: "active" | "archived"; createdAtMs: number; updatedAtMs: number },
): Product {
  return {
    productId,
    sku: document.sku,
    name: document.name,
    description: document.description,
    price: amount(document.price),
    currency: document.currency,
    prices: Object.fromEntries(Object.entries(document.prices).map(([currency, price]) => [currency, Number(price)])),
    attributes: document.attributes,
    status: state.status,
    version: state.version,
    createdAt: formatRfc3339(state.createdAtMs),
    updatedAt: formatRfc3339(state.updatedAtMs),
  };
}

/** A product as a row of a query. */
export const productOfRow = (row: ProductViewRow): Product =>
  product(row.product_id, row.document as ProductDocument, {
    version: row.version,
    status: statusOf(row.life),
    createdAtMs: row.created_at,
    updatedAtMs: row.updated_at,
  });

/** A product as it is after a decision. */
export const productOfOutcome = ({ productId, document, life, ...state }: CoreProduct): Product =>
  product(productId, document, { ...state, status: life === "archived" ? "archived" : "active" });

function location(
  locationId: string,
  document: LocationDocument,
  state: { version: number; status: "active" | "archived"; createdAtMs: number; updatedAtMs: number },
): Location {
  return {
    locationId,
    name: document.name,
    type: document.type,
    region: document.region,
    timezone: document.timezone,
    currency: document.currency,
    groups: [...document.groups],
    status: state.status,
    version: state.version,
    createdAt: formatRfc3339(state.createdAtMs),
    updatedAt: formatRfc3339(state.updatedAtMs),
  };
}

/** A location as a row of a query. */
export const locationOfRow = (row: LocationViewRow): Location =>
  location(row.location_id, row.document as LocationDocument, {
    version: row.version,
    status: statusOf(row.life),
    createdAtMs: row.created_at,
    updatedAtMs: row.updated_at,
  });

/** A location as it is after a decision. */
export const locationOfOutcome = ({ locationId, document, life, ...state }: CoreLocation): Location =>
  location(locationId, document, { ...state, status: life === "archived" ? "archived" : "active" });

/** Sums may pass 2^53 − 1; then the nearest number is shown, which is what a JSON reader would make of it anyway. */
export function levelsOfSum(row: SumRow): Omit<Totals, "locations"> {
  const stockLevel = Number(row.on_hand ?? 0);
  const reservedStock = Number(row.reserved ?? 0);
  const unavailableStock = Number(row.unavailable ?? 0);
  return {
    stockLevel,
    reservedStock,
    unavailableStock,
    incomingStock: Number(row.incoming ?? 0),
    availableStock: stockLevel - reservedStock - unavailableStock,
  };
}

/** The sum of items that were all read. */
export function totalsOfItems(rows: readonly ItemViewRow[]): Totals {
  const sum = (of: (row: ItemViewRow) => number): number => rows.reduce((total, row) => total + of(row), 0);
  const row = {
    on_hand: sum((item) => item.on_hand),
    reserved: sum((item) => item.reserved),
    unavailable: sum((item) => item.unavailable),
    incoming: sum((item) => item.incoming),
    count: rows.length,
  };
  return { ...levelsOfSum(row), locations: rows.length };
}

const levelsAt = (
  onHand: number,
  reserved: number,
  unavailable: number,
  incoming: number,
  version: number,
): Movement["after"] => ({
  stockLevel: onHand,
  reservedStock: reserved,
  unavailableStock: unavailable,
  incomingStock: incoming,
  availableStock: onHand - reserved - unavailable,
  version,
});

/** An entry of an item as a movement, with the levels before and after it. */
export const movementOfRow = (row: MovementRow): Movement => ({
  movementId: formatMovementId(row.partition, row.sequence),
  inventoryId: formatInventoryId(row.partition, row.item_number!),
  productId: row.product_id!,
  locationId: row.location_id!,
  event: eventTypes[row.kind as EntryKind],
  type: movementTypes[row.movement_type]!,
  change: {
    stockLevel: row.on_hand_delta,
    reservedStock: row.reserved_delta,
    unavailableStock: row.unavailable_delta,
    incomingStock: row.incoming_delta,
  },
  before: levelsAt(
    row.on_hand - row.on_hand_delta,
    row.reserved - row.reserved_delta,
    row.unavailable - row.unavailable_delta,
    row.incoming - row.incoming_delta,
    isNotice(row.kind as EntryKind) ? row.version : row.version - 1,
  ),
  after: levelsAt(row.on_hand, row.reserved, row.unavailable, row.incoming, row.version),
  reason: row.reason,
  reference: row.reference,
  actor: row.actor,
  source: row.source,
  requestId: row.request_id,
  occurredAt: formatRfc3339(row.occurred_at),
  recordedAt: formatRfc3339(row.recorded_at),
  ...saidOf(row.partition, parseDetail(row)),
});
