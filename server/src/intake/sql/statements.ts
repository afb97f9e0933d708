/** Statements on what sources stated, and on what was published to them. */
import { bigintColumn, textColumn, timestampColumn } from "../../db/binary-array.ts";
import type { Statement } from "../../db/pool.ts";
import { intakeLimits } from "../intake-limits.ts";

export interface NewStatement {
  readonly productId: string;
  readonly locationId: string;
  readonly stockLevel: number;
  readonly asOfMs: number;
  readonly version: number | null;
  readonly rule: string;
}

/** Writes down what a source stated, unless it stated something newer before. Each item once, in order of the key. */
export const upsertStatements = (sourceId: string, statements: readonly NewStatement[]): Statement => ({
  name: "statement_upsert",
  text: `INSERT INTO source_statement AS s (source_id, product_id, location_id, stock_level, as_of, version, received_at, rule)
         SELECT $1, u.product_id, u.location_id, u.stock_level, u.as_of, u.version, date_trunc('milliseconds', clock_timestamp()), u.rule
         FROM unnest($2::text[], $3::text[], $4::bigint[], $5::timestamptz[], $6::bigint[], $7::text[])
           u(product_id, location_id, stock_level, as_of, version, rule)
         ON CONFLICT (source_id, product_id, location_id) DO UPDATE SET stock_level = excluded.stock_level, as_of = excluded.as_of,
           version = excluded.version, received_at = excluded.received_at, rule = excluded.rule
         WHERE CASE WHEN excluded.version IS NOT NULL AND s.version IS NOT NULL THEN excluded.version > s.version
           ELSE excluded.as_of > s.as_of OR (excluded.as_of = s.as_of AND s.rule <> excluded.rule AND excluded.rule = 'newest_level') END`,
  values: [
    sourceId,
    textColumn(statements, (each) => each.productId),
    textColumn(statements, (each) => each.locationId),
    bigintColumn(statements, (each) => each.stockLevel),
    timestampColumn(statements, (each) => each.asOfMs),
    bigintColumn(statements, (each) => each.version),
    textColumn(statements, (each) => each.rule),
  ],
});

export interface PublicationRow {
  readonly product_id: string;
  readonly location_id: string;
  readonly stock_level: number;
  readonly reference: string | null;
  readonly published_at: number;
}

/** What was published to a source of some products, newest first. */
export const selectPublications = (sourceId: string, productIds: readonly string[]): Statement => ({
  name: "publications_of",
  text: `SELECT p.product_id, p.location_id, p.stock_level, p.reference, p.published_at FROM publication p
         WHERE p.source_id = $1 AND p.product_id = ANY($2::text[]) ORDER BY p.published_at DESC`,
  values: [sourceId, textColumn(productIds, (productId) => productId)],
});

export interface NewPublication {
  readonly publicationId: string;
  readonly productId: string;
  readonly locationId: string;
  readonly stockLevel: number;
  readonly reference: string | null;
  readonly publishedAtMs: number | null;
}

/** Writes down what was published; without a time it was now. */
export const insertPublications = (sourceId: string, publications: readonly NewPublication[]): Statement => ({
  text: `INSERT INTO publication (source_id, product_id, location_id, published_at, publication_id, stock_level, reference)
         SELECT $1, u.product_id, u.location_id, coalesce(u.published_at, date_trunc('milliseconds', clock_timestamp())), u.publication_id, u.stock_level, u.reference
         FROM unnest($2::text[], $3::text[], $4::timestamptz[], $5::text[], $6::bigint[], $7::text[])
           u(product_id, location_id, published_at, publication_id, stock_level, reference)`,
  values: [
    sourceId,
    textColumn(publications, (each) => each.productId),
    textColumn(publications, (each) => each.locationId),
    timestampColumn(publications, (each) => each.publishedAtMs),
    textColumn(publications, (each) => each.publicationId),
    bigintColumn(publications, (each) => each.stockLevel),
    textColumn(publications, (each) => each.reference),
  ],
});

/** Forgets all but the newest publications of each pair of some products. */
export const forgetPublications = (sourceId: string, productIds: readonly string[]): Statement => ({
  text: `DELETE FROM publication p USING (
           SELECT product_id, location_id, published_at, publication_id, row_number() OVER (PARTITION BY product_id, location_id ORDER BY published_at DESC, publication_id DESC) AS place
           FROM publication WHERE source_id = $1 AND product_id = ANY($2::text[])) old
         WHERE old.place > $3 AND p.source_id = $1 AND p.product_id = old.product_id AND p.location_id = old.location_id
           AND p.published_at = old.published_at AND p.publication_id = old.publication_id`,
  values: [sourceId, textColumn(productIds, (productId) => productId), intakeLimits.publicationsPerPairMax],
});

/** What channels say may be sold of some products now, with when it was told. */
export const selectChannelLevels = (
  channelId: string,
  products: readonly { readonly partition: number; readonly productId: string }[],
): Statement => ({
  name: "intake_channel_levels",
  text: `SELECT c.product_id, c.available AS stock_level, j.recorded_at AS published_at
         FROM unnest($2::bigint[], $3::text[]) k(partition, product_id)
         JOIN channel_level c ON c.partition = k.partition AND c.product_id = k.product_id AND c.channel_id = $1
         JOIN journal j ON j.partition = c.partition AND j.sequence = c.told_sequence`,
  values: [channelId, bigintColumn(products, (each) => each.partition), textColumn(products, (each) => each.productId)],
});
