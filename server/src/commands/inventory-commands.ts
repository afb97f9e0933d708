/** Makes commands from what callers send about stock. */
import type { Adjustment, PatchItem, SetLevel, StateMove } from "@onhand/protocol/requests";
import type { MovementType, UnsellableState } from "@onhand/protocol/vocabulary";
import type { DeviceClock, Guard, InventoryCommand, InventoryLine, ItemChange } from "../core/command.ts";
import { parseRfc3339Ms } from "../lib/rfc3339.ts";
import { textOf } from "./entry-text.ts";
import { originOf, type RequestContext } from "./request-context.ts";

export type LevelUpdate = Adjustment | SetLevel | StateMove;

/** @param ifMatchVersion version named by `If-Match`, or null */
export function updateLine(update: LevelUpdate, productId: string, ifMatchVersion: number | null): InventoryLine {
  return {
    productId,
    sku: update.sku ?? null,
    isFoundBySku: update.productId === undefined,
    locationId: update.locationId,
    change: changeOf(update),
    guard: guardOf(update, ifMatchVersion),
    mustExist: false,
    allowNegative: update.allowNegative === true,
    movementType: ("type" in update ? (update.type as MovementType | undefined) : undefined) ?? "correction",
    occurredAtMs: update.timestamp === undefined ? null : parseRfc3339Ms(update.timestamp),
    ...("device" in update && update.device !== undefined ? { clock: clockOf(update.device) } : {}),
    text: textOf(update.reason, update.reference),
  };
}

function changeOf(update: LevelUpdate): ItemChange {
  if ("move" in update) {
    const { from, to, quantity } = update.move;
    return { move: { from: stateOf(from), to: stateOf(to), quantity } };
  }
  if ("adjustment" in update) {
    const adjustment = normal(update.adjustment);
    return update.state === undefined ? { adjustment } : { adjustment, state: update.state as UnsellableState };
  }
  const stockLevel = normal(update.stockLevel);
  return update.countedAt === undefined
    ? { stockLevel }
    : { stockLevel, countedAtMs: parseRfc3339Ms(update.countedAt) };
}

const stateOf = (state: string): UnsellableState | null => (state === "sellable" ? null : (state as UnsellableState));

/** The clock of a device as a caller describes it: without an error that nobody knows. */
export const clockOf = (device: { readonly deviceId: string; readonly clockErrorMs?: number | null }): DeviceClock => ({
  deviceId: device.deviceId,
  errorMs: device.clockErrorMs ?? null,
});

/** The item that a change by inventory id concerns. */
export interface ItemAddress {
  readonly productId: string;
  readonly locationId: string;
}

/** The line that a PATCH of an item is. @param ifMatchVersion version named by `If-Match`, or null */
export function patchLine(patch: PatchItem, item: ItemAddress, ifMatchVersion: number | null): InventoryLine {
  const change: ItemChange = {
    ...(patch.stockLevel === undefined ? {} : { stockLevel: normal(patch.stockLevel) }),
    ...(patch.countedAt === undefined ? {} : { countedAtMs: parseRfc3339Ms(patch.countedAt) }),
    ...(patch.unavailableStock === undefined ? {} : { unavailableStock: normal(patch.unavailableStock) }),
    ...(patch.safetyStock === undefined ? {} : { safetyStock: normal(patch.safetyStock) }),
    ...(patch.reorderPoint === undefined ? {} : { reorderPoint: patch.reorderPoint }),
    ...(patch.maximum === undefined ? {} : { maximum: patch.maximum }),
    ...(patch.hysteresis === undefined ? {} : { hysteresis: patch.hysteresis }),
    ...(patch.status === undefined ? {} : { retire: patch.status === "archived" ? "archive" : "restore" }),
  };
  return {
    ...item,
    sku: null,
    change,
    guard: guardOf(patch, ifMatchVersion),
    mustExist: true,
    allowNegative: patch.allowNegative === true,
    movementType: (patch.type as MovementType | undefined) ?? "correction",
    occurredAtMs: patch.timestamp === undefined ? null : parseRfc3339Ms(patch.timestamp),
    text: textOf(patch.reason, patch.reference),
  };
}

/** The line that takes an item out of use. @param ifMatchVersion version named by `If-Match`, or null */
export function retireLine(
  item: ItemAddress,
  retire: "archive" | "delete",
  ifMatchVersion: number | null,
): InventoryLine {
  const guard: Guard | null = ifMatchVersion === null ? null : { version: ifMatchVersion, byIfMatch: true };
  return {
    ...item,
    sku: null,
    change: { retire },
    guard,
    mustExist: true,
    allowNegative: false,
    movementType: "correction",
    occurredAtMs: null,
    text: null,
  };
}

/** @param key idempotency key of this command within the principal */
export function inventoryCommand(
  context: RequestContext,
  key: string,
  lines: readonly InventoryLine[],
): InventoryCommand {
  return { kind: "inventory", lines, ...originOf(context, key, lines.map(contentOf)) };
}

/**
 * What makes two lines the same request: everything but the random salt. Keys are remembered for ever, so what has been
 * said once keeps its form: what came later stands behind it, and only where it is said.
 */
function contentOf(line: InventoryLine): unknown {
  const subject = [line.isFoundBySku === true ? null : line.productId, line.sku, line.mustExist];
  const { change: c, guard: g, text } = line;
  const content: unknown[] = [
    subject,
    line.locationId,
    [
      c.adjustment,
      c.stockLevel,
      c.countedAtMs,
      c.unavailableStock,
      null, // once the incoming stock
      c.safetyStock,
      c.reorderPoint === null ? "none" : c.reorderPoint,
      c.retire,
    ],
    g === null ? null : [g.version, g.stockLevel === null ? "any" : g.stockLevel, g.lastUpdatedMs, g.byIfMatch],
    line.allowNegative,
    line.movementType,
    line.occurredAtMs,
    text?.reason,
    text?.reference,
  ];
  const later = {
    state: c.state,
    move: c.move === undefined ? undefined : [c.move.from, c.move.to, c.move.quantity],
    maximum: c.maximum,
    hysteresis: c.hysteresis,
    clock: line.clock === undefined ? undefined : [line.clock.deviceId, line.clock.errorMs],
  };
  if (Object.values(later).some((value) => value !== undefined)) content.push(later);
  return content;
}

/** JSON has a negative zero; stock has not. */
const normal = (quantity: number): number => (quantity === 0 ? 0 : quantity);

interface GuardFields {
  readonly expectedVersion?: number;
  readonly expectedStockLevel?: number | null;
  readonly expectedLastUpdated?: string;
}

function guardOf(fields: GuardFields, ifMatchVersion: number | null): Guard | null {
  const { expectedStockLevel, expectedLastUpdated } = fields;
  const version = ifMatchVersion ?? fields.expectedVersion;
  if (version === undefined && expectedStockLevel === undefined && expectedLastUpdated === undefined) return null;
  return {
    ...(version === undefined ? {} : { version, byIfMatch: ifMatchVersion !== null }),
    ...(expectedStockLevel === undefined ? {} : { stockLevel: expectedStockLevel }),
    ...(expectedLastUpdated === undefined ? {} : { lastUpdatedMs: parseRfc3339Ms(expectedLastUpdated) }),
  };
}
