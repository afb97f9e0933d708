/**
 * The door behind which lines from outside become commands: of sources, of devices, of files. Each operation of an origin
 * has effect once, for ever; a line that cannot be applied is parked and harms no other.
 *
 * The journal remembers outcomes by operation; parked lines are a record beside it. Both are written by themselves, and
 * whoever comes again after a crash in between finds what is missing: a refusal that is remembered is parked then.
 */
import type { RequestContext } from "../commands/request-context.ts";
import type { Database } from "../db/pool.ts";
import type { Clock } from "../lib/clock.ts";
import type { IntakeMetrics } from "../telemetry/intake-metrics.ts";
import { intakeLimits } from "./intake-limits.ts";
import type { IntakeLine, IntakeOrigin, IntakeProblem, IntakeResult, LineIntake, ParkedReason } from "./intake-line.ts";
import type { Attempt } from "./line-command.ts";
import { LineRunner, type Ran, type Submit } from "./line-runner.ts";
import { verdictOfWaiting } from "./line-verdict.ts";
import { ParkedLines, type ParkedRow, resultOfParked, waitsForName } from "./parked-lines.ts";
import { Resolver } from "./resolver.ts";
import { Room } from "./room.ts";
import { type NewStatement, Stated } from "./stated.ts";

/** A line that its bringer parks without having it tried. */
export interface ToPark {
  readonly line: IntakeLine;
  readonly reason: ParkedReason;
  readonly problem: IntakeProblem;
}

/** What an origin was heard of: at each location the newest moment that it told of, in ms, or null. */
export type Heard = ReadonlyMap<string, number | null>;

export interface IntakeOptions {
  readonly database: Database;
  readonly partitionCount: number;
  readonly submit: Submit;
  readonly clock: Clock;
  /** Told of every request of a source, or of a device that speaks in its codes, behind its effect. */
  readonly heard?: (sourceId: string, places: Heard) => void;
  /** Lines wait that did not wait before. */
  readonly parked?: () => void;
  readonly metrics?: IntakeMetrics;
}

/** An attempt, with the row of its line where it is parked. */
interface Task {
  readonly attempt: Attempt;
  readonly row: ParkedRow | null;
}

export class Intake implements LineIntake {
  readonly #options: IntakeOptions;
  readonly #room = new Room(intakeLimits.linesInFlightMax, intakeLimits.waitingMax);
  readonly #resolver: Resolver;
  readonly #stated: Stated;
  readonly #lines: ParkedLines;
  readonly #runner: LineRunner;

  constructor(options: IntakeOptions) {
    const { database, partitionCount, submit, clock } = options;
    this.#options = options;
    this.#resolver = new Resolver(database, partitionCount);
    this.#stated = new Stated(database, partitionCount);
    this.#lines = new ParkedLines(database, clock);
    this.#runner = new LineRunner({ resolver: this.#resolver, stated: this.#stated, submit, room: this.#room });
  }

  /** Lines that are with the writer, and requests that wait for room. */
  get load(): { readonly lines: number; readonly waiting: number } {
    return this.#room.load;
  }

  async apply(origin: IntakeOrigin, lines: readonly IntakeLine[]): Promise<IntakeResult[]> {
    const [arrivedAtMs, rows] = await Promise.all([
      this.#resolver.nowMs(),
      this.#lines.of(
        origin,
        lines.map((line) => line.operationId),
      ),
    ]);
    const results: IntakeResult[] = [];
    const tasks: Task[] = [];
    const places: number[] = [];
    for (const [index, line] of lines.entries()) {
      const row = rows.get(line.operationId) ?? null;
      if (row === null || isOfAnother(row))
        tasks.push({ attempt: { line, tries: 0, arrivedAtMs, hasWaited: false }, row: null });
      else if (waitsForName(row)) tasks.push({ attempt: attemptOf(row), row });
      else {
        results[index] = resultOfParked(row);
        continue;
      }
      places.push(index);
    }
    for (const [position, result] of (await this.#perform(origin, tasks)).entries())
      results[places[position]!] = result;
    this.#count(origin, results);
    return results;
  }

  /** Parks lines that their bringer would not have tried. @returns a verdict per line, in order */
  async park(origin: IntakeOrigin, lines: readonly ToPark[]): Promise<IntakeResult[]> {
    if (lines.length === 0) return [];
    const arrivedAtMs = await this.#resolver.nowMs();
    const rows = await this.#park(
      origin,
      lines.map(({ line, reason, problem }) => ({
        attempt: { line, tries: 0, arrivedAtMs, hasWaited: false },
        waiting: { reason, code: null, problem, isRemembered: false },
      })),
    );
    const results = lines.map(({ line }) => resultOfParked(rows.get(line.operationId)!));
    this.#count(origin, results);
    return results;
  }

  /** Tries parked lines again that are open. @param context of who asks for it @returns a result for each, in order */
  async retry(rows: readonly ParkedRow[], context: RequestContext): Promise<IntakeResult[]> {
    const results = new Map<ParkedRow, IntakeResult>();
    const origins = Map.groupBy(rows, (row) => JSON.stringify([row.origin_kind, row.origin_id, row.origin]));
    for (const group of origins.values()) {
      const { origin_kind: kind, origin_id: id, origin: kept } = group[0]!;
      const tasks = group.map((row) => ({ attempt: attemptOf(row), row }));
      const ran = await this.#perform({ ...kept, kind, id, context }, tasks);
      for (const [position, row] of group.entries()) results.set(row, ran[position]!);
    }
    return rows.map((row) => results.get(row)!);
  }

  /** Runs tasks and writes down what they came to. @throws what kept the database from answering, behind all others */
  async #perform(origin: IntakeOrigin, tasks: readonly Task[]): Promise<IntakeResult[]> {
    const ran = await this.#runner.run(
      origin,
      tasks.map((task) => task.attempt),
    );
    const by = origin.context.principal.keyId;
    const newly = tasks.flatMap(({ attempt, row }, index) => {
      const each = ran[index]!;
      return row === null && "waiting" in each ? [{ attempt, waiting: each.waiting }] : [];
    });
    const rows = newly.length === 0 ? new Map<string, ParkedRow>() : await this.#park(origin, newly);
    await this.#lines.refuse(
      by,
      tasks.flatMap(({ row }, index) => {
        const each = ran[index]!;
        return row !== null && "waiting" in each ? [{ row, waiting: each.waiting }] : [];
      }),
    );
    await this.#lines.settle(
      by,
      tasks.flatMap(({ row }, index) => {
        const each = ran[index]!;
        if (row === null || !("done" in each)) return [];
        const { applied, ...result } = each.done;
        return [{ parkedId: row.parked_id, result }];
      }),
    );
    await this.#writeStatements(origin, tasks, ran);
    const sourceId = origin.kind === "source" ? origin.id : origin.codesOf;
    if (sourceId !== null) this.#options.heard?.(sourceId, heardIn(tasks, ran));
    const failed = ran.find((each) => "failure" in each);
    if (failed !== undefined && "failure" in failed) throw failed.failure;
    return tasks.map(({ attempt, row }, index) => {
      const each = ran[index]!;
      const parkedId = row?.parked_id;
      if ("done" in each) return parkedId === undefined ? each.done : { ...each.done, parkedId };
      if ("failure" in each) throw each.failure;
      const own = row ?? rows.get(attempt.line.operationId)!;
      return {
        operationId: attempt.line.operationId,
        verdict: verdictOfWaiting(each.waiting),
        parkedId: own.parked_id,
        error: each.waiting.problem,
      };
    });
  }

  async #park(...[origin, lines]: Parameters<ParkedLines["park"]>): Promise<ReadonlyMap<string, ParkedRow>> {
    const rows = await this.#lines.park(origin, lines);
    for (const [reason, group] of Map.groupBy(lines, ({ waiting }) => waiting.reason))
      this.#options.metrics?.parked(reason, group.length);
    this.#options.parked?.();
    return rows;
  }

  /** What a source stated, whatever became of it, but for echoes and what was refused. */
  async #writeStatements(origin: IntakeOrigin, tasks: readonly Task[], ran: readonly Ran[]): Promise<void> {
    if (origin.kind !== "source") return;
    const statements = tasks.flatMap(({ attempt: { line, arrivedAtMs } }, index): NewStatement[] => {
      const each = ran[index]!;
      const { change, version, occurredAtMs } = line;
      if (!("done" in each) || !("stockLevel" in change) || each.place === undefined) return [];
      const { rule } = each.done;
      if (rule === undefined || rule === "echo") return [];
      return [{ ...each.place, stockLevel: change.stockLevel, asOfMs: occurredAtMs ?? arrivedAtMs, version, rule }];
    });
    await this.#stated.write(origin.id, statements);
  }

  #count({ kind }: IntakeOrigin, results: readonly IntakeResult[]): void {
    for (const [verdict, group] of Map.groupBy(results, (result) => result.verdict))
      this.#options.metrics?.lines(kind, verdict, group.length);
  }
}

/** The parked one said something else under the id of an operation that was here before: this one may be that. */
const isOfAnother = ({ state, problem }: ParkedRow): boolean =>
  state === "open" && problem.code === "idempotency_key_reused";

const attemptOf = ({ line, tries, created_at: arrivedAtMs }: ParkedRow): Attempt => ({
  line,
  tries,
  arrivedAtMs,
  hasWaited: true,
});

function heardIn(tasks: readonly Task[], ran: readonly Ran[]): Heard {
  const heard = new Map<string, number | null>();
  for (const [index, { attempt }] of tasks.entries()) {
    const each = ran[index]!;
    if (each.place === undefined || !("done" in each)) continue;
    const { locationId } = each.place;
    const { occurredAtMs } = attempt.line;
    const before = heard.get(locationId) ?? null;
    heard.set(locationId, Math.max(before ?? 0, occurredAtMs ?? 0) || before);
  }
  return heard;
}
