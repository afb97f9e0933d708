/**
 * The bare server: hands to every open stream what is written to it, and does nothing else. No keys, no database, no filter,
 * no cursors, no limits, no care for slow readers. What it costs to hand bytes to so many clients with this runtime is the
 * yardstick for what Onhand's feed costs.
 *
 * It takes the writes of the load generator (`POST /v1/inventory`, `/v1/inventory/bulk-update`) and answers them with little
 * more than "applied". `PUT /frame` sets the event that it sends, frame and all, as captured from Onhand; id, reference and time
 * are written over it. `PUT /rate` lets it send on its own: so many events a second, none to stop; it answers how many
 * events it has sent since it began.
 *
 * Environment: `PORT`, `HOST`.
 */

import { formatMovementId } from "../../server/src/core/record/ids.ts";

const TICK_MS = 5;
const OPENING = 'retry: 1000\n\nid: bare\nevent: progress\ndata: {"cursor":"bare"}\n\n';
const EXAMPLE = `id: bare\ndata: {"specversion":"1.0","id":"${formatMovementId(0, 1)}","data":{"reference":"order-${"0".repeat(16)}","recordedAt":"2026-01-01T00:00:00.000Z"}}\n\n`;

type Controller = ReadableStreamDefaultController<Uint8Array>;

const streams = new Set<Controller>();
const encoder = new TextEncoder();
let parts = partsOf(EXAMPLE);
let eventCount = 0;
let timer: Timer | null = null;

/** The frame around the three texts that change. */
function partsOf(frame: string): readonly [string, string, string, string] {
  const id = frame.indexOf('"id":"mov_') + '"id":"'.length;
  const idEnd = frame.indexOf('"', id);
  const reference = frame.indexOf('"reference":"') + '"reference":"'.length;
  const referenceEnd = frame.indexOf('"', reference);
  const recorded = frame.lastIndexOf('"recordedAt":"') + '"recordedAt":"'.length;
  const recordedEnd = frame.indexOf('"', recorded);
  if (!(idEnd < reference && referenceEnd < recorded))
    throw new Error("the frame does not look like an event of Onhand");
  return [
    frame.slice(0, id),
    frame.slice(idEnd, reference),
    frame.slice(referenceEnd, recorded),
    frame.slice(recordedEnd),
  ];
}

function frameOf(reference: string, recordedAt: string): string {
  eventCount++;
  return parts[0] + formatMovementId(0, eventCount) + parts[1] + reference + parts[2] + recordedAt + parts[3];
}

function broadcast(references: readonly string[]): void {
  const recordedAt = new Date().toISOString();
  const bytes = encoder.encode(references.map((reference) => frameOf(reference, recordedAt)).join(""));
  for (const stream of streams) stream.enqueue(bytes);
}

function openStream(): Response {
  let controller: Controller;
  const body = new ReadableStream<Uint8Array>({
    start(own) {
      controller = own;
      controller.enqueue(encoder.encode(OPENING));
      streams.add(controller);
    },
    cancel() {
      streams.delete(controller);
    },
  });
  return new Response(body, { headers: { "Content-Type": "text/event-stream" } });
}

function sendAtRate(eventsPerSecond: number): void {
  if (timer !== null) clearInterval(timer);
  timer = null;
  if (eventsPerSecond <= 0) return;
  const startedAtMs = performance.now();
  let sent = 0;
  timer = setInterval(() => {
    const due = Math.floor(((performance.now() - startedAtMs) / 1000) * eventsPerSecond) - sent;
    if (due <= 0) return;
    sent += due;
    broadcast(Array.from({ length: due }, () => "order-"));
  }, TICK_MS);
}

interface Line {
  readonly reference: string;
}

Bun.serve({
  hostname: process.env.HOST ?? "127.0.0.1",
  port: Number(process.env.PORT ?? "8080"),
  idleTimeout: 0,
  routes: {
    "/readyz": () => new Response("ready"),
    "/v1/inventory/stream": openStream,
    "/v1/inventory": {
      POST: async (request) => {
        broadcast([((await request.json()) as Line).reference]);
        return Response.json({ applied: 1 });
      },
    },
    "/v1/inventory/bulk-update": {
      POST: async (request) => {
        const { updates } = (await request.json()) as { updates: readonly Line[] };
        broadcast(updates.map((line) => line.reference));
        return Response.json({ applied: updates.length });
      },
    },
    "/frame": {
      PUT: async (request) => {
        parts = partsOf(await request.text());
        return new Response();
      },
    },
    "/rate": {
      PUT: async (request) => {
        sendAtRate(Number(await request.text()));
        return Response.json({ events: eventCount });
      },
    },
  },
  fetch: () => new Response("not found", { status: 404 }),
});
