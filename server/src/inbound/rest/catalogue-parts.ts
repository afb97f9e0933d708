/** What the routes of products and of locations have in common. */
import { reservedSkus } from "@onhand/protocol/operations";
import { ProblemError } from "../../host/problem.ts";
import type { Call, Reply } from "../../host/route.ts";
import { livesOf } from "./common.ts";
import { feedCursorOf, type RestContext } from "./context.ts";

type Place = readonly unknown[];

/** Reads a page: states of life to show, text to look for, place of the last row before it, and how many rows. */
type LoadPage<Row> = (
  lives: readonly number[],
  q: string | null,
  after: Place | null,
  limit: number,
) => Promise<{ readonly rows: readonly Row[]; readonly next: Place | null }>;

/** A page of a catalogue list. @param name distinguishes its cursors from those of other lists */
export async function listReply<Row>(
  rest: RestContext,
  query: Call["query"],
  name: string,
  load: LoadPage<Row>,
  view: (row: Row) => object,
): Promise<Reply> {
  const filters = [name, query.status, query.q];
  const start = rest.pageTokens.read(query, filters);
  const feedCursor = await feedCursorOf(rest, start);
  const q = (query.q as string | undefined) ?? null;
  const page = await load(livesOf(query.status), q, start.after, query.limit as number);
  const nextCursor = rest.pageTokens.next(page.next, filters, feedCursor);
  return { status: 200, body: { data: page.rows.map(view), nextCursor }, headers: { "onhand-cursor": feedCursor } };
}

/** The state of life that a body asks for, if it does. */
export const lifeOf = (status: string | undefined): { life?: "active" | "archived" } =>
  status === undefined ? {} : { life: status as "active" | "archived" };

/** What DELETE asks for: removal, or with `?archive=true` a place among the archived. */
export const removalOf = (call: Call) =>
  call.query.archive === true
    ? ({ kind: "patch", fields: {}, life: "archived" } as const)
    : ({ kind: "delete" } as const);

/** SKUs stand in paths beside inventory ids and sub-paths, so they must be distinguishable. */
export function requireUsableSku(sku: string | undefined): void {
  if (sku === undefined || !(sku.startsWith("inv_") || reservedSkus.includes(sku) || sku === "." || sku === ".."))
    return;
  const message = `may not begin with inv_ nor be one of ${reservedSkus.join(", ")}`;
  throw new ProblemError("validation_failed", `The SKU ${message}. Choose another.`, {
    errors: [{ pointer: "/sku", message }],
  });
}
