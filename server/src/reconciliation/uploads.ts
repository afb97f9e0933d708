/** Statements that somebody uploads: compared line by line at once, and kept as the source's last word when it is a source's. */
import type { StatementDifference, StatementReport, UploadedStatement } from "@onhand/protocol/reconciliation";
import { partitionOf } from "../core/record/partition.ts";
import type { Queryable } from "../db/pool.ts";
import type { Resolver } from "../intake/resolver.ts";
import type { Stated } from "../intake/stated.ts";
import { WorkRefusal } from "../registry/work-refusal.ts";
import { subjectOf } from "./difference.ts";
import type { Examiner } from "./examiner.ts";
import { reconciliationLimits } from "./limits.ts";
import * as sql from "./sql/statements.ts";
import { explained, levelAt } from "./statement-check.ts";
import { type ReadLine, readStatement, StatementUnreadable } from "./statement-lines.ts";

export interface UploadsOptions {
  readonly database: Queryable;
  readonly resolver: Resolver;
  readonly stated: Stated;
  readonly examiner: Examiner;
  readonly partitionCount: number;
}

type Whole = Extract<ReadLine, { stockLevel: number }>;

/** A line that can be compared. */
interface Comparable extends sql.Asked {
  readonly line: number;
  readonly stockLevel: number;
  readonly sku: string | null;
}

interface Compared extends Comparable {
  readonly level: sql.LevelThen;
  readonly ours: number | null;
}

const { uploadExplainedMax, statementWalkEntriesMax } = reconciliationLimits;

export class Uploads {
  readonly #options: UploadsOptions;

  constructor(options: UploadsOptions) {
    this.#options = options;
  }

  /** @throws WorkRefusal when it cannot be read as a whole, or there is no such source */
  async require(statement: UploadedStatement, nowMs: number): Promise<void> {
    readLines(statement, nowMs);
    if (statement.sourceId !== undefined) await this.#requireSource(statement.sourceId);
  }

  /** @param by who uploads it @param nowMs moment of lines that name none */
  async compare(statement: UploadedStatement, by: string, nowMs: number): Promise<StatementReport> {
    const { stated } = this.#options;
    const { sourceId } = statement;
    const lines = readLines(statement, nowMs);
    const refused = lines.flatMap((line) => ("refused" in line ? [{ line: line.line, reason: line.refused }] : []));
    const comparable = await this.#resolve(
      sourceId ?? null,
      lines.filter((line) => !("refused" in line)) as Whole[],
      refused,
    );
    const compared = await this.#compare(comparable);
    if (sourceId !== undefined && comparable.length > 0)
      await stated.write(
        sourceId,
        comparable.map(({ productId, locationId, stockLevel, asOfMs }) => {
          return { productId, locationId, stockLevel, asOfMs, version: null, rule: "statement" };
        }),
      );
    const differing = compared.filter(({ ours, stockLevel }) => ours !== stockLevel);
    const differences: StatementDifference[] = [];
    for (const line of differing)
      differences.push(await this.#difference(line, sourceId ?? null, by, differences.length < uploadExplainedMax));
    await this.#lookAtAgreeing(
      sourceId ?? null,
      compared.filter(({ ours, stockLevel }) => ours === stockLevel),
      by,
    );
    refused.sort((a, b) => a.line - b.line);
    return {
      lines: lines.length,
      agreeing: compared.length - differing.length,
      differing: differing.length,
      refused,
      differences,
    };
  }

  async #requireSource(sourceId: string): Promise<void> {
    const { rows } = await this.#options.database.query<object>(sql.sourceInUse(sourceId));
    if (rows.length > 0) return;
    throw new WorkRefusal(
      "not_found",
      `There is no source ${sourceId} in use. Check the id, or leave it out to compare only.`,
      {
        errors: [{ pointer: "/statement/sourceId", message: "is no source in use" }],
      },
    );
  }

  /** @param refused takes the lines whose names mean nothing */
  async #resolve(
    sourceId: string | null,
    lines: readonly Whole[],
    refused: { line: number; reason: string }[],
  ): Promise<Comparable[]> {
    const { resolver, partitionCount, database } = this.#options;
    if (lines.length === 0) return [];
    const resolved = await resolver.resolve(sourceId, lines);
    const named = lines.flatMap((line, index) => {
      const found = resolved[index]!;
      if ("waiting" in found) {
        refused.push({ line: line.line, reason: found.waiting.problem.detail });
        return [];
      }
      const { productId, sku } = found.product;
      const { stockLevel, asOfMs } = line;
      const partition = partitionOf(productId, partitionCount);
      return [{ line: line.line, partition, productId, sku, locationId: found.locationId, stockLevel, asOfMs }];
    });
    const { rows } = await database.query<{ has_product: boolean; has_location: boolean }>(sql.whichAreThere(named));
    return named.filter(({ line, productId, locationId }, index) => {
      const { has_product, has_location } = rows[index]!;
      if (has_product && has_location) return true;
      refused.push({
        line,
        reason: has_product ? `there is no location ${locationId}` : `there is no product ${productId}`,
      });
      return false;
    });
  }

  async #compare(lines: readonly Comparable[]): Promise<Compared[]> {
    const compared: Compared[] = [];
    const { statementsPerPage } = reconciliationLimits;
    for (let start = 0; start < lines.length; start += statementsPerPage) {
      const page = lines.slice(start, start + statementsPerPage);
      const { rows } = await this.#options.database.query<sql.LevelThen>(sql.levelsThen(page, statementWalkEntriesMax));
      for (const [index, line] of page.entries())
        compared.push({ ...line, level: rows[index]!, ours: levelAt(rows[index]!) });
    }
    return compared;
  }

  async #difference(
    { line, productId, sku, locationId, asOfMs, stockLevel, ours, partition, level }: Compared,
    sourceId: string | null,
    by: string,
    isExplained: boolean,
  ): Promise<StatementDifference> {
    const { examiner, database } = this.#options;
    const said = {
      ...{ line, productId, sku, locationId, asOf: new Date(asOfMs).toISOString(), stated: stockLevel, ours },
      difference: ours === null ? null : stockLevel - ours,
      differenceId: null,
    };
    if (ours === null)
      return {
        ...said,
        explanation: "More moved since then than is followed back, so it cannot be told what was there.",
      };
    if (!isExplained) {
      const where =
        sourceId === null
          ? "Send it in a shorter statement."
          : "It is found by whoever looks continuously, within a minute.";
      return {
        ...said,
        explanation: `It is one of many, and only the first ${uploadExplainedMax} are explained here. ${where}`,
      };
    }
    if (sourceId === null) {
      const { explanation } = await explained(database, partition, level, {
        stated: stockLevel,
        ours,
        asOfMs,
        agreed: null,
      });
      return { ...said, explanation };
    }
    const subject = subjectOf("statement", { partition, productId, locationId, sourceId });
    const { row } = await examiner.look(subject, null, by);
    if (row === null || row.state === "closed")
      return {
        ...said,
        explanation:
          row?.closed_by?.detail ?? "It is near enough by a rule, or the source stated something newer since.",
      };
    return { ...said, differenceId: row.difference_id, explanation: row.finding.explanation };
  }

  /** What agrees now closes what was open of it. */
  async #lookAtAgreeing(sourceId: string | null, lines: readonly Compared[], by: string): Promise<void> {
    if (sourceId === null || lines.length === 0) return;
    const { database, examiner } = this.#options;
    const { rows } = await database.query<{ product_id: string; location_id: string }>(
      sql.unclosedStatementsOf(sourceId),
    );
    const agreeing = new Set(lines.map(({ productId, locationId }) => JSON.stringify([productId, locationId])));
    for (const { product_id: productId, location_id: locationId } of rows) {
      if (!agreeing.has(JSON.stringify([productId, locationId]))) continue;
      const partition = partitionOf(productId, this.#options.partitionCount);
      await examiner.look(subjectOf("statement", { partition, productId, locationId, sourceId }), null, by);
    }
  }
}

function readLines(statement: UploadedStatement, nowMs: number): ReadLine[] {
  try {
    return readStatement(statement, nowMs);
  } catch (error) {
    if (!(error instanceof StatementUnreadable)) throw error;
    const errors = [{ pointer: error.pointer, message: "cannot be read" }];
    throw new WorkRefusal("validation_failed", error.message, { errors }, { cause: error });
  }
}
