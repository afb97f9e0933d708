/** Where an order lies, by its id alone. */
import { orderKinds } from "@onhand/protocol/vocabulary";
import { parseOrderId } from "../core/ids.ts";

/** @returns the partition that an order's id carries, or null when the text is no id of an order here */
export function partitionOfOrder(orderId: string, partitionCount: number): number | null {
  for (const kind of orderKinds) {
    const position = parseOrderId(kind, orderId);
    if (position !== null)
      return position.partition >= 1 && position.partition <= partitionCount ? position.partition : null;
  }
  return null;
}
