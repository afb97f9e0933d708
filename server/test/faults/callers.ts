/** Callers of writers under faults: they keep what they were told, and ask again under the same key until they know. */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Command } from "../../src/core/command.ts";
import { openSession, type SessionLimits } from "../../src/db/session.ts";
import { systemClock } from "../../src/lib/clock.ts";
import type { WriterMetrics } from "../../src/telemetry/writer-metrics.ts";
import { KeyReused, PoisonCommand } from "../../src/writer/errors.ts";
import type { Settled } from "../../src/writer/job.ts";
import type { Writer, WriterOptions } from "../../src/writer/writer.ts";
import { submitOne } from "../support/writers.ts";

/** What a caller was told about a command, each time that it asked. */
export interface Told {
  readonly command: Command;
  readonly answer: Settled | Error;
}

/** The same command, with a request id by which its entries can be found. */
export const traced = <Kind extends Command>(command: Kind): Kind => ({ ...command, requestId: `req_${command.key}` });

export class Callers {
  /** Everything that was said to anybody. */
  readonly told: Told[] = [];

  /** Asks once. */
  async ask(writer: Writer, command: Command): Promise<Settled | Error> {
    const answer = await submitOne(writer, command).catch((error: Error) => error);
    this.told.push({ command, answer });
    return answer;
  }

  /** Asks under the same key until there is an outcome; `pick` chooses whom to ask each time. */
  async insist(pick: () => Writer, command: Command): Promise<Settled> {
    for (;;) {
      const answer = await this.ask(pick(), command);
      if (!(answer instanceof Error)) return answer;
      if (answer instanceof PoisonCommand || answer instanceof KeyReused) throw answer;
      await nextTurn();
    }
  }
}

/** Runs `count` callers side by side, each with its number, until all are done. */
export const together = (count: number, work: (index: number) => Promise<unknown>): Promise<unknown[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => work(index)));

/** For writers that are to notice and retry fast: short limits of sessions, short pauses before a group is tried again. */
export const impatient = (limits: SessionLimits): Pick<WriterOptions, "connect" | "clock"> => ({
  connect: (target, name) => openSession(target, name, limits),
  clock: { ...systemClock, after: (delayMs, callback) => systemClock.after(Math.min(delayMs, 10), callback) },
});

/** Metrics that remember how groups went. */
export class MetricsSpy implements WriterMetrics {
  readonly failures: unknown[] = [];
  readonly groupSizes: number[] = [];
  /** Groups decided ahead, and those of them that came to nothing. */
  ahead = 0;
  dropped = 0;
  groupLocked(): void {}
  refused(): void {}
  oversold(): void {}
  groupCommitted(group: { commands: number }): void {
    this.groupSizes.push(group.commands);
  }
  groupDecidedAhead(): void {
    this.ahead += 1;
  }
  groupDropped(): void {
    this.dropped += 1;
  }
  groupFailed(error: unknown): void {
    this.failures.push(error);
  }
  /** SQLSTATEs that the database answered with. */
  get states(): string[] {
    return this.failures.flatMap((error) =>
      error instanceof Error && "code" in error && typeof error.code === "string" ? [error.code] : [],
    );
  }
}

/** Numbers from 0 up to below `limit` that depend on the seed alone. */
export function randomNumbers(seed: number): (limit: number) => number {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}
