/**
 * Differences as they are kept. Modes of one: open → accepted (somebody knows of it) → closed (it is gone); accepted → open when it
 * is another number. Whoever changes one locks its row, so that a look, a correction and somebody's word come one after another.
 */
import type { Database, Queryable } from "../db/pool.ts";
import type { Clock } from "../lib/clock.ts";
import { sortableId } from "../lib/random-id.ts";
import { whatClosed } from "./closing.ts";
import { type Basis, type Examined, type Figures, type Finding, type Subject, subjectKey } from "./difference.ts";
import { reconciliationLimits } from "./limits.ts";
import * as sql from "./sql/differences.ts";

/** What a look came to. */
export interface Settled {
  readonly change: "none" | "found" | "stays" | "closed" | "dropped";
  /** The difference as it is now; null for none. */
  readonly row: sql.DifferenceRow | null;
}

/** Who looks when nobody asked. */
export const systemOwner = "system";

const stored = ({ expected, found, firstSequence, explanation, drift }: Finding, basis: Basis): sql.StoredFinding => ({
  expected,
  found,
  firstSequence,
  explanation,
  driftKind: drift?.kind ?? null,
  movements: drift?.movements ?? [],
  lastSequence: basis.lastSequence,
  asOfMs: basis.asOfMs,
});

/** The database keeps names in an order of its own. */
const isSame = (a: Figures, b: Figures): boolean =>
  Object.keys(a).length === Object.keys(b).length && Object.entries(a).every(([name, value]) => b[name] === value);

/** @returns the history with one step more; of a long one the first step and the last ones are kept */
export function withStep(history: readonly sql.HistoryStep[], step: sql.HistoryStep): readonly sql.HistoryStep[] {
  const all = [...history, step];
  const { historyMax } = reconciliationLimits;
  return all.length <= historyMax ? all : [all[0]!, ...all.slice(all.length - historyMax + 1)];
}

export class DifferenceStore {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /**
   * Keeps what a look came to.
   * @param by who looked: `system`, or the key that asked
   * @param tolerance name of the rule by which it is near enough, when the finding is null for that
   */
  settle(subject: Subject, { finding, basis }: Examined, by: string, tolerance: string | null): Promise<Settled> {
    return this.#database.transaction(async (connection) => {
      const key = subjectKey(subject);
      const { rows } = await connection.query<sql.DifferenceRow>(sql.unclosedOf(subject.check, key, true));
      const [row] = rows;
      if (row === undefined) {
        if (finding === null) return { change: "none", row: null };
        return this.#insert(connection, finding, basis, by);
      }
      if (finding === null) return this.#close(connection, row, basis, by, tolerance);
      return this.#keep(connection, row, finding, basis, by);
    });
  }

  /** Changes one that is not closed. @returns null when there is none @throws what `change` throws */
  change(
    connection: Queryable,
    differenceId: string,
    change: (row: sql.DifferenceRow) => sql.DifferenceChange,
  ): Promise<sql.DifferenceRow | null> {
    return changed(connection, differenceId, change);
  }

  /** Notes a correction that was tried. */
  corrected(
    differenceId: string,
    corrected: sql.Corrected,
    did: "corrected" | "refused",
    note: string,
  ): Promise<unknown> {
    return this.#database.transaction((connection) =>
      changed(connection, differenceId, (row) => ({
        ...row,
        corrected: did === "corrected" ? corrected : { ...corrected, sequence: null },
        history: withStep(row.history, this.step(corrected.by, did, note)),
      })),
    );
  }

  step(by: string, did: string, note: string | null): sql.HistoryStep {
    return { atMs: this.#clock.nowMs(), by, did, note };
  }

  async #insert(connection: Queryable, finding: Finding, basis: Basis, by: string): Promise<Settled> {
    const { check, ...subject } = finding.subject;
    const differenceId = sortableId("dif_", this.#clock.nowMs());
    const { rows } = await connection.query(
      sql.insertDifference(
        {
          ...subject,
          check,
          differenceId,
          subject: subjectKey(finding.subject),
          units: finding.units,
          finding: stored(finding, basis),
          history: [this.step(by, "found", null)],
        },
        reconciliationLimits.unclosedMax,
      ),
    );
    if (rows.length === 0) {
      // Another server found it in this moment, or there is no room for it.
      const found = await connection.query<sql.DifferenceRow>(
        sql.unclosedOf(check, subjectKey(finding.subject), false),
      );
      return found.rows[0] === undefined ? { change: "dropped", row: null } : { change: "stays", row: found.rows[0] };
    }
    const inserted = await connection.query<sql.DifferenceRow>(sql.selectDifference(differenceId, false));
    return { change: "found", row: inserted.rows[0]! };
  }

  async #keep(
    connection: Queryable,
    row: sql.DifferenceRow,
    finding: Finding,
    basis: Basis,
    by: string,
  ): Promise<Settled> {
    const isOther = finding.units !== row.units || !isSame(finding.found, row.finding.found);
    const isReopened = isOther && row.state === "accepted" && finding.units !== row.units;
    const said = isReopened ? "reopened" : "changed";
    const note = `${row.units ?? "–"} → ${finding.units ?? "–"} units`;
    const after: sql.DifferenceRow = {
      ...row,
      state: isReopened ? "open" : row.state,
      units: finding.units,
      // A correction was of another statement.
      corrected: row.corrected?.asOfMs === basis.asOfMs ? row.corrected : null,
      finding: stored(finding, basis),
      history: isOther && finding.units !== row.units ? withStep(row.history, this.step(by, said, note)) : row.history,
    };
    await connection.query(sql.updateDifference(after, isOther));
    return { change: "stays", row: after };
  }

  async #close(
    connection: Queryable,
    row: sql.DifferenceRow,
    basis: Basis,
    by: string,
    tolerance: string | null,
  ): Promise<Settled> {
    const closedBy = whatClosed(row, basis, tolerance);
    const after: sql.DifferenceRow = {
      ...row,
      state: "closed",
      closed_by: closedBy,
      history: withStep(row.history, this.step(by, "closed", closedBy.detail)),
    };
    await connection.query(sql.updateDifference(after, true));
    return { change: "closed", row: after };
  }
}

async function changed(
  connection: Queryable,
  differenceId: string,
  change: (row: sql.DifferenceRow) => sql.DifferenceChange,
): Promise<sql.DifferenceRow | null> {
  const { rows } = await connection.query<sql.DifferenceRow>(sql.selectDifference(differenceId, true));
  if (rows[0] === undefined) return null;
  await connection.query(sql.updateDifference(change(rows[0]), true));
  const after = await connection.query<sql.DifferenceRow>(sql.selectDifference(differenceId, false));
  return after.rows[0]!;
}
