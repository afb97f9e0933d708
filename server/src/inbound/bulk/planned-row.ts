/** A row on its way to the journal: what is asked, what to ask next when that is refused, and what its verdict shows. */
import type { ImportMode, RowResult } from "@onhand/protocol/bulk";
import type { RequestContext } from "../../commands/request-context.ts";
import type { Submitter } from "../../commands/submitter.ts";
import type { Command } from "../../core/command.ts";
import type { Outcome } from "../../core/outcome.ts";
import type { Rejection } from "../../core/rejection.ts";
import type { ProblemError } from "../../host/problem.ts";
import type { Clock } from "../../lib/clock.ts";
import type { CatalogueQueries } from "../../queries/catalogue-queries.ts";
import type { ItemQueries } from "../../queries/item-queries.ts";

/** What rows need of the server. */
export interface BulkContext {
  readonly submitter: Submitter;
  readonly items: ItemQueries;
  readonly catalogue: CatalogueQueries;
  readonly defaultCurrency: string;
  readonly clock: Clock;
}

/** The fields of a row under the names of its list, and the origin of its command. */
export interface NamedRow {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly context: RequestContext;
}

export interface PlannedRow {
  readonly command: Command;
  /** Asked next after a refusal; null when that is the verdict. */
  readonly afterRefusal: (rejection: Rejection) => Promise<Command | null>;
  /** What the verdict tells of a success. */
  readonly show: (outcome: Exclude<Outcome, { kind: "rejected" }>) => Partial<RowResult>;
  /** What was sent, for advice in a refusal. */
  readonly sent: object;
}

export interface PlanOptions {
  readonly mode: ImportMode;
  readonly overwrite: boolean;
  /** Whether rows may have been sent before, so that what they made then is not taken for what was there. */
  readonly mayRepeat: boolean;
}

/** What is known of the rows of one list. */
export interface ListRows {
  /** @throws ProblemError that says what is wrong with the row */
  check(row: NamedRow, options: PlanOptions): void;
  /** Plans for rows that are well formed, in order; a problem for one that cannot be asked. */
  plan(rows: readonly NamedRow[], options: PlanOptions): Promise<(PlannedRow | ProblemError)[]>;
}
