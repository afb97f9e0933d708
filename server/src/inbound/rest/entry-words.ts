/** What the entry of an item says beside its levels, in its event and in the item's ledger alike. */
import type { OrderHeader, OrderPart, ReportedLine } from "@onhand/protocol/event-parts";
import type { InventoryEvent } from "@onhand/protocol/events";
import type { StockOrderLine, ToldOrder } from "../../core/orders/order.ts";
import type { EntryDetail, Reported } from "../../core/record/entry-detail.ts";
import { formatMovementId } from "../../core/record/ids.ts";
import { formatRfc3339 } from "../../lib/rfc3339.ts";

/** Absent is what there is nothing of. */
export type Said = Pick<InventoryEvent["data"], "order" | "moved" | "contained" | "review" | "notice" | "reported">;

/** @param partition where the entry lies, and so the one that a notice is about */
export function saidOf(partition: number, detail: EntryDetail): Said {
  const { line, order, moved, contained, review, notice, reported } = detail;
  const said: { -readonly [Field in keyof Said]: Said[Field] } = {};
  if (line !== undefined) said.order = orderPartOf(line, order);
  if (moved !== undefined)
    said.moved = { from: moved.from ?? "sellable", to: moved.to ?? "sellable", quantity: moved.quantity };
  if (contained !== undefined)
    said.contained = { stockLevel: contained.onHand, countedAt: formatRfc3339(contained.countedAtMs) };
  if (review !== undefined) said.review = review;
  if (reported !== undefined) said.reported = reportedView(reported);
  if (notice !== undefined) {
    const { reason, about, ...figures } = notice;
    said.notice = { reason, about: formatMovementId(partition, about), figures };
  }
  return said;
}

const momentOf = (ms: number | null): string | null => (ms === null ? null : formatRfc3339(ms));

const orderPartOf = (line: StockOrderLine, order: ToldOrder | undefined): OrderPart => ({
  orderId: line.orderId,
  kind: line.kind,
  line: line.line,
  requestLine: line.requestLine,
  quantity: line.quantity,
  held: line.held,
  incoming: line.incoming,
  done: line.done,
  dropped: line.dropped,
  surplus: line.surplus,
  end: line.end,
  phase: line.phase,
  expiresAt: momentOf(line.expiresAtMs),
  ...(order === undefined ? {} : { header: headerOf(order) }),
});

/** An order as it is told whole. */
export const headerOf = (order: ToldOrder): OrderHeader => ({
  orderId: order.orderId,
  kind: order.kind,
  lineCount: order.lineCount,
  createdAt: formatRfc3339(order.createdAtMs),
  phase: order.phase,
  expiresAt: momentOf(order.expiresAtMs),
  expectedAt: momentOf(order.expectedAtMs),
  fromLocationId: order.fromLocationId,
  toLocationId: order.toLocationId,
  channelId: order.channelId,
  paymentLateAt: momentOf(order.paymentLateAtMs),
  supersededBy: order.supersededBy,
});

/** What a source said, and the rule that decided about it. */
function reportedView({ sourceId, rule, stockLevel, version, saidAtMs }: Reported): ReportedLine {
  return {
    sourceId,
    rule,
    ...(stockLevel === undefined ? {} : { stockLevel }),
    ...(version === undefined ? {} : { version }),
    ...(saidAtMs === undefined ? {} : { saidAt: formatRfc3339(saidAtMs) }),
  };
}
