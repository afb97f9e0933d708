/** Where an order lies, by its id alone. */
import { orderKinds } from "@onhand/protocol/vocabulary";
import { type Position, parseOrderId } from "../core/ids.ts";

/** @returns the position that an order's id carries, or null when the text is no id of an order here */
export function positionOfOrder(orderId: string, partitionCount: number): Position | null {
  for (const kind of orderKinds) {
    const position = parseOrderId(kind, orderId);
    if (position !== null) return position.partition >= 1 && position.partition <= partitionCount ? position : null;
  }
  return null;
}

/** @returns the partition of the position */
export const partitionOfOrder = (orderId: string, partitionCount: number): number | null =>
  positionOfOrder(orderId, partitionCount)?.partition ?? null;
