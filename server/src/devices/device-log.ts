/**
 * Takes a device's log: each operation has effect once, for ever, however often, in whatever order and over however many
 * connections it is sent. Gaps in the device's numbers are asked for. What happened at the device is recorded even where it
 * takes stock below zero.
 *
 * Whether an operation was here is said by the journal, by its operation id. The ranges of numbers beside it say what is
 * missing, and which operations are too old for anybody to know; they are written when all verdicts of a request are known.
 */
import type { RequestContext } from "../commands/request-context.ts";
import type { Queryable } from "../db/pool.ts";
import type { Intake } from "../intake/intake.ts";
import type { IntakeLine, IntakeOrigin, IntakeProblem, IntakeResult } from "../intake/intake-line.ts";
import { type ClockReading, type EarlierReading, readClock } from "./clock-error.ts";
import { intakeLineOf, operationIdOf, type SentLine, saidAtMsOf, sequenceOf } from "./device-line.ts";
import { formatRanges, hasNumber, missingIn, parseRanges, type Range, throughOf, withNumbers } from "./ranges.ts";
import * as sql from "./sql/devices.ts";

export const deviceLimits = {
  /** Ranges that are told as missing in one answer. */
  missingMax: 100,
  /** Ranges that a log may fall into; with more its numbers do not count up. */
  rangesMax: 10_000,
  /** What a stocktake on a device counts for beside statements of sources: somebody stood in front of the shelf. */
  trust: 100,
} as const;

const dayMs = 86_400_000;

export interface SyncRequest {
  readonly deviceId: string;
  /** Source whose codes the lines use; null for none. */
  readonly sourceId: string | null;
  readonly locationId: string | null;
  /** What the device's clock shows, in ms; null when it does not say. */
  readonly clockAtMs: number | null;
  /** How long an earlier request took there and back, in ms. */
  readonly tripMs: number | null;
  /** The last number that the device has given; null when it does not say. */
  readonly lastSequence: number | null;
  readonly operations: readonly SentLine[];
}

export interface SyncedLine extends Omit<IntakeResult, "operationId"> {
  /** Null for a line without a number. */
  readonly sequence: number | null;
  readonly operationId: string | null;
}

export interface Synced {
  readonly results: readonly SyncedLine[];
  readonly missing: readonly Range[];
  readonly acknowledgedThrough: number;
  /** The last number that is known of the log. */
  readonly lastSequence: number;
  readonly clock: ClockReading;
  readonly nowMs: number;
}

/** The log's numbers do not count up: it falls into more ranges than are kept. */
export class LogScattered extends Error {
  override readonly name = "LogScattered";
}

export interface DeviceLogOptions {
  readonly database: Queryable;
  readonly intake: Pick<Intake, "apply" | "park">;
  /** How long keys are remembered for sure: an older operation that nobody knows is for somebody to look at. */
  readonly resultDays: number;
}

interface Numbered {
  readonly index: number;
  readonly sequence: number;
  readonly line: IntakeLine;
}

export class DeviceLog {
  readonly #options: DeviceLogOptions;

  constructor(options: DeviceLogOptions) {
    this.#options = options;
  }

  /** @throws LogScattered, and what kept the database from answering: sent again, nothing has effect twice */
  async sync(request: SyncRequest, context: RequestContext): Promise<Synced> {
    const { deviceId, sourceId, operations, clockAtMs, tripMs } = request;
    const { nowMs, known, earlier } = await this.#device(deviceId);
    if (known.length > deviceLimits.rangesMax)
      throw new LogScattered(`the log of ${deviceId} falls into more than ${deviceLimits.rangesMax} ranges`);
    const inOrder = operations
      .map((_, index) => index)
      .sort((a, b) => placeOf(operations[a]!) - placeOf(operations[b]!));
    const linesAtMs = inOrder.map((index) => timeOf(operations[index]!));
    const clock = readClock({ clockAtMs, tripMs, linesAtMs }, nowMs, earlier);
    const lines = numbered(request, new Map(inOrder.map((index, at) => [index, clock.lines[at]!])), nowMs);
    const applied = await this.#apply(originOf(request, context), lines, known, nowMs);
    const sequences = [...new Set(lines.map((line) => line.sequence))];
    const { rows } = await this.#options.database.query<{ received: string; last_sequence: number }>(
      sql.addReceived({
        deviceId,
        sourceId,
        ranges: formatRanges(withNumbers([], sequences)),
        lastSequence: Math.max(0, request.lastSequence ?? 0, ...sequences),
        lines: lines.length,
        heardAtMs: nowMs,
        clock: clockAtMs === null ? null : { ...clock.now, atMs: clockAtMs },
      }),
    );
    const received = parseRanges(rows[0]!.received);
    return {
      results: operations.map((sent, index) => applied.get(index) ?? unnumbered(sent)),
      missing: missingIn(received, rows[0]!.last_sequence, deviceLimits.missingMax),
      acknowledgedThrough: throughOf(received),
      lastSequence: rows[0]!.last_sequence,
      clock: clock.now,
      nowMs,
    };
  }

  async #device(deviceId: string) {
    const { rows } = await this.#options.database.query<sql.DeviceRow & { readonly now: number }>(
      sql.selectDevice(deviceId),
    );
    const { now, received, clock_offset_ms, clock_error_ms, clock_at } = rows[0]!;
    const earlier: EarlierReading | null =
      clock_at === null || clock_offset_ms === null
        ? null
        : { offsetMs: clock_offset_ms, errorMs: clock_error_ms, clockAtMs: clock_at };
    return { nowMs: now, known: received === null ? [] : parseRanges(received), earlier };
  }

  /** @returns what became of each line, by its index in the request */
  async #apply(
    origin: IntakeOrigin,
    lines: readonly Numbered[],
    known: readonly Range[],
    nowMs: number,
  ): Promise<ReadonlyMap<number, SyncedLine>> {
    const oldestMs = nowMs - this.#options.resultDays * dayMs;
    const isTooOld = ({ sequence, line: { occurredAtMs } }: Numbered): boolean =>
      occurredAtMs !== null && occurredAtMs < oldestMs && !hasNumber(known, sequence);
    const old = lines.filter(isTooOld);
    const others = lines.filter((line) => !isTooOld(line));
    const [parked, applied] = await Promise.all([
      this.#options.intake.park(
        origin,
        old.map(({ line }) => ({ line, reason: "too_old" as const, problem: tooOld(this.#options.resultDays) })),
      ),
      this.#options.intake.apply(
        origin,
        others.map(({ line }) => line),
      ),
    ]);
    const results = [
      ...old.map((line, at) => [line, parked[at]!] as const),
      ...others.map((line, at) => [line, applied[at]!] as const),
    ];
    return new Map(results.map(([{ index, sequence }, result]) => [index, { sequence, ...result }]));
  }
}

/** A log is in the order of its numbers, whatever the order of the request. */
const placeOf = (sent: SentLine): number => sequenceOf(sent) ?? 0;

function timeOf(sent: SentLine): number | null {
  const saidAtMs = saidAtMsOf(sent);
  return Number.isNaN(saidAtMs) ? null : saidAtMs;
}

/** Lines that can be told from others: they have a number and an id. */
function numbered(
  { operations, deviceId, locationId }: SyncRequest,
  readings: ReadonlyMap<number, ClockReading>,
  nowMs: number,
): Numbered[] {
  return operations.flatMap((sent, index) => {
    const sequence = sequenceOf(sent);
    if (sequence === null || operationIdOf(sent) === null) return [];
    return [{ index, sequence, line: intakeLineOf(sent, deviceId, locationId, readings.get(index)!, nowMs) }];
  });
}

function unnumbered(sent: SentLine): SyncedLine {
  const error: IntakeProblem = {
    code: "validation_failed",
    detail:
      "A line needs a sequence (a whole number from 1) and an operationId, so that it can be told from others. It was not kept; send it with both.",
  };
  return { sequence: sequenceOf(sent), operationId: operationIdOf(sent), verdict: "rejected", error };
}

const tooOld = (resultDays: number): IntakeProblem => ({
  code: "too_old",
  detail: `It happened more than ${resultDays} days ago and is not known. Look whether it was recorded in another way; then retry it, or discard it.`,
});

const originOf = ({ deviceId, sourceId }: SyncRequest, context: RequestContext): IntakeOrigin => ({
  kind: "device",
  id: deviceId,
  label: `device:${deviceId}`,
  mode: "both",
  trust: deviceLimits.trust,
  freshForMs: 0,
  isStatementOnly: false,
  codesOf: sourceId,
  echoWindowMs: 0,
  channelId: null,
  context,
});
