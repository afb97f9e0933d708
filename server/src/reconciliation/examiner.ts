/**
 * Looks at one thing and does what follows: keeps the difference or closes it, tells of it in the journal, corrects it when a rule
 * allows that. Whoever looks, continuously or because somebody asked, looks through this; two that look at the same thing find one difference.
 */
import type { CheckKind } from "@onhand/protocol/reconciliation";
import type { Command } from "../core/command.ts";
import type { Outcome } from "../core/outcome.ts";
import { formatMovementId } from "../core/record/ids.ts";
import type { Queryable } from "../db/pool.ts";
import type { Clock } from "../lib/clock.ts";
import type { ReconciliationMetrics } from "../telemetry/reconciliation-metrics.ts";
import type { Check } from "./check.ts";
import { type CorrectionOrder, correctionOf, noticeOf } from "./commands.ts";
import { type Examined, type Finding, type Subject, subjectOf } from "./difference.ts";
import { type DifferenceStore, type Settled, systemOwner } from "./difference-store.ts";
import { reconciliationLimits } from "./limits.ts";
import { correctedBy, type Rule, toleratedBy } from "./rule.ts";
import * as sql from "./sql/differences.ts";
import { compareItem, type ItemCompared } from "./sql/items.ts";

export interface ExaminerOptions {
  readonly database: Queryable;
  readonly store: DifferenceStore;
  readonly checks: readonly Check[];
  /** Rules as they are set now. */
  readonly rules: () => Promise<readonly Rule[]>;
  /** Has a command decided. */
  readonly submit: (command: Command) => Promise<{ readonly outcome: Outcome }>;
  readonly clock: Clock;
  readonly metrics: ReconciliationMetrics;
}

/** Differences that the item's own events tell of. */
const told: ReadonlySet<CheckKind> = new Set(["statement", "counter"]);

export class Examiner {
  readonly #options: ExaminerOptions;
  readonly #checks: ReadonlyMap<CheckKind, Check>;

  constructor(options: ExaminerOptions) {
    this.#options = options;
    this.#checks = new Map(options.checks.flatMap((check) => check.kinds.map((kind) => [kind, check] as const)));
  }

  /** Looks at one thing, now. @param by who looks @param sequence of an entry that showed a difference before, or null */
  async look(subject: Subject, sequence: number | null, by: string = systemOwner): Promise<Settled> {
    const { store, metrics } = this.#options;
    const examined = await this.#checks.get(subject.check)!.examine(subject, sequence);
    const rules = subject.check === "statement" ? await this.#options.rules() : [];
    const tolerance = examined.finding === null ? null : toleratedBy(rules, examined.finding);
    const judged: Examined = tolerance === null ? examined : { ...examined, finding: null };
    const settled = await store.settle(subject, judged, by, tolerance?.name ?? null);
    metrics.settled(subject.check, settled.change);
    if (settled.row !== null) await this.#tell(settled.row);
    if (settled.row !== null && settled.row.state === "open" && judged.finding !== null)
      await this.#correctByRule(settled.row, judged.finding, rules);
    return settled;
  }

  /** Looks again at what was found before and not looked at since. @returns how many were looked at */
  async lookAgain(beforeMs: number): Promise<number> {
    const { database } = this.#options;
    const { rows } = await database.query<sql.DifferenceRow>(
      sql.longestUnseen(beforeMs, reconciliationLimits.lookedAgainPerStep),
    );
    for (const row of rows) {
      if (this.#checks.has(row.check_kind)) await this.look(subjectOfRow(row), row.finding.firstSequence);
    }
    const untold = await database.query<sql.DifferenceRow>(sql.closedUntold(reconciliationLimits.lookedAgainPerStep));
    for (const row of untold.rows) await this.#tell(row);
    return rows.length;
  }

  /** Has what a source states of an item taken over, as of its time. @returns why not, or null when it was */
  async correct(row: sql.DifferenceRow, order: CorrectionOrder): Promise<string | null> {
    const { submit, store, metrics } = this.#options;
    const { asOfMs, found } = row.finding;
    if (row.check_kind !== "statement" || asOfMs === null || typeof found.onHand !== "number")
      return "Only what a source states can be taken over.";
    if (!(await this.#isSound(row)))
      return "The row of the item is not what the journal says, which is a difference of its own and has to go first.";
    const { outcome } = await submit(correctionOf(row, { stockLevel: found.onHand, asOfMs }, order));
    if (outcome.kind === "rejected" && outcome.rejection.isStale === true) throw new Error(outcome.rejection.detail);
    const refusal = refusalOf(outcome);
    const sequence = outcome.kind === "lines" && refusal === null ? outcome.lines[0]!.sequence : null;
    const note =
      refusal ??
      `${formatMovementId(row.partition!, sequence!)} makes it ${found.onHand} as of ${new Date(asOfMs).toISOString()}: ${order.reason}`;
    await store.corrected(
      row.difference_id,
      { asOfMs, sequence, by: order.actor },
      refusal === null ? "corrected" : "refused",
      note,
    );
    metrics.corrected(refusal === null);
    return refusal;
  }

  async #tell(row: sql.DifferenceRow): Promise<void> {
    const stage = row.state === "closed" ? "resolved" : "found";
    if (!told.has(row.check_kind) || row.told !== (stage === "resolved" ? 1 : 0)) return;
    const { submit, database } = this.#options;
    const notice = noticeOf(row, stage);
    // An item that never had an entry cannot be told of; one whose row is unlike the journal another time.
    if (notice !== null) {
      if (!(await this.#isSound(row))) return;
      const { outcome } = await submit(notice);
      if (outcome.kind === "rejected" && outcome.rejection.isStale === true) throw new Error(outcome.rejection.detail);
    }
    await database.query(sql.setTold(row.difference_id, stage === "resolved" ? 2 : 1));
  }

  /** An entry on a row that is unlike the journal would go on from it, and make it true. */
  async #isSound({ partition, product_id: productId, location_id: locationId }: sql.DifferenceRow): Promise<boolean> {
    const place = { productId: productId!, locationId: locationId! };
    const { rows } = await this.#options.database.query<ItemCompared>(compareItem(partition!, place, null));
    return rows[0] === undefined || !rows[0].differs;
  }

  async #correctByRule(row: sql.DifferenceRow, finding: Finding, rules: readonly Rule[]): Promise<void> {
    // What was tried for this statement is not tried again.
    if (row.corrected !== null && row.corrected.asOfMs === row.finding.asOfMs) return;
    const rule = correctedBy(rules, finding, this.#options.clock.nowMs() - row.found_at);
    if (rule === null) return;
    const reason = `Rule ${rule.ruleId} (${rule.name}): source ${row.source_id} is believed. ${row.finding.explanation}`;
    const refusal = await this.correct(row, { actor: systemOwner, reason: reason.slice(0, 1_000) });
    if (refusal === null) await this.look(subjectOfRow(row), null);
  }
}

function refusalOf(outcome: Outcome): string | null {
  if (outcome.kind === "rejected") return outcome.rejection.detail;
  if (outcome.kind !== "lines") throw new Error("a correction came to something else than lines");
  const { contained } = outcome.lines[0]!;
  if (contained === undefined) return null;
  return `A count of ${new Date(contained.countedAtMs).toISOString()} is newer than what the source states, so nothing moved.`;
}

/** @returns what a difference is of */
export const subjectOfRow = (row: sql.DifferenceRow): Subject =>
  subjectOf(row.check_kind, {
    partition: row.partition,
    productId: row.product_id,
    locationId: row.location_id,
    sourceId: row.source_id,
    channelId: row.channel_id,
    orderId: row.order_id,
  });
