/**
 * A receiver of webhooks that does as little as one can: reads the body, notes subscription and sequence, answers 204.
 * `POST /hook/<n>` takes deliveries of the n-th subscription; `GET /counts` tells what came; `DELETE /counts` forgets it.
 * Any other POST is answered likewise and not noted: with it, the receiver's own limit is measured.
 *
 * Environment: `PORT`, `HOST`.
 */

/** What came for one subscription. */
class Received {
  readonly sequences = new Set<number>();
  repeated = 0;

  take(sequence: number): void {
    if (this.sequences.has(sequence)) this.repeated++;
    else this.sequences.add(sequence);
  }

  /** The last sequence up to which none is missing. */
  get complete(): number {
    let last = 0;
    while (this.sequences.has(last + 1)) last++;
    return last;
  }
}

let received = new Map<string, Received>();
let deliveries = 0;
let bytes = 0;

function take(subscription: string, sequence: number, length: number): void {
  let one = received.get(subscription);
  if (one === undefined) {
    one = new Received();
    received.set(subscription, one);
  }
  one.take(sequence);
  deliveries++;
  bytes += length;
}

const done = (): Response => new Response(null, { status: 204 });

Bun.serve({
  hostname: process.env.HOST ?? "127.0.0.1",
  port: Number(process.env.PORT ?? "8080"),
  idleTimeout: 0,
  routes: {
    "/readyz": () => new Response("ready"),
    "/hook/:subscription": {
      POST: async (request) => {
        const body = await request.arrayBuffer();
        take(request.params.subscription, Number(request.headers.get("webhook-sequence")), body.byteLength);
        return done();
      },
    },
    "/counts": {
      GET: (request) => {
        const isWhole = new URL(request.url).searchParams.has("whole");
        const subscriptions = isWhole
          ? [...received].map(([subscription, { sequences, repeated, complete }]) => ({
              ...{ subscription, distinct: sequences.size, repeated, complete },
            }))
          : [];
        return Response.json({ deliveries, bytes, subscriptions });
      },
      DELETE: () => {
        received = new Map();
        deliveries = 0;
        bytes = 0;
        return done();
      },
    },
  },
  fetch: async (request) => {
    await request.arrayBuffer();
    return done();
  },
});
