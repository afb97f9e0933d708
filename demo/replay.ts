/**
 * Replays the sales of all markets side by side. Each market has clients of its own; a product's sales at a market always
 * go through the same client, one after the other, so that they happen in their order.
 */
import type { Api } from "./api.ts";
import type { Market, Sale } from "./slice.ts";
import type { MarketTally, Tally } from "./tally.ts";

const rowsPerClient = 300;
/** Longer pauses of the real shop, such as its night, are cut to this. */
const pauseMsMax = 10 * 60_000;

export interface ReplayOptions {
  readonly api: Api;
  readonly markets: readonly Market[];
  readonly tally: Tally;
  readonly runId: string;
  /** How long the replay shall take; 0 for as fast as the server answers. */
  readonly durationMs: number;
  readonly signal: AbortSignal;
}

/** Key of a sale: the same for every try of it, another one in the next run. */
export const keyOf = (runId: string, { movement }: Sale): string => `demo/${runId}/row/${movement.rowKey}`;

export const bodyOf = ({ movement, productId, locationId }: Sale): object => ({
  productId,
  locationId,
  adjustment: movement.adjustment,
  type: movement.movementType,
  reason: movement.reason ?? "replay of Online Retail",
  ...(movement.reference === null ? {} : { reference: movement.reference }),
  timestamp: new Date(movement.occurredAtMs).toISOString(),
});

/** Resolves when every sale is answered, or the signal aborts. */
export async function replay(options: ReplayOptions): Promise<void> {
  const { markets, tally, durationMs } = options;
  const dueMs = timetable(markets, durationMs);
  const startedAtMs = performance.now();
  await Promise.all(
    markets.flatMap((market, index) =>
      shareOut(market).map((sales) => runClient(options, tally.markets[index]!, sales, dueMs, startedAtMs)),
    ),
  );
}

/** When each moment of the real clock is due, in ms after the start. */
function timetable(markets: readonly Market[], durationMs: number): ReadonlyMap<number, number> {
  const moments = [...new Set(markets.flatMap(({ sales }) => sales.map(({ movement }) => movement.occurredAtMs)))].sort(
    (a, b) => a - b,
  );
  let clockMs = 0;
  const clock = moments.map((moment, index) => {
    clockMs += Math.min(pauseMsMax, moment - (moments[index - 1] ?? moment));
    return [moment, clockMs] as const;
  });
  return new Map(clock.map(([moment, atMs]) => [moment, clockMs === 0 ? 0 : (atMs / clockMs) * durationMs]));
}

function shareOut({ sales }: Market): Sale[][] {
  const clients = Math.ceil(sales.length / rowsPerClient);
  const shares: Sale[][] = Array.from({ length: clients }, () => []);
  const clientOf = new Map<string, number>();
  for (const sale of sales) {
    const client = clientOf.get(sale.productId) ?? clientOf.size % clients;
    clientOf.set(sale.productId, client);
    shares[client]!.push(sale);
  }
  return shares;
}

async function runClient(
  options: ReplayOptions,
  market: MarketTally,
  sales: readonly Sale[],
  dueMs: ReadonlyMap<number, number>,
  startedAtMs: number,
): Promise<void> {
  const { api, tally, runId, signal } = options;
  for (const sale of sales) {
    if (signal.aborted) return;
    const { adjustment, movementType, occurredAtMs } = sale.movement;
    const waitMs = (dueMs.get(occurredAtMs) ?? 0) - (performance.now() - startedAtMs);
    if (waitMs > 1) await new Promise((resolve) => setTimeout(resolve, waitMs));
    const sentAtMs = performance.now();
    const { status, body } = await api.post("/v1/inventory", bodyOf(sale), keyOf(runId, sale));
    const isApplied = status === 200;
    if (!isApplied && body.code !== "insufficient_stock") throw new Error(`a sale failed: ${JSON.stringify(body)}`);
    tally.count(market, adjustment, movementType, isApplied, performance.now() - sentAtMs);
  }
}
