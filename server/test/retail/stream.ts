/**
 * Tells a stream of real sales to Onhand as its senders would: some places by a platform that sends batches and repeats
 * them, the others by tills that are offline at random, send their log when they are back, some of it again, over several
 * connections and in any order. Then every row is accounted for, and every sum is compared with a fold of the file.
 */
import { expect } from "bun:test";
import { setTimeout as delay } from "node:timers/promises";
import { formatRfc3339 } from "../../src/lib/rfc3339.ts";
import { chanceOf } from "../consolidation/chance.ts";
import { allOf, itemsOf, levelsOf, totalsBy } from "../consolidation/views.ts";
import type { ServerProcess } from "../support/server-process.ts";
import type { SaleRow } from "./rows.ts";

export interface Stream {
  readonly name: string;
  readonly rows: readonly SaleRow[];
  /** The product that a code means; null for what is no goods, or not known. */
  readonly productOf: (code: string) => string | null;
  /** The place that a name means; null where nobody knows which. */
  readonly placeOf: (name: string) => string | null;
  /** Places that are told of by a platform; the others have tills. */
  readonly isPlatform: (name: string) => boolean;
  /** Added to the times of tills: nobody's log is years old. */
  readonly laterMs: number;
}

interface Told {
  readonly operationId: string;
  readonly verdict: string;
}
type Line = Readonly<Record<string, unknown>>;

/** What a row must come to, by the file and the register alone. */
type Fate = "applied" | "unmapped_product" | "unmapped_location" | "rejected";

const connections = 8;
const receiptsPerTill = 4_000;
const clockOffMs = 5 * 3_600_000;
const batchMax = 500;
const pauseMs = 250;

/** @returns what became of the rows, for people to read */
export async function proveStream(server: ServerProcess, stream: Stream): Promise<Record<string, number>> {
  await openRegister(server, stream);
  const first = new Map<string, string>();
  const applied = new Set<string>();
  let lines = 0;
  let repeats = 0;
  const note = (results: readonly Told[]): void => {
    lines += results.length;
    for (const { operationId, verdict } of results) {
      if (verdict === "applied" && applied.has(operationId)) throw new Error(`${operationId} was applied twice`);
      if (verdict === "applied") applied.add(operationId);
      if (verdict !== "duplicate") first.set(operationId, verdict);
      else {
        repeats += 1;
        // It is recorded, though the answer that said so first was lost, or is still on its way.
        if (!first.has(operationId)) first.set(operationId, "applied");
      }
    }
  };
  const startedAtMs = performance.now();
  const senders = sendersOf(server, stream, note);
  await Promise.all(
    Array.from({ length: connections }, async () => {
      for (let send = senders.pop(); send !== undefined; send = senders.pop()) await send();
    }),
  );
  const seconds = (performance.now() - startedAtMs) / 1000;
  const counts = await account(server, stream, first);
  return {
    ...counts,
    linesSent: lines,
    toldAsDuplicate: repeats,
    seconds: Math.round(seconds),
    linesPerSecond: Math.round(lines / seconds),
  };
}

const fateOf = (stream: Stream, row: SaleRow): Fate =>
  row.units === 0
    ? "rejected"
    : stream.productOf(row.productCode) === null
      ? "unmapped_product"
      : stream.placeOf(row.place) === null
        ? "unmapped_location"
        : "applied";

/** Every row is one that was applied, one that waits for its reason, or a copy of one of them; levels are the fold of the file. */
async function account(server: ServerProcess, stream: Stream, first: ReadonlyMap<string, string>) {
  const counts = {
    rows: stream.rows.length,
    applied: 0,
    copies: 0,
    unmapped_product: 0,
    unmapped_location: 0,
    rejected: 0,
    units: 0,
  };
  const fates = new Map<string, Fate>();
  const levels = new Map<string, number>();
  const byPlace = new Map<string, number>();
  for (const row of stream.rows) {
    if (fates.has(row.operationId)) {
      counts.copies += 1;
      continue;
    }
    const fate = fateOf(stream, row);
    fates.set(row.operationId, fate);
    counts[fate] += 1;
    if (fate !== "applied") continue;
    const place = stream.placeOf(row.place)!;
    const key = `${stream.productOf(row.productCode)} ${place}`;
    levels.set(key, (levels.get(key) ?? 0) + row.units);
    byPlace.set(place, (byPlace.get(place) ?? 0) + row.units);
    counts.units += row.units;
  }
  for (const [operationId, fate] of fates) {
    const verdict = first.get(operationId);
    const expected = fate === "applied" ? "applied" : fate === "rejected" ? "rejected" : "review";
    if (verdict !== expected) expect([operationId, fate, verdict]).toEqual([operationId, fate, expected]);
  }
  expect(first.size).toBe(fates.size);
  const parked = new Map(
    (await allOf(server, "/v1/parked-lines")).map((row) => [row.operationId as string, row.reason as Fate]),
  );
  expect(parked).toEqual(new Map([...fates].filter(([, fate]) => fate !== "applied")));
  const moved = [...levels].filter(([, units]) => units !== 0).sort();
  expect([...levelsOf(await itemsOf(server))].sort()).toEqual(moved);
  const totals = await totalsBy(server, "location", "locationId");
  expect(new Map(totals.map(({ group, totals: { stockLevel } }) => [group, stockLevel]))).toEqual(
    new Map(
      [...new Set(stream.rows.map(({ place }) => stream.placeOf(place)))]
        .filter((id) => id !== null)
        .map((id) => [id, byPlace.get(id) ?? 0]),
    ),
  );
  for (const device of await allOf(server, "/v1/devices"))
    expect([device.deviceId, device.missing, device.acknowledgedThrough]).toEqual([
      device.deviceId,
      [],
      device.lastSequence,
    ]);
  return counts;
}

async function openRegister(server: ServerProcess, stream: Stream): Promise<void> {
  const unique = <Key>(keys: Iterable<Key | null>): Key[] => [...new Set([...keys].filter((key) => key !== null))];
  const codes = unique(stream.rows.map(({ productCode }) => productCode));
  const places = unique(stream.rows.map(({ place }) => place));
  const productIds = unique(codes.map(stream.productOf));
  for (const locationId of unique(places.map(stream.placeOf)))
    await server.expect("POST", "/v1/locations", { locationId, name: locationId, type: "store" });
  const response = await fetch(`${server.url}/v1/imports/products`, {
    method: "POST",
    headers: {
      authorization: "Bearer an-admin-key-for-tests",
      "content-type": "application/x-ndjson",
      "idempotency-key": "products",
    },
    body: productIds.map((productId) => `${JSON.stringify({ productId, sku: productId, name: productId })}\n`).join(""),
  });
  expect(JSON.parse((await response.text()).trim().split("\n").at(-1)!)).toMatchObject({
    complete: true,
    summary: { applied: productIds.length },
  });
  await server.expect("POST", "/v1/sources", {
    sourceId: stream.name,
    name: stream.name,
    kind: "other",
    mode: "changes",
  });
  const mapped = [
    ...codes.map((code) => ({ kind: "product", code, targetId: stream.productOf(code) })),
    ...places.map((code) => ({ kind: "location", code, targetId: stream.placeOf(code) })),
  ].filter(({ targetId }) => targetId !== null);
  for (let from = 0; from < mapped.length; from += 10_000)
    await server.expect("POST", `/v1/sources/${stream.name}/codes`, { codes: mapped.slice(from, from + 10_000) });
}

/** @returns what each sender has to do, in steps of its own */
function sendersOf(
  server: ServerProcess,
  stream: Stream,
  note: (results: readonly Told[]) => void,
): (() => Promise<void>)[] {
  const post = async (path: string, body: object): Promise<void> => {
    for (;;) {
      const { status, body: answer } = await server.request<{ results: Told[] }>("POST", path, { body });
      if (status === 200) return note(answer.results);
      // A sender that is told to wait sends the same again.
      if (status !== 503 && status !== 429) throw new Error(`${path}: ${status} ${JSON.stringify(answer)}`);
      await delay(pauseMs);
    }
  };
  const tills = new Map<string, SaleRow[]>();
  const ofPlatform: SaleRow[] = [];
  const receipts = new Map<string, Set<string>>();
  for (const row of stream.rows) {
    if (stream.isPlatform(row.place)) {
      ofPlatform.push(row);
      continue;
    }
    // A place with many receipts has several tills, one beside the other.
    const known = receipts.get(row.place) ?? new Set<string>();
    receipts.set(row.place, known.add(row.receipt));
    const name = `${row.place} ${Math.floor(known.size / receiptsPerTill)}`;
    const log = tills.get(name);
    if (log === undefined) tills.set(name, [row]);
    else log.push(row);
  }
  const chance = chanceOf(stream.rows.length);
  const all: (() => Promise<void>)[] = [];
  for (let from = 0; from < ofPlatform.length; ) {
    const part = ofPlatform.slice(from, from + chance.between(1, batchMax));
    from += part.length;
    const lines = chance.shuffled(part).map((row) => eventOf(row));
    all.push(() => post(`/v1/sources/${stream.name}/events`, { lines }));
    if (chance.once(8)) all.push(() => post(`/v1/sources/${stream.name}/events`, { lines }));
  }
  let number = 0;
  for (const log of tills.values()) {
    const deviceId = `till-${number++}`;
    const lines = log.map((row, index) => ({ sequence: index + 1, ...eventOf(row, stream.laterMs + clockOffMs) }));
    all.push(() =>
      tillOf(chanceOf(number + lines.length), lines, (operations) =>
        post("/v1/sync/batch", {
          ...{ deviceId, sourceId: stream.name, operations, lastSequence: lines.length },
          ...{ deviceTime: formatRfc3339(Date.now() + clockOffMs), roundTripMs: 100 },
        }),
      ),
    );
  }
  return chance.shuffled(all);
}

const eventOf = ({ operationId, productCode, place, units, type, atMs }: SaleRow, laterMs = 0): Line => ({
  ...{ operationId, productCode, locationCode: place, adjustment: units, type },
  occurredAt: formatRfc3339(atMs + laterMs),
});

/** A till that is offline for a part of its log, again and again. */
async function tillOf(
  chance: ReturnType<typeof chanceOf>,
  log: readonly Line[],
  send: (lines: readonly Line[]) => Promise<void>,
): Promise<void> {
  for (let from = 0; from < log.length; ) {
    const isOffline = chance.once(3);
    const part = log.slice(from, from + chance.between(1, isOffline ? 4 * batchMax : 60));
    from += part.length;
    const batches: Line[][] = [];
    for (let at = 0; at < part.length; at += batchMax) batches.push(part.slice(at, at + batchMax));
    if (!isOffline) for (const batch of batches) await send(batch);
    else {
      const again = chance.once(2) ? batches : [];
      await Promise.all(chance.shuffled([...batches, ...again]).map((batch) => send(chance.shuffled(batch))));
    }
  }
}
