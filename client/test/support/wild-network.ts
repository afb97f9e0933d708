/**
 * A network between a till and its server that does what networks do, and worse: what the till sends arrives three times
 * besides, shuffled, over four connections at once, and many answers are lost on their way back.
 */
import type { SyncBatch } from "../../src/generated/operations.ts";
import { openTcpProxy } from "./tcp-proxy.ts";

const copies = 3;
const connections = 4;
const linesOfACopy = 100;

export interface WildNetworkOptions {
  readonly serverUrl: string;
  /** How far the till's clock is ahead. */
  readonly clockAheadMs: number;
  /** A whole number from 0, below the one given. */
  readonly draw: (below: number) => number;
}

export interface WildNetwork {
  /** Where the till finds its server. */
  readonly url: string;
  /** How often each operation reached the server. */
  readonly arrivals: ReadonlyMap<string, number>;
  /** Answers that never reached the till. */
  readonly lost: number;
  close(): Promise<void>;
}

export async function openWildNetwork({ serverUrl, clockAheadMs, draw }: WildNetworkOptions): Promise<WildNetwork> {
  const arrivals = new Map<string, number>();
  const post = async (body: SyncBatch, headers: Headers): Promise<Response> => {
    const init = { method: "POST", headers, body: JSON.stringify(body) };
    const response = await fetch(`${serverUrl}/v1/sync/batch`, init);
    for (const { operationId } of body.operations)
      arrivals.set(String(operationId), (arrivals.get(String(operationId)) ?? 0) + 1);
    return response;
  };
  const sendCopies = async (batch: SyncBatch, headers: Headers): Promise<void> => {
    const lines = Array.from({ length: copies }, () => batch.operations).flat();
    for (let index = lines.length - 1; index > 0; index--) {
      const other = draw(index + 1);
      [lines[index], lines[other]] = [lines[other]!, lines[index]!];
    }
    const parts = Array.from({ length: Math.ceil(lines.length / linesOfACopy) }, (_, index) =>
      lines.slice(index * linesOfACopy, (index + 1) * linesOfACopy),
    );
    await Promise.all(
      Array.from({ length: connections }, async (_, connection) => {
        for (const operations of parts.filter((_, index) => index % connections === connection)) {
          const deviceTime = new Date(Date.now() + clockAheadMs).toISOString();
          const answer = await post({ ...batch, operations, deviceTime }, headers);
          if (answer.status !== 200) throw new Error(`a copy was answered ${answer.status}: ${await answer.text()}`);
          await answer.arrayBuffer();
        }
      }),
    );
  };
  const front = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    idleTimeout: 120,
    async fetch(request) {
      const headers = new Headers(request.headers);
      for (const name of ["host", "content-length", "connection"]) headers.delete(name);
      const batch = (await request.json()) as SyncBatch;
      const [answer] = await Promise.all([post(batch, headers), sendCopies(batch, headers)]);
      const body = await answer.text();
      if (draw(5) < 2) proxy.loseNextAnswer();
      return new Response(body, { status: answer.status, headers: { "content-type": "application/json" } });
    },
  });
  const proxy = await openTcpProxy(front.port!);
  return {
    url: proxy.url,
    arrivals,
    get lost() {
      return proxy.lost;
    },
    async close() {
      await proxy.close();
      await front.stop(true);
    },
  };
}
