/**
 * Gives whole lists as NDJSON or CSV: every call that lists something page by page answers so when `Accept` asks for it. The
 * pages are read one after the other, no faster than the caller takes them; a list that could not be read to its end breaks
 * the connection, so that nobody takes a part for the whole.
 */
import { isExportable, type Operation, operations } from "@onhand/protocol/operations";
import type { Call, Reply, Route } from "../../host/route.ts";
import type { Clock } from "../../lib/clock.ts";
import { explainFailure } from "../rest/outcome-problems.ts";
import { bulkLimits } from "./bulk-limits.ts";
import { columnsOf, headerLine, rowLine } from "./csv-writer.ts";
import { LineStream, NobodyReads } from "./line-stream.ts";
import { wholeListForm } from "./media-type.ts";

interface ExportTools {
  readonly clock: Clock;
  readonly isStopping: () => boolean;
  readonly onRows: (rows: number) => void;
  readonly onFailure: (call: Call, error: unknown) => void;
}

interface Page {
  readonly data: readonly Readonly<Record<string, unknown>>[];
  readonly nextCursor: string | null;
}

/** @returns the routes, of which those that list something also give all of it */
export const exporting = (routes: readonly Route[], tools: ExportTools): Route[] =>
  routes.map((route) => (isExportable(operations[route.operationId] as Operation) ? exportable(route, tools) : route));

function exportable(route: Route, tools: ExportTools): Route {
  const { response } = operations[route.operationId] as Operation;
  const rowSchema = (response as unknown as { properties: { data: { items: unknown } } }).properties.data.items;
  return {
    ...route,
    async handle(call) {
      const form = wholeListForm(call.header("accept"));
      if (form === null) return route.handle(call);
      const first = await route.handle(pageCall(call, call.query.cursor));
      // A route may have a form of its own for it.
      if (first.stream !== undefined) return first;
      return whole({ route, tools, call, form, rowSchema, first });
    },
  };
}

const pageCall = (call: Call, cursor: unknown): Call => {
  const { cursor: _, ...query } = call.query;
  return {
    ...call,
    query: { ...query, limit: bulkLimits.exportPageRows, ...(cursor === undefined ? {} : { cursor }) },
  };
};

interface Whole {
  readonly route: Route;
  readonly tools: ExportTools;
  readonly call: Call;
  readonly form: "ndjson" | "csv";
  readonly rowSchema: unknown;
  readonly first: Reply;
}

function whole(list: Whole): Reply {
  const { tools, call, form, first } = list;
  const stream = new LineStream(tools.clock);
  void writePages(list, stream).catch((error: Error) => {
    if (!(error instanceof NobodyReads) && explainFailure(error) === null) tools.onFailure(call, error);
    stream.cut(error);
  });
  const cursor = first.headers?.["onhand-cursor"];
  return {
    status: 200,
    body: null,
    stream,
    headers: {
      "content-type": form === "csv" ? "text/csv; charset=utf-8; header=present" : "application/x-ndjson",
      "cache-control": "no-store",
      ...(cursor === undefined ? {} : { "onhand-cursor": cursor }),
    },
  };
}

async function writePages({ route, tools, call, form, rowSchema, first }: Whole, stream: LineStream): Promise<void> {
  let page = first.body as Page;
  const columns = form === "csv" ? columnsOf(rowSchema, page.data[0]) : [];
  if (form === "csv") await stream.write(headerLine(columns));
  for (;;) {
    const lines = page.data.map((row) => (form === "csv" ? rowLine(columns, row) : `${JSON.stringify(row)}\n`));
    if (lines.length > 0) await stream.write(lines.join(""));
    tools.onRows(lines.length);
    if (page.nextCursor === null) break;
    if (tools.isStopping()) throw new NobodyReads("the server is stopping");
    page = (await nextPage(route, tools, pageCall(call, page.nextCursor))).body as Page;
  }
  stream.close();
}

/** What may pass by itself is tried again: the caller cannot go on in the middle. */
async function nextPage(route: Route, { clock }: ExportTools, call: Call): Promise<Reply> {
  for (let tries = 1; ; tries++) {
    try {
      return await route.handle(call);
    } catch (error) {
      if (tries >= bulkLimits.pageTriesMax || explainFailure(error) === null) throw error;
      await new Promise<void>((resolve) => void clock.after(bulkLimits.pageRetryMs, resolve));
    }
  }
}
