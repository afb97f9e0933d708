/**
 * A server of the feed over a model shop, behind `fetch`: lists in pages, streams and polls. Faults come from a list of
 * numbers, and the shop goes on whenever something is asked, so that pages and events interleave.
 */
import type { Deed, ModelShop } from "./model-shop.ts";
import { json, networkError, problem } from "./scripted-client.ts";

export interface FakeOptions {
  readonly shop: ModelShop;
  /** Done one after the other, some at each request. */
  readonly deeds: Deed[];
  /** What goes wrong, one number for each request; nothing any more when they are used up. */
  readonly faults: number[];
}

const encoder = new TextEncoder();
const rowsPerPage = 2;

export class FakeOnhand {
  readonly #options: FakeOptions;
  readonly #kept: ModelShop[] = [];
  /** The stream that waits for events, when everything has been played. */
  #idle: ((stop: () => void) => void) | null = null;
  requests = 0;

  constructor(options: FakeOptions) {
    this.#options = options;
  }

  readonly fetch = async (address: string, init: RequestInit): Promise<Response> => {
    this.requests += 1;
    const url = new URL(address);
    this.#goOn();
    const fault = this.#options.faults.shift() ?? 0;
    if (fault === 1) throw networkError();
    if (fault === 2) return problem(503, "overloaded", { "retry-after": "1" });
    if (fault === 3) this.#restore();
    if (url.pathname === "/v1/inventory") return this.#page(url);
    const cursor = url.searchParams.get("cursor") ?? url.searchParams.get("since")!;
    const { shop } = this.#options;
    const events = shop.after(cursor);
    if (events === null) return problem(410, "cursor_expired", {}, { snapshot: "/v1/inventory" });
    if (url.pathname === "/v1/inventory/updates") {
      const data = events.slice(0, 3);
      return json({ data, nextCursor: data.at(-1)?.data.cursor ?? cursor });
    }
    if (fault === 4) return problem(404, "not_found");
    // A feed may deliver more than once.
    return this.#stream(fault === 7 ? shop.before(cursor, 4) : cursor, fault, init.signal ?? null);
  };

  /** Resolves when a stream waits for events and nothing is left to happen. */
  idle(): Promise<void> {
    return new Promise((resolve) => {
      this.#idle = () => resolve();
    });
  }

  #goOn(): void {
    const { shop, deeds } = this.#options;
    if (deeds.length % 7 === 0) this.#kept.push(shop.copy());
    for (const deed of deeds.splice(0, 3)) shop.do(deed);
  }

  #restore(): void {
    const kept = this.#kept.pop();
    if (kept !== undefined) this.#options.shop.restore(kept);
  }

  #page(url: URL): Response {
    const { shop } = this.#options;
    // A page token is the last key and the place of the first page.
    const [after, cursor] = (url.searchParams.get("cursor") ?? `~${shop.cursor}`).split("~") as [string, string];
    const productId = url.searchParams.get("productId");
    const locationId = url.searchParams.get("locationId");
    const rows = shop.list().filter((row) => {
      const isAsked =
        (productId ?? row.productId) === row.productId && (locationId ?? row.locationId) === row.locationId;
      return isAsked && `${row.productId}/${row.locationId}` > after;
    });
    const data = rows.slice(0, rowsPerPage);
    const last = data.at(-1);
    const nextCursor = rows.length > rowsPerPage ? `${last!.productId}/${last!.locationId}~${cursor}` : null;
    return json({ data, nextCursor }, { "onhand-cursor": cursor });
  }

  #stream(from: string, fault: number, signal: AbortSignal | null): Response {
    const { shop, deeds, faults } = this.#options;
    let cursor = from;
    let isFirst = true;
    let isCaughtUp = false;
    const body = new ReadableStream<Uint8Array>(
      {
        pull: (controller) => {
          const write = (text: string) => controller.enqueue(encoder.encode(text));
          const place = () => `id: ${cursor}\nevent: progress\ndata: {"cursor":"${cursor}"}\n\n`;
          if (isFirst) {
            isFirst = false;
            write(`retry: 1500\n\n${place()}`);
            return;
          }
          const left = shop.after(cursor);
          // A restore ends what was open.
          if (left === null) {
            controller.close();
            return;
          }
          const next = left.slice(0, 2);
          if (next.length > 0) {
            const text = next.map((event) => `id: ${event.data.cursor}\ndata: ${JSON.stringify(event)}\n\n`).join("");
            cursor = next.at(-1)!.data.cursor;
            // Torn in the middle of an event, or of the lines behind it.
            if (fault === 5) {
              write(text.slice(0, -(1 + (text.length % 40))));
              controller.error(networkError());
            } else write(text);
            return;
          }
          if (!isCaughtUp) {
            isCaughtUp = true;
            write(place());
            return;
          }
          if (fault === 6) {
            write(`retry: 900\nid: ${cursor}\nevent: closing\ndata: {"reason":"shutdown","retryMs":900}\n\n`);
            controller.close();
            return;
          }
          if (deeds.length > 0 || faults.length > 0) {
            controller.close();
            return;
          }
          this.#idle?.(() => controller.close());
          return new Promise<void>((resolve) => signal?.addEventListener("abort", () => resolve()));
        },
      },
      { highWaterMark: 0 },
    );
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  }
}
