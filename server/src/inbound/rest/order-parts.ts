/** What the routes of reservations, transfers and supplies have in common. */
import type { InventoryItem } from "@onhand/protocol/resources";
import { type OrderKind, quantityMax } from "@onhand/protocol/vocabulary";
import type { OrderAddress } from "../../commands/order-commands.ts";
import type { RequestContext } from "../../commands/request-context.ts";
import type { Command, ProductName } from "../../core/command.ts";
import type { OrderOutcome } from "../../core/outcome.ts";
import { ProblemError } from "../../host/problem.ts";
import type { Call, Reply } from "../../host/route.ts";
import type { FieldError } from "../../host/validation.ts";
import type { OrderFilter, OrderNoteRow, OrderRow } from "../../queries/order-queries.ts";
import { type Accepted, execute, feedCursorOf, type MakeAnew, notFound, type RestContext } from "./context.ts";
import type { AfterWrite } from "./order-views.ts";
import { itemOfOutcome } from "./views.ts";

/** No product has this id. An unknown SKU is refused by the writer, so that its key remembers the refusal. */
const noProduct = "?";

/** Wrong fields that are named in one answer. */
const errorsMax = 20;

interface NamedLine {
  readonly productId?: string;
  readonly sku?: string;
  readonly quantity: number;
}

/** @throws ProblemError 400 that names the fields */
export function requireNone(errors: readonly FieldError[]): void {
  const [first] = errors;
  if (first === undefined) return;
  throw new ProblemError(
    "validation_failed",
    `The body is not valid: ${first.pointer === "" ? "it" : first.pointer} ${first.message}. Correct it and send it again.`,
    { errors: errors.slice(0, errorsMax) },
  );
}

/** What is wrong with how lines name products and units. */
export function faultsOfLines(lines: readonly NamedLine[]): FieldError[] {
  const unnamed = lines.flatMap((line, index) =>
    line.productId === undefined && line.sku === undefined
      ? [{ pointer: `/lines/${index}/productId`, message: "is required unless sku is given" }]
      : [],
  );
  const units = lines.reduce((sum, line) => sum + line.quantity, 0);
  return units <= quantityMax
    ? unnamed
    : [...unnamed, { pointer: "/lines", message: `have more than ${quantityMax} units together` }];
}

/** Orders have no version that could be matched. @throws ProblemError 400 */
export function refuseMatch(call: Call): void {
  if (call.ifMatchVersion === null) return;
  throw new ProblemError(
    "validation_failed",
    "If-Match does not apply: reservations, transfers and supplies have no version. Leave it out; a step that no longer fits is refused by itself.",
    { errors: [{ pointer: "If-Match", message: "does not apply here" }] },
  );
}

/** The products that lines name, in order; SKUs are looked up in one query. */
export async function productsOf(
  rest: RestContext,
  lines: readonly Pick<NamedLine, "productId" | "sku">[],
): Promise<ProductName[]> {
  const skus = [...new Set(lines.flatMap(({ productId, sku }) => (productId === undefined ? [sku!] : [])))];
  const found = await rest.items.currentProductsOfSkus(skus);
  const bySku = new Map(skus.map((sku, index) => [sku, found[index]?.productId ?? noProduct]));
  return lines.map(({ productId, sku = null }) =>
    productId === undefined ? { productId: bySku.get(sku!)!, sku, isFoundBySku: true } : { productId, sku },
  );
}

/** Where an order lies, and what was said of it. */
export interface FoundOrder extends OrderAddress {
  readonly note: OrderNoteRow;
}

/** @throws ProblemError 404 */
export async function findOrder(rest: RestContext, kind: OrderKind, orderId: string): Promise<FoundOrder> {
  const place = await rest.orders.placeOf(kind, orderId);
  if (place === null) throw notFound(`${kind} ${orderId}`);
  return place;
}

/** Submits a command on an order; as long as it rests on old look-ups, it is made anew and asked again. */
export async function executeOrder(
  rest: RestContext,
  context: RequestContext,
  make: (needsPartitions: readonly number[]) => Promise<Command>,
): Promise<Accepted<"order">> {
  const partitions = new Set<number>();
  const makeAnew: MakeAnew = ({ needsPartitions = [] }) => {
    for (const partition of needsPartitions) partitions.add(partition);
    return make([...partitions]);
  };
  return execute(rest, context, await make([]), "order", {}, makeAnew);
}

/** An order with further partitions that it was found to lie in. */
export const withPartitions = (found: FoundOrder, more: readonly number[]): FoundOrder =>
  more.length === 0 ? found : { ...found, partitions: [...new Set([...found.partitions, ...more])] };

/** Remembers an order that was just made, so that what is done with it next needs no look-up. */
export function rememberMade(rest: RestContext, { order, isDryRun }: OrderOutcome, note: OrderNoteRow): void {
  const { orderId, partitions, lineCount } = order;
  if (!isDryRun) rest.orders.remember({ orderId, partitions, lineCount, note });
}

/** What an answer to a write has besides the order. */
export async function afterWrite(
  rest: RestContext,
  { outcome, cursor }: Pick<Accepted<"order">, "outcome" | "cursor">,
): Promise<AfterWrite> {
  const skus = new Map(outcome.lines.map((line, index) => [line.productId, outcome.skus[index]!]));
  // Older reservations that gave way may be of other products.
  const others = [...new Set(outcome.items.map((item) => item.productId).filter((id) => !skus.has(id)))];
  const found = await Promise.all(others.map((productId) => rest.catalogue.product(productId)));
  for (const [index, row] of found.entries())
    skus.set(others[index]!, (row?.document as { sku: string } | undefined)?.sku ?? "");
  const items: InventoryItem[] = outcome.items.map((item) => itemOfOutcome(item, skus.get(item.productId)!));
  return { items, cursor };
}

/** A page of orders of one kind. */
export async function listOrders(
  rest: RestContext,
  query: Call["query"],
  filter: OrderFilter,
  view: (row: OrderRow) => object,
): Promise<Reply> {
  const { limit, cursor: _cursor, minCursor: _minCursor, ...asked } = query;
  const filters = [filter.kind, ...Object.entries(asked).sort(([a], [b]) => (a < b ? -1 : 1))];
  const start = rest.pageTokens.read(query, filters);
  const feedCursor = await feedCursorOf(rest, start);
  const page = await rest.orders.list(filter, start.after, limit as number);
  const nextCursor = rest.pageTokens.next(page.next, filters, feedCursor);
  return { status: 200, body: { data: page.rows.map(view), nextCursor }, headers: { "onhand-cursor": feedCursor } };
}

/** Filters that lists of all kinds share. */
export const commonFilter = (rest: RestContext, query: Call["query"]) => ({
  product: query.productId === undefined ? null : rest.items.productKey(query.productId as string),
  reference: (query.reference as string | undefined) ?? null,
});
