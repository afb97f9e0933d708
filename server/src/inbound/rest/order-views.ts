/** How reservations, transfers and supplies look in answers, as a query read them and as a command left them. */
import type {
  ChangedReservation,
  ChangedSupply,
  ChangedTransfer,
  IncomingLine,
  Reservation,
  Supply,
  Transfer,
} from "@onhand/protocol/orders";
import type { InventoryItem } from "@onhand/protocol/resources";
import { lineEnds, orderKinds } from "@onhand/protocol/vocabulary";
import { reservationPhase, type StockOrder, type StockOrderLine, transferStatus } from "../../core/orders/order.ts";
import type { OrderOutcome } from "../../core/outcome.ts";
import { formatRfc3339 } from "../../lib/rfc3339.ts";
import type { IncomingRow, OrderNoteRow, OrderRow } from "../../queries/order-queries.ts";
import { appliedView } from "./views.ts";

type Note = OrderNoteRow;

type Line = Pick<
  StockOrderLine,
  | "line"
  | "requestLine"
  | "productId"
  | "locationId"
  | "quantity"
  | "held"
  | "incoming"
  | "done"
  | "dropped"
  | "surplus"
  | "end"
>;

/** An order with everything that is shown of it, wherever it comes from. */
export interface ShownOrder {
  readonly order: Omit<StockOrder, "kind" | "partition" | "partitions" | "lineCount" | "actor" | "buyerKey">;
  readonly lines: readonly (Line & { readonly sku: string })[];
  readonly note: Note;
  /** How it stands is told as of then, by the database's clock. */
  readonly atMs: number;
}

/** An order as a command left it. */
const shownOfOutcome = ({ order, lines, skus, decidedAtMs }: OrderOutcome, note: Note): ShownOrder => ({
  order,
  lines: lines.map((line, index) => ({ ...line, sku: skus[index]! })),
  note,
  atMs: decidedAtMs,
});

/** An order as a row of a query. */
export const shownOfRow = (row: OrderRow): ShownOrder => ({
  order: {
    orderId: row.order_id,
    createdAtMs: row.created_at,
    phase: row.phase === null ? null : row.phase === 1 ? "paying" : "held",
    expiresAtMs: row.expires_at,
    expectedAtMs: row.expected_at,
    fromLocationId: row.from_location_id,
    toLocationId: row.to_location_id,
    channelId: row.channel_id,
    paymentLateAtMs: row.payment_late_at,
    supersededBy: row.superseded_by,
    allocation: row.allocation as StockOrder["allocation"],
  },
  lines: row.lines.map(({ ended, sku, ...line }) => ({
    ...line,
    sku: sku ?? "",
    end: ended === null ? null : lineEnds[ended]!,
  })),
  note: row.note ?? {},
  atMs: row.read_at,
});

const momentOf = (ms: number | null): string | null => (ms === null ? null : formatRfc3339(ms));

const wordsOf = ({ reference, reason }: Note) => ({ reference: reference ?? null, reason: reason ?? null });

/** A reservation as it is read. */
export function reservationView({ order, lines, note, atMs }: ShownOrder): Reservation {
  return {
    reservationId: order.orderId,
    phase: reservationPhase(order, lines, atMs),
    expiresAt: formatRfc3339(order.expiresAtMs!),
    createdAt: formatRfc3339(order.createdAtMs),
    ...wordsOf(note),
    buyer: note.buyer ?? null,
    channelId: order.channelId,
    lines: lines.map((line) => ({
      line: line.line,
      requestLine: line.requestLine,
      productId: line.productId,
      sku: line.sku,
      locationId: line.locationId!,
      quantity: line.quantity,
      held: line.held,
      committed: line.done,
      released: line.dropped,
      end: line.end,
    })),
    allocation: order.allocation as Reservation["allocation"],
    supersededBy: order.supersededBy,
    paymentLateAt: momentOf(order.paymentLateAtMs),
  };
}

/** What an answer to a write has besides. */
export interface AfterWrite {
  readonly items: InventoryItem[];
  readonly cursor: string;
}

/** A reservation as a write answers it. */
export const changedReservationView = (outcome: OrderOutcome, note: Note, after: AfterWrite): ChangedReservation => ({
  ...reservationView(shownOfOutcome(outcome, note)),
  superseded: [...outcome.superseded],
  dryRun: outcome.isDryRun,
  latePayment: outcome.latePayment,
  ...after,
});

const movingLine = (line: ShownOrder["lines"][number]) => ({
  line: line.line,
  productId: line.productId,
  sku: line.sku,
  quantity: line.quantity,
});

const arrived = (line: Line) => ({
  received: line.done,
  surplus: line.surplus,
  cancelled: line.dropped,
  end: line.end,
});

/** A transfer as it is read. */
export function transferView({ order, lines, note }: ShownOrder): Transfer {
  return {
    transferId: order.orderId,
    status: transferStatus(lines),
    fromLocationId: order.fromLocationId!,
    toLocationId: order.toLocationId!,
    expectedAt: momentOf(order.expectedAtMs),
    createdAt: formatRfc3339(order.createdAtMs),
    ...wordsOf(note),
    lines: lines.map((line) => ({
      ...movingLine(line),
      held: line.held,
      inTransit: line.incoming,
      ...arrived(line),
    })),
  };
}

/** A transfer as a write answers it. */
export const changedTransferView = (outcome: OrderOutcome, note: Note, after: AfterWrite): ChangedTransfer => ({
  ...transferView(shownOfOutcome(outcome, note)),
  ...countedView(outcome),
  ...after,
});

/** What counts have to say of its movements. */
const countedView = ({ counted }: OrderOutcome): Pick<ChangedTransfer, "counted"> =>
  counted === undefined
    ? {}
    : { counted: counted.map((leg) => ({ line: leg.line, locationId: leg.locationId, ...appliedView(leg) })) };

/** A supply as it is read. */
export function supplyView({ order, lines, note }: ShownOrder): Supply {
  const status = transferStatus(lines);
  return {
    supplyId: order.orderId,
    // Units of a supply never wait at a location of ours: until they arrive they are expected.
    status: status === "received" || status === "cancelled" ? status : "expected",
    locationId: order.toLocationId!,
    supplier: note.supplier ?? null,
    expectedAt: momentOf(order.expectedAtMs),
    createdAt: formatRfc3339(order.createdAtMs),
    ...wordsOf(note),
    lines: lines.map((line) => ({ ...movingLine(line), incoming: line.incoming, ...arrived(line) })),
  };
}

/** A supply as a write answers it. */
export const changedSupplyView = (outcome: OrderOutcome, note: Note, after: AfterWrite): ChangedSupply => ({
  ...supplyView(shownOfOutcome(outcome, note)),
  ...countedView(outcome),
  ...after,
});

/** A line that is on its way. */
export const incomingView = (row: IncomingRow): IncomingLine => ({
  kind: orderKinds[row.kind]!,
  orderId: row.order_id,
  line: row.line,
  productId: row.product_id,
  sku: row.sku ?? "",
  locationId: row.to_location_id,
  fromLocationId: row.location_id,
  quantity: row.incoming,
  expectedAt: momentOf(row.expected_at),
  reference: row.reference,
});
