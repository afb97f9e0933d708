/** Calls that change stock: adjust, patch, delete. */
import type { InventoryChange, PatchItem } from "@onhand/protocol/requests";
import {
  type ItemAddress,
  inventoryCommand,
  type LevelUpdate,
  patchLine,
  retireLine,
  updateLine,
} from "../../commands/inventory-commands.ts";
import type { InventoryLine } from "../../core/command.ts";
import { formatMovementId, parseInventoryId } from "../../core/record/ids.ts";
import { ProblemError } from "../../host/problem.ts";
import type { Call, Reply, Route } from "../../host/route.ts";
import { ordinaryBodyBytesMax, requireRightToGoNegative, requireSameId } from "./common.ts";
import { execute, notFound, type RestContext, requestContext } from "./context.ts";
import { appliedView, itemOfOutcome } from "./views.ts";

/** No product has this id. A change of an unknown SKU is refused by the writer, so that its key remembers the refusal. */
const noProduct = "?";

/** Product of an update, which names it by id or by SKU. @throws ProblemError 400 */
export async function resolveProduct(rest: RestContext, update: LevelUpdate): Promise<string> {
  if (update.productId !== undefined) return update.productId;
  if (update.sku === undefined) {
    throw new ProblemError("validation_failed", "Name the product by productId or by sku.", {
      errors: [{ pointer: "/productId", message: "is required unless sku is given" }],
    });
  }
  const product = await rest.items.currentProductOfSku(update.sku);
  return product?.productId ?? noProduct;
}

/** The item behind the inventory id in the path, which fields of the body may repeat. @throws ProblemError 400, 404 */
async function addressOf(rest: RestContext, call: Call, body: Partial<PatchItem> = {}): Promise<ItemAddress> {
  const inventoryId = call.params.inventoryId!;
  const position = parseInventoryId(inventoryId);
  const row = position === null ? null : await rest.items.itemByNumber(position.partition, position.sequence);
  if (row === null) {
    // A repeat under a key gets its first answer even when the item is gone: its first entry says what it was.
    const isRepeatable = (body.operationId ?? call.idempotencyKey) !== null;
    const first = position === null || !isRepeatable ? null : await firstEntryOf(rest, position);
    if (first === null) throw notFound(`inventory item ${inventoryId}`);
    return first;
  }
  requireSameId("/inventoryId", inventoryId, body.inventoryId);
  requireSameId("/productId", row.product_id, body.productId);
  requireSameId("/locationId", row.location_id, body.locationId);
  return { productId: row.product_id, locationId: row.location_id };
}

async function firstEntryOf(
  rest: RestContext,
  { partition, sequence }: { partition: number; sequence: number },
): Promise<ItemAddress | null> {
  const [entry] = (await rest.movements.list(partition, sequence, 1)).rows;
  if (entry?.item_number !== sequence) return null;
  return { productId: entry.product_id!, locationId: entry.location_id! };
}

/** Two guards on the version must not contradict each other. @throws ProblemError 400 */
function requireOneVersion(call: Call, expectedVersion: number | undefined): void {
  if (call.ifMatchVersion === null || expectedVersion === undefined || expectedVersion === call.ifMatchVersion) return;
  throw new ProblemError(
    "validation_failed",
    "If-Match and expectedVersion name different versions. Send one of them.",
    {
      errors: [{ pointer: "/expectedVersion", message: "is not the version of If-Match" }],
    },
  );
}

async function applyLine(
  rest: RestContext,
  call: Call,
  operationId: string | undefined,
  line: InventoryLine,
): Promise<Reply> {
  const context = requestContext(rest, call, operationId);
  const { outcome, cursor, headers } = await execute(
    rest,
    context,
    inventoryCommand(context, context.idempotencyKey, [line]),
    "lines",
    call.body as object | undefined,
  );
  const applied = outcome.lines[0]!;
  const { item, sku, sequence } = applied;
  const movementId = formatMovementId(item.partition, sequence);
  const body = { ...itemOfOutcome(item, sku), ...appliedView(applied), movementId, cursor };
  return { status: 200, body, headers: { ...headers, etag: `"${item.version}"` } };
}

/** Routes that change one item. */
export function inventoryWriteRoutes(rest: RestContext): Route[] {
  return [
    {
      operationId: "adjustInventory",
      bodyBytesMax: ordinaryBodyBytesMax,
      async handle(call) {
        const body = call.body as InventoryChange;
        requireRightToGoNegative(call.principal.role, body.allowNegative);
        requireOneVersion(call, body.expectedVersion);
        const productId = body.productId ?? (await resolveProduct(rest, body));
        return applyLine(rest, call, body.operationId, updateLine(body, productId, call.ifMatchVersion));
      },
    },
    {
      operationId: "patchInventory",
      bodyBytesMax: ordinaryBodyBytesMax,
      async handle(call) {
        const body = call.body as PatchItem;
        requireRightToGoNegative(call.principal.role, body.allowNegative);
        requirePatchable(body);
        requireOneVersion(call, body.expectedVersion);
        const address = await addressOf(rest, call, body);
        return applyLine(rest, call, body.operationId, patchLine(body, address, call.ifMatchVersion));
      },
    },
    {
      operationId: "deleteInventory",
      bodyBytesMax: 0,
      async handle(call) {
        const address = await addressOf(rest, call);
        const retire = call.query.archive === true ? "archive" : "delete";
        const reply = await applyLine(rest, call, undefined, retireLine(address, retire, call.ifMatchVersion));
        return { status: 204, body: null, headers: reply.headers ?? {} };
      },
    },
  ];
}

/** @throws ProblemError 400 when the patch asks for nothing, or for what belongs to another call */
function requirePatchable(body: PatchItem): void {
  if (body.reservedStock !== undefined) {
    throw new ProblemError(
      "validation_failed",
      "reservedStock follows from reservations and cannot be set. It changes with /v1/reservations and /v1/transfers.",
      { errors: [{ pointer: "/reservedStock", message: "follows from reservations" }] },
    );
  }
  if (body.incomingStock !== undefined) {
    throw new ProblemError(
      "validation_failed",
      "incomingStock follows from what is on its way and cannot be set. Tell of a delivery with POST /v1/supplies, and of stock from another location with POST /v1/transfers.",
      { errors: [{ pointer: "/incomingStock", message: "follows from supplies and transfers" }] },
    );
  }
  if (body.countedAt !== undefined && body.stockLevel === undefined) {
    throw new ProblemError("validation_failed", "countedAt says when stockLevel was counted. Send both, or neither.", {
      errors: [{ pointer: "/countedAt", message: "needs stockLevel" }],
    });
  }
  const changes = [
    body.stockLevel,
    body.unavailableStock,
    body.safetyStock,
    body.reorderPoint,
    body.maximum,
    body.hysteresis,
    body.status,
  ];
  if (changes.every((value) => value === undefined)) {
    throw new ProblemError(
      "validation_failed",
      "The patch changes nothing. Send at least one of stockLevel, unavailableStock, safetyStock, reorderPoint, maximum, hysteresis, status.",
      { errors: [{ pointer: "", message: "changes nothing" }] },
    );
  }
}
