/**
 * Every call of the API: the one table from which routes, the OpenAPI document and the client are made.
 * Its parts lie in `operations/`; their order is the order of documents.
 */
import { bulkOperations } from "./operations/bulk.ts";
import { catalogueOperations } from "./operations/catalogue.ts";
import { channelOperations } from "./operations/channels.ts";
import { consolidatedOperations } from "./operations/consolidated.ts";
import { countOperations } from "./operations/counts.ts";
import { feedOperations } from "./operations/feed.ts";
import { historyOperations } from "./operations/history.ts";
import { inventoryOperations, itemOperations } from "./operations/inventory.ts";
import { mappingOperations } from "./operations/mappings.ts";
import { orderOperations } from "./operations/orders.ts";
import { reconciliationOperations } from "./operations/reconciliation.ts";
import type { Operation } from "./operations/shared.ts";
import { sourceOperations } from "./operations/sources.ts";
import { subscriptionOperations } from "./operations/subscriptions.ts";
import { syncOperations } from "./operations/sync.ts";

export type { BulkResult, InventoryPage } from "./operations/inventory.ts";
export { isExportable, type Operation } from "./operations/shared.ts";

export const operations = {
  ...catalogueOperations,
  ...inventoryOperations,
  ...feedOperations,
  ...itemOperations,
  ...historyOperations,
  ...orderOperations,
  ...channelOperations,
  ...countOperations,
  ...sourceOperations,
  ...mappingOperations,
  ...consolidatedOperations,
  ...reconciliationOperations,
  ...subscriptionOperations,
  ...syncOperations,
  ...bulkOperations,
} as const satisfies Record<string, Operation>;

export type OperationId = keyof typeof operations;

/** Sub-paths of /v1/inventory, which no SKU may equal. */
export const reservedSkus: readonly string[] = ["updates", "stream", "ws", "bulk-update"];
