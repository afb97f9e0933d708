/** What belongs to a source beside itself: what it calls things, what it was told, and what it stated. */
import type { PublishToSource, PutSourceCodes } from "@onhand/protocol/sources";
import { sourceCodeKinds } from "@onhand/protocol/sources";
import { partitionOf } from "../core/record/partition.ts";
import type { Database, Queryable } from "../db/pool.ts";
import { forgetPublications, insertPublications } from "../intake/sql/statements.ts";
import type { Clock } from "../lib/clock.ts";
import { sortableId } from "../lib/random-id.ts";
import { parseRfc3339Ms } from "../lib/rfc3339.ts";
import { type KeyedRequest, type Remembered, remembered } from "../registry/remembered.ts";
import { WorkRefusal } from "../registry/work-refusal.ts";
import { locked, noSource } from "./sources.ts";
import * as sql from "./sql/codes.ts";
import { selectRegistered } from "./sql/sources.ts";

export type { CodeRow, StatementRow } from "./sql/codes.ts";

export interface Page<Row> {
  readonly rows: readonly Row[];
  /** Place of its last row, or null on the last page. */
  readonly next: readonly unknown[] | null;
}

type Fault = { readonly pointer: string; readonly message: string };
const faultsShownMax = 20;

export class SourceBooks {
  readonly #database: Database;
  readonly #partitionCount: number;
  readonly #clock: Clock;

  constructor(database: Database, partitionCount: number, clock: Clock) {
    this.#database = database;
    this.#partitionCount = partitionCount;
    this.#clock = clock;
  }

  async codes(
    sourceId: string,
    filter: Parameters<typeof sql.listCodes>[1],
    after: readonly unknown[] | null,
    limit: number,
  ): Promise<Page<sql.CodeRow>> {
    await this.#require(sourceId);
    const { rows } = await this.#database.query<sql.CodeRow>(sql.listCodes(sourceId, filter, after, limit + 1));
    return pageOf(rows, limit, (row) => [row.kind, row.code]);
  }

  async statements(
    sourceId: string,
    filter: Parameters<typeof sql.listStatements>[1],
    after: readonly unknown[] | null,
    limit: number,
  ): Promise<Page<sql.StatementRow>> {
    await this.#require(sourceId);
    const { rows } = await this.#database.query<sql.StatementRow>(
      sql.listStatements(sourceId, filter, after, limit + 1),
    );
    return pageOf(rows, limit, (row) => [row.product_id, row.location_id]);
  }

  /** Says what codes mean, or forgets them: all of them or none. @throws WorkRefusal that names those at fault */
  putCodes(
    request: KeyedRequest,
    sourceId: string,
    { codes }: PutSourceCodes,
  ): Promise<Remembered<{ readonly put: number; readonly removed: number }>> {
    return remembered(this.#database, request, async (connection) => {
      await locked(connection, sourceId, null);
      const changes = codes.map((each) => ({
        kind: sourceCodeKinds.indexOf(each.kind as (typeof sourceCodeKinds)[number]),
        code: each.code,
        target_id: each.targetId,
      }));
      const known = await this.#targets(connection, changes);
      const seen = new Set<string>();
      refuse(
        changes.flatMap(({ kind, code, target_id }, index): Fault[] => {
          const pointer = `/codes/${index}`;
          const name = `${kind} ${code}`;
          if (seen.has(name)) return [{ pointer, message: "names a code a second time" }];
          seen.add(name);
          const isKnown = target_id === null || known.has(`${kind} ${target_id}`);
          return isKnown ? [] : [{ pointer: `${pointer}/targetId`, message: `is no ${sourceCodeKinds[kind]}` }];
        }),
      );
      const put = changes.flatMap(({ target_id, ...rest }) => (target_id === null ? [] : [{ ...rest, target_id }]));
      const removed = changes.filter((each) => each.target_id === null);
      if (put.length > 0) await connection.query(sql.upsertCodes(sourceId, put));
      if (removed.length > 0) await connection.query(sql.deleteCodes(sourceId, removed));
      return { put: put.length, removed: removed.length };
    });
  }

  /** Writes down what a source was told: all of it or nothing. @throws WorkRefusal that names what is at fault */
  publish(
    request: KeyedRequest,
    sourceId: string,
    { publications }: PublishToSource,
  ): Promise<Remembered<{ readonly published: number }>> {
    return remembered(this.#database, request, async (connection) => {
      await locked(connection, sourceId, null);
      const skus = publications.flatMap(({ productId, sku }) =>
        productId === undefined && sku !== undefined ? [sku] : [],
      );
      const owners = await this.#owners(connection, skus);
      const named = publications.map(({ productId, sku }) => productId ?? owners.get(sku ?? "") ?? null);
      const known = await this.#targets(connection, [
        ...named.map((target_id) => ({ kind: 0, target_id })),
        ...publications.map(({ locationId = null }) => ({ kind: 1, target_id: locationId })),
      ]);
      refuse(
        publications.flatMap(({ locationId }, index): Fault[] => {
          const pointer = `/publications/${index}`;
          const productId = named[index]!;
          if (productId === null || !known.has(`0 ${productId}`))
            return [{ pointer, message: "names no product that there is, by productId or sku" }];
          return locationId === undefined || known.has(`1 ${locationId}`)
            ? []
            : [{ pointer: `${pointer}/locationId`, message: "is no location" }];
        }),
      );
      const nowMs = this.#clock.nowMs();
      await connection.query(
        insertPublications(
          sourceId,
          publications.map((each, index) => ({
            publicationId: sortableId("pub_", nowMs),
            productId: named[index]!,
            locationId: each.locationId ?? "",
            stockLevel: each.stockLevel,
            reference: each.reference ?? null,
            publishedAtMs: each.publishedAt === undefined ? null : parseRfc3339Ms(each.publishedAt),
          })),
        ),
      );
      await connection.query(forgetPublications(sourceId, [...new Set(named.map((productId) => productId!))]));
      return { published: publications.length };
    });
  }

  async #require(sourceId: string): Promise<void> {
    const { rows } = await this.#database.query(selectRegistered(sourceId));
    if (rows.length === 0) throw noSource(sourceId);
  }

  /** @returns those of some products and locations that there are, as kind and id */
  async #targets(
    connection: Queryable,
    targets: readonly { readonly kind: number; readonly target_id: string | null }[],
  ): Promise<ReadonlySet<string>> {
    const idsOf = (kind: number): string[] => [
      ...new Set(targets.flatMap((each) => (each.kind === kind && each.target_id !== null ? [each.target_id] : []))),
    ];
    const products = idsOf(0).map((productId) => ({
      productId,
      partition: partitionOf(productId, this.#partitionCount),
    }));
    const { rows } = await connection.query<{ kind: number; id: string }>(sql.selectTargets(products, idsOf(1)));
    return new Set(rows.map((row) => `${row.kind} ${row.id}`));
  }

  async #owners(connection: Queryable, skus: readonly string[]): Promise<ReadonlyMap<string, string>> {
    if (skus.length === 0) return new Map();
    const placed = [...new Set(skus)].map((sku) => ({ sku, partition: partitionOf(sku, this.#partitionCount) }));
    const { rows } = await connection.query<{ sku: string; product_id: string }>(sql.selectOwners(placed));
    return new Map(rows.map((row) => [row.sku, row.product_id]));
  }
}

function pageOf<Row>(rows: readonly Row[], limit: number, placeOf: (row: Row) => readonly unknown[]): Page<Row> {
  return { rows: rows.slice(0, limit), next: rows.length > limit ? placeOf(rows[limit - 1]!) : null };
}

function refuse(faults: readonly Fault[]): void {
  const [first] = faults;
  if (first === undefined) return;
  const others = faults.length === 1 ? "" : ` and ${faults.length - 1} more`;
  throw new WorkRefusal(
    "validation_failed",
    `Nothing was changed: ${first.pointer} ${first.message}${others}. Correct what errors names and send all of it again.`,
    { errors: faults.slice(0, faultsShownMax) },
  );
}
