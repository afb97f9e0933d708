/** The lines of count sessions: put in bulk, read, and compared with what was expected. */
import type { PutCountLines } from "@onhand/protocol/counts";
import { futureToleranceMs } from "@onhand/protocol/vocabulary";
import { partitionOf } from "../core/record/partition.ts";
import type { Database, Queryable } from "../db/pool.ts";
import { walkBack } from "../journal/walk-back.ts";
import { parseRfc3339Ms } from "../lib/rfc3339.ts";
import { type KeyedRequest, type Remembered, remembered } from "../registry/remembered.ts";
import { WorkRefusal } from "../registry/work-refusal.ts";
import { countLimits } from "./count-limits.ts";
import { lockedSession, notOpen } from "./count-sessions.ts";
import * as sql from "./sql/lines.ts";
import { touchSession } from "./sql/sessions.ts";
import { type ComparedRow, compareLines, countNotCounted } from "./sql/variance.ts";
import { type Compared, compared, largestFirst, totalsOf, type VarianceTotals } from "./variance.ts";

export type { Compared } from "./variance.ts";

/** What a request did to the lines of a session. */
export interface Put {
  readonly added: number;
  readonly replaced: number;
  readonly removed: number;
}

export interface Variance {
  readonly totals: VarianceTotals & { readonly notCounted: number };
  readonly lines: readonly Compared[];
}

type RequestLine = PutCountLines["lines"][number];
type Fault = { readonly pointer: string; readonly message: string };

/** A line of a request with its product. */
interface Found {
  readonly index: number;
  readonly productId: string;
  readonly stockLevel: number | null;
  readonly countedAtMs: number;
}

interface RowPage {
  readonly rows: readonly ComparedRow[];
  /** Number of its last line, or null on the last page. */
  readonly next: number | null;
}

export class CountLines {
  readonly #database: Database;
  readonly #partitionCount: number;

  constructor(database: Database, partitionCount: number) {
    this.#database = database;
    this.#partitionCount = partitionCount;
  }

  /** Adds lines, has them counted anew, or takes them out: all of them or none. @throws WorkRefusal that names the lines at fault */
  put(request: KeyedRequest, sessionId: string, body: PutCountLines, version: number | null): Promise<Remembered<Put>> {
    return remembered(this.#database, request, async (connection) => {
      const session = await lockedSession(connection, sessionId, version);
      if (session.status !== "open") throw notOpen(session, "changed");
      const found = await this.#find(connection, body);
      const { rows } = await connection.query<{ product_id: string; verdict: string | null }>(
        sql.selectLinesOf(
          sessionId,
          found.map((line) => line.productId),
        ),
      );
      const before = new Map(rows.map((row) => [row.product_id, row.verdict]));
      refuse(
        found.flatMap(({ index, productId }) => {
          const verdict = before.get(productId) ?? null;
          return verdict === null || verdict === "rejected"
            ? []
            : [{ pointer: `/lines/${index}`, message: `was ${verdict} already: count it in another session` }];
        }),
        "already_ended",
      );
      const put = found.flatMap((line) => (line.stockLevel === null ? [] : [{ ...line, counted: line.stockLevel }]));
      const removed = found.filter((line) => line.stockLevel === null && before.has(line.productId));
      const added = put.filter((line) => !before.has(line.productId));
      await requireRoom(connection, sessionId, added.length - removed.length);
      const { deviceId = null, clockErrorMs = null } = body.device ?? {};
      const numbers = new Map(added.map((line, index) => [line.productId, session.next_line + index]));
      await connection.query(
        sql.upsertLines(
          sessionId,
          request.principal,
          put.map(({ productId, counted, countedAtMs }) => ({
            partition: partitionOf(productId, this.#partitionCount),
            productId,
            // One that is there keeps its number; this one only must be nobody else's.
            line: numbers.get(productId) ?? -1,
            counted,
            countedAtMs,
            deviceId,
            clockErrorMs,
          })),
        ),
      );
      await connection.query(
        sql.deleteLines(
          sessionId,
          removed.map((line) => line.productId),
        ),
      );
      await connection.query(touchSession(sessionId, added.length));
      return { added: added.length, replaced: put.length - added.length, removed: removed.length };
    });
  }

  /** A page of lines, in order of their numbers. @param isBlind nobody is shown what was expected, so it is not looked up */
  async list(
    sessionId: string,
    verdict: Parameters<typeof compareLines>[1]["verdict"],
    afterLine: number,
    limit: number,
    isBlind: boolean,
  ): Promise<{ readonly lines: readonly Compared[]; readonly next: number | null }> {
    const { rows, next } = await this.#rows(sessionId, verdict, afterLine, limit);
    return { lines: await this.#compared(rows, isBlind ? 0 : countLimits.pageWalkEntriesMax), next };
  }

  /** How a session differs from what was expected; each part of its lines as of one moment. @param limit lines, the largest first */
  async variance(sessionId: string, limit: number): Promise<Variance> {
    const all: ComparedRow[] = [];
    for (let afterLine: number | null = 0; afterLine !== null; ) {
      const page: RowPage = await this.#rows(sessionId, null, afterLine, countLimits.linesPerStatement);
      all.push(...page.rows);
      afterLine = page.next;
    }
    const lines = await this.#compared(all, countLimits.varianceWalkEntriesMax);
    const { rows } = await this.#database.query<{ items: number }>(countNotCounted(sessionId));
    return { totals: { ...totalsOf(lines), notCounted: rows[0]!.items }, lines: largestFirst(lines).slice(0, limit) };
  }

  async #rows(
    sessionId: string,
    verdict: Parameters<typeof compareLines>[1]["verdict"],
    afterLine: number,
    limit: number,
  ): Promise<RowPage> {
    const { rows } = await this.#database.query<ComparedRow>(
      compareLines(sessionId, { verdict }, afterLine, limit + 1),
    );
    return { rows: rows.slice(0, limit), next: rows.length > limit ? rows[limit - 1]!.line : null };
  }

  /** @param budget entries that are looked back through; what is there now is what it was after the last of them */
  async #compared(rows: readonly ComparedRow[], budget: number): Promise<Compared[]> {
    const walks = rows.flatMap((row) =>
      row.sequence === null && row.last_sequence !== null
        ? [{ row, partition: row.partition, lastSequence: row.last_sequence, momentsMs: [row.counted_at] }]
        : [],
    );
    const { since } = await walkBack(this.#database, walks, budget);
    const moved = new Map(walks.map(({ row }, index) => [row, since[index]!.get(row.counted_at)!.moved]));
    return rows.map((row) => {
      const movedSince = moved.get(row) ?? 0;
      return compared(row, Number.isNaN(movedSince) ? null : movedSince);
    });
  }

  async #find(connection: Queryable, body: PutCountLines): Promise<Found[]> {
    const { rows: clock } = await connection.query<{ now: number }>(sql.selectNow());
    const nowMs = clock[0]!.now;
    const products = await this.#products(connection, body.lines);
    const faults: Fault[] = [];
    const seen = new Set<string>();
    const found = body.lines.flatMap((line, index) => {
      const pointer = `/lines/${index}`;
      const productId = products.of(line);
      const countedAt = line.countedAt ?? body.countedAt;
      const countedAtMs = countedAt === undefined ? nowMs : parseRfc3339Ms(countedAt);
      if (line.productId === undefined && line.sku === undefined)
        faults.push({ pointer, message: "needs productId or sku" });
      else if (productId === null) faults.push(unknownProduct(pointer, line));
      else if (line.productId !== undefined && line.sku !== undefined && products.ofSku(line.sku) !== productId)
        faults.push({ pointer: `${pointer}/sku`, message: "is the SKU of another product" });
      else if (seen.has(productId)) faults.push({ pointer, message: "names a product a second time" });
      else if (countedAtMs > nowMs + futureToleranceMs)
        faults.push({ pointer: `${pointer}/countedAt`, message: "lies in the future" });
      if (productId === null) return [];
      seen.add(productId);
      return [{ index, productId, stockLevel: line.stockLevel, countedAtMs }];
    });
    refuse(faults, "validation_failed");
    return found;
  }

  async #products(connection: Queryable, lines: readonly RequestLine[]) {
    const named = <Key>(of: (line: RequestLine) => Key | undefined): Key[] => [
      ...new Set(lines.flatMap((line) => of(line) ?? [])),
    ];
    const placed = (key: string): number => partitionOf(key, this.#partitionCount);
    const { rows } = await connection.query<{ sku: string | null; product_id: string }>(
      sql.findProducts(
        named((line) => line.productId).map((productId) => ({ partition: placed(productId), productId })),
        named((line) => line.sku).map((sku) => ({ partition: placed(sku), sku })),
      ),
    );
    const ids = new Set(rows.flatMap((row) => (row.sku === null ? [row.product_id] : [])));
    const bySku = new Map(rows.flatMap((row) => (row.sku === null ? [] : [[row.sku, row.product_id] as const])));
    const ofSku = (sku: string): string | null => bySku.get(sku) ?? null;
    return {
      ofSku,
      of: ({ productId, sku }: RequestLine): string | null =>
        productId !== undefined ? (ids.has(productId) ? productId : null) : sku === undefined ? null : ofSku(sku),
    };
  }
}

const unknownProduct = (pointer: string, { productId, sku }: RequestLine): Fault =>
  productId === undefined
    ? { pointer: `${pointer}/sku`, message: `names no product: there is none with the SKU ${sku}` }
    : { pointer: `${pointer}/productId`, message: `names no product: there is none with the id ${productId}` };

const faultsShownMax = 20;

function refuse(faults: readonly Fault[], code: "validation_failed" | "already_ended"): void {
  const [first] = faults;
  if (first === undefined) return;
  const others = faults.length === 1 ? "" : ` and ${faults.length - 1} more`;
  throw new WorkRefusal(
    code,
    `Nothing was changed: ${first.pointer} ${first.message}${others}. Correct what errors names and send all lines again.`,
    { errors: faults.slice(0, faultsShownMax) },
  );
}

async function requireRoom(connection: Queryable, sessionId: string, more: number): Promise<void> {
  if (more <= 0) return;
  const { rows } = await connection.query<{ lines: number }>(sql.countLines(sessionId));
  const { linesPerSessionMax } = countLimits;
  if (rows[0]!.lines + more <= linesPerSessionMax) return;
  throw new WorkRefusal(
    "validation_failed",
    `A session takes at most ${linesPerSessionMax} lines. Open another one for the rest.`,
    { limit: linesPerSessionMax, errors: [{ pointer: "/lines", message: "are more than the session has room for" }] },
  );
}
