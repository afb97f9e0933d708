/**
 * Reconciliations that somebody asks for: the same looks as the continuous ones, at once and without rests. Modes of one: running →
 * done, or failed; one whose server is gone is failed, too, and is asked for again. What it found stays either way.
 */
import type { CheckKind, UploadedStatement } from "@onhand/protocol/reconciliation";
import type { Overdue } from "../db/clearing.ts";
import type { Database } from "../db/pool.ts";
import type { Clock } from "../lib/clock.ts";
import { sortableId } from "../lib/random-id.ts";
import { type KeyedRequest, type Remembered, remembered } from "../registry/remembered.ts";
import { WorkRefusal } from "../registry/work-refusal.ts";
import type { ReconciliationMetrics } from "../telemetry/reconciliation-metrics.ts";
import type { Check } from "./check.ts";
import { type Examiner, subjectOfRow } from "./examiner.ts";
import { reconciliationLimits } from "./limits.ts";
import { type DifferenceRow, databaseNow, listDifferences } from "./sql/differences.ts";
import * as sql from "./sql/runs.ts";
import { forgetAgreements } from "./sql/statements.ts";
import type { Uploads } from "./uploads.ts";

export type { AskedScope, RunRow } from "./sql/runs.ts";

/** What is over is kept for a while: what was asked, and what was found and is gone. */
export const reconciliationOverdue: readonly Overdue[] = [
  { statement: sql.clearOldRuns, days: 90 },
  { statement: sql.clearOldDifferences, days: 400 },
  { statement: forgetAgreements, days: 0 },
];

const lost = "The server that did it is gone. What it found is kept; ask for it again.";
const stopped = "The server stopped. What it found is kept; ask for it again.";

export interface RunsOptions {
  readonly database: Database;
  readonly checks: readonly Check[];
  readonly examiner: Examiner;
  readonly clock: Clock;
  readonly metrics: ReconciliationMetrics;
}

export class Runs {
  readonly #options: RunsOptions;
  /** Those that this server does. */
  readonly #underWay = new Map<string, Promise<void>>();
  #isStopped = false;

  constructor(options: RunsOptions) {
    this.#options = options;
  }

  /** Begins one, and waits for it for a while. @throws WorkRefusal when this server does too many already */
  async request(request: KeyedRequest, scope: sql.AskedScope): Promise<Remembered<sql.RunRow>> {
    const { database, clock } = this.#options;
    const reconciliationId = sortableId("rec_", clock.nowMs());
    const { answer, isReplayed } = await remembered(database, request, async (connection) => {
      if (this.#isStopped || this.#underWay.size >= reconciliationLimits.runsMax)
        throw new WorkRefusal(
          "overloaded",
          `${reconciliationLimits.runsMax} reconciliations are under way on this server. Wait for Retry-After and ask again with the same key.`,
        );
      await connection.query(sql.insertRun(reconciliationId, scope, request.principal));
      return { reconciliationId };
    });
    if (!isReplayed) {
      const running = this.#run(reconciliationId, scope, request.principal).finally(() =>
        this.#underWay.delete(reconciliationId),
      );
      this.#underWay.set(reconciliationId, running);
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = clock.after(reconciliationLimits.runWaitMs, resolve);
    await Promise.race([this.#underWay.get(answer.reconciliationId), promise]).finally(cancel);
    return { answer: await this.get(answer.reconciliationId), isReplayed };
  }

  /** Compares a statement. Its lines that name no moment are of the moment of the first call. @throws WorkRefusal */
  async upload(request: KeyedRequest, statement: UploadedStatement, uploads: Uploads): Promise<Remembered<sql.RunRow>> {
    const { database, clock } = this.#options;
    await uploads.require(statement, clock.nowMs());
    const reconciliationId = sortableId("rec_", clock.nowMs());
    const scope = {
      checks: ["statement" as const],
      productId: null,
      locationId: null,
      sourceId: statement.sourceId ?? null,
    };
    const claim = await remembered(database, request, async (connection) => {
      const { rows } = await connection.query<{ now: number }>(databaseNow());
      await connection.query(sql.insertRun(reconciliationId, scope, request.principal));
      return { reconciliationId, nowMs: rows[0]!.now };
    });
    const before = await this.get(claim.answer.reconciliationId);
    if (before.status === "done") return { answer: before, isReplayed: claim.isReplayed };
    const report = await uploads.compare(statement, request.principal, claim.answer.nowMs);
    const progress = { statement: { checked: report.lines - report.refused.length, differences: report.differing } };
    await database.query(sql.endRun(claim.answer.reconciliationId, progress, null, report));
    return { answer: await this.get(claim.answer.reconciliationId), isReplayed: claim.isReplayed };
  }

  /** @throws WorkRefusal when there is none */
  async get(reconciliationId: string): Promise<sql.RunRow> {
    const { database } = this.#options;
    await database.query(sql.endLostRuns(reconciliationLimits.runLostMs, lost));
    const { rows } = await database.query<sql.RunRow>(sql.selectRun(reconciliationId));
    if (rows[0] === undefined)
      throw new WorkRefusal(
        "not_found",
        `There is no reconciliation ${reconciliationId}. Check the id, or ask for one.`,
      );
    return rows[0];
  }

  /** A page, the newest first. @returns its rows, and the id that the next one starts behind */
  async list(before: string | null, limit: number): Promise<{ rows: readonly sql.RunRow[]; next: string | null }> {
    const { database } = this.#options;
    await database.query(sql.endLostRuns(reconciliationLimits.runLostMs, lost));
    const { rows } = await database.query<sql.RunRow>(sql.listRuns(before, limit + 1));
    return { rows: rows.slice(0, limit), next: rows.length > limit ? rows[limit - 1]!.reconciliation_id : null };
  }

  /** Ends those under way where they are. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.allSettled(this.#underWay.values());
  }

  async #run(reconciliationId: string, scope: sql.AskedScope, by: string): Promise<void> {
    const { database } = this.#options;
    const progress: Partial<Record<CheckKind, { checked: number; differences: number }>> = {};
    let problem: string | null = null;
    try {
      problem = await this.#lookThrough(reconciliationId, scope, by, progress);
    } catch (error) {
      problem = `It could not go on: ${(error as Error).message}`;
    }
    // One that cannot even say this is taken for lost.
    await database.query(sql.endRun(reconciliationId, progress, problem)).catch(() => {});
  }

  /** @returns why it did not come to its end, or null */
  async #lookThrough(
    reconciliationId: string,
    scope: sql.AskedScope,
    by: string,
    progress: Partial<Record<CheckKind, { checked: number; differences: number }>>,
  ): Promise<string | null> {
    const { database, checks, examiner, clock, metrics } = this.#options;
    let saidAtMs = clock.monotonicMs();
    const say = async (): Promise<void> => {
      const nowMs = clock.monotonicMs();
      if (nowMs - saidAtMs < reconciliationLimits.runHeartbeatMs) return;
      saidAtMs = nowMs;
      await database.query(sql.progressRun(reconciliationId, progress));
    };
    const of = (kind: CheckKind) => {
      progress[kind] ??= { checked: 0, differences: 0 };
      return progress[kind];
    };
    const asked = new Set<CheckKind>(scope.checks);
    const looked = new Set<string>();
    for (const check of checks) {
      const kinds = check.kinds.filter((kind) => asked.has(kind));
      if (kinds.length === 0) continue;
      for (const kind of kinds) of(kind);
      for await (const page of check.pages(scope)) {
        metrics.checked(page.kinds, page.checked);
        for (const kind of page.kinds) if (asked.has(kind)) of(kind).checked += page.checked;
        for (const { subject, sequence } of page.suspects.filter(({ subject }) => asked.has(subject.check))) {
          if (this.#isStopped) return stopped;
          const { row, change } = await examiner.look(subject, sequence, by);
          if (row !== null) looked.add(row.difference_id);
          if (change === "found" || change === "stays" || change === "dropped") of(subject.check).differences += 1;
          await say();
        }
        if (this.#isStopped) return stopped;
        await say();
      }
    }
    await this.#lookAgain(scope, by, looked);
    return null;
  }

  /** What was found before and did not come by: it may be gone. */
  async #lookAgain(scope: sql.AskedScope, by: string, looked: ReadonlySet<string>): Promise<void> {
    const { database, examiner } = this.#options;
    for (const check of scope.checks) {
      let after: readonly unknown[] | null = null;
      for (;;) {
        const filter = { ...scope, state: "unclosed" as const, check, owner: null };
        const { rows }: { rows: DifferenceRow[] } = await database.query<DifferenceRow>(
          listDifferences(filter, after, reconciliationLimits.rowsPerPage),
        );
        for (const row of rows) {
          if (this.#isStopped) return;
          if (!looked.has(row.difference_id)) await examiner.look(subjectOfRow(row), row.finding.firstSequence, by);
        }
        const last = rows.at(-1);
        if (rows.length < reconciliationLimits.rowsPerPage || last === undefined) break;
        after = [last.found_at, last.difference_id];
      }
    }
  }
}
