/** Rows of inventory: adjustments, moves between states, and levels with how an item is to be kept. */
import { ImportItem } from "@onhand/protocol/bulk";
import { Adjustment, type PatchItem, StateMove } from "@onhand/protocol/requests";
import {
  clockOf,
  inventoryCommand,
  type LevelUpdate,
  patchLine,
  updateLine,
} from "../../commands/inventory-commands.ts";
import type { Command, InventoryLine } from "../../core/command.ts";
import type { Outcome } from "../../core/outcome.ts";
import { formatInventoryId, formatMovementId } from "../../core/record/ids.ts";
import { ProblemError } from "../../host/problem.ts";
import { Check, requireValid } from "../../host/validation.ts";
import { requireRightToGoNegative } from "../rest/common.ts";
import { appliedView } from "../rest/views.ts";
import { bulkLimits } from "./bulk-limits.ts";
import type { BulkContext, ListRows, NamedRow, PlannedRow, PlanOptions } from "./planned-row.ts";

const adjustment = new Check(Adjustment);
const stateMove = new Check(StateMove);
const item = new Check(ImportItem);

/** No product has this id: the writer refuses it, so that the row's key remembers the refusal. */
const noProduct = "?";
const settings = ["safetyStock", "reorderPoint", "maximum", "hysteresis"] as const;

type Fields = Readonly<Record<string, unknown>>;

/** Rows of /v1/inventory. */
export class InventoryRows implements ListRows {
  readonly #context: BulkContext;

  constructor(context: BulkContext) {
    this.#context = context;
  }

  check({ fields, context }: NamedRow): void {
    requireValid("adjustment" in fields ? adjustment : "move" in fields ? stateMove : item, fields, "row");
    requireRightToGoNegative(context.principal.role, fields.allowNegative as boolean | undefined);
    const saysSomething =
      "adjustment" in fields || "move" in fields || "stockLevel" in fields || settings.some((name) => name in fields);
    if (!saysSomething)
      throw new ProblemError(
        "validation_failed",
        `The row changes nothing. Send adjustment, stockLevel, move, or one of ${settings.join(", ")}.`,
        { errors: [{ pointer: "/stockLevel", message: "or another change is required" }] },
      );
    if (fields.productId === undefined && fields.sku === undefined)
      throw new ProblemError("validation_failed", "Name the product by productId or by sku.", {
        errors: [{ pointer: "/productId", message: "is required unless sku is given" }],
      });
  }

  async plan(rows: readonly NamedRow[], { overwrite }: PlanOptions): Promise<PlannedRow[]> {
    const owners = await this.#owners(rows.map(({ fields }) => fields));
    return rows.map((row, place) => this.#planned(row, owners[place]!, overwrite));
  }

  async #owners(rows: readonly Fields[]): Promise<string[]> {
    const skus = [...new Set(rows.flatMap(({ productId, sku }) => (productId === undefined ? [sku as string] : [])))];
    const found = await this.#context.items.currentProductsOfSkus(skus);
    const bySku = new Map(skus.map((sku, place) => [sku, found[place]?.productId ?? noProduct]));
    return rows.map(({ productId, sku }) => (productId as string | undefined) ?? bySku.get(sku as string)!);
  }

  #planned({ fields, context }: NamedRow, owner: string, overwrite: boolean): PlannedRow {
    const key = (fields.operationId as string | undefined) ?? context.idempotencyKey;
    const commandFor = (productId: string): Command =>
      inventoryCommand(context, key, [lineOf(fields, productId, overwrite)]);
    let tries = 0;
    return {
      command: commandFor(owner),
      sent: fields,
      show,
      afterRefusal: async ({ isStale }) => {
        tries += 1;
        if (isStale !== true || tries > bulkLimits.staleTriesMax) return null;
        const [again] = await this.#owners([fields]);
        return commandFor(again!);
      },
    };
  }
}

function lineOf(fields: Fields, productId: string, overwrite: boolean): InventoryLine {
  if ("adjustment" in fields || "move" in fields) return updateLine(fields as unknown as LevelUpdate, productId, null);
  const row = fields as ImportItem;
  const line = patchLine(patchOf(row, overwrite), { productId, locationId: row.locationId }, null);
  return {
    ...line,
    sku: row.sku ?? null,
    isFoundBySku: row.productId === undefined,
    mustExist: row.stockLevel === undefined,
    ...(row.device === undefined ? {} : { clock: clockOf(row.device) }),
  };
}

/** What a row of an export shows beside what can be set is no change. */
function patchOf(row: ImportItem, overwrite: boolean): PatchItem {
  const { availableStock: _1, unavailableStock: _2, status: _3, ...patch } = row;
  const isUnguarded =
    row.stockLevel !== undefined &&
    row.countedAt === undefined &&
    row.expectedVersion === undefined &&
    row.expectedStockLevel === undefined &&
    row.expectedLastUpdated === undefined;
  return { ...(patch as PatchItem), ...(overwrite && isUnguarded ? { expectedStockLevel: null } : {}) };
}

function show(outcome: Outcome): object {
  if (outcome.kind !== "lines") return {};
  const [applied] = outcome.lines;
  const { item: after, sequence } = applied!;
  return {
    inventoryId: formatInventoryId(after.partition, after.itemNumber),
    movementId: formatMovementId(after.partition, sequence),
    stockLevel: after.onHand,
    version: after.version,
    ...appliedView(applied!),
  };
}
