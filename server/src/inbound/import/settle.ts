/** Submits commands and sees them through: tries again while the database is away, for a key makes that harmless. */
import type { Command } from "../../core/command.ts";
import type { Outcome } from "../../core/outcome.ts";
import type { Clock } from "../../lib/clock.ts";
import { importLimits } from "./import-limits.ts";

/**
 * Where commands go: the writer, or a submitter before it. An import needs no submitter, for it never has the same key under
 * way twice, and a key of it always means the same product.
 */
export interface CommandSink {
  /** @param isKnown whether a command was probably sent before: its outcome is looked up first then, which is faster */
  submit(
    commands: readonly Command[],
    isKnown: (command: Command) => boolean,
  ): Promise<{ readonly outcome: Outcome; readonly replayed: boolean }>[];
}

/** What came of a command: its outcome, or why the journal holds none for it. */
export type Answer =
  | { readonly kind: "settled"; readonly outcome: Outcome; readonly replayed: boolean }
  /** The key was used before, for something else. */
  | { readonly kind: "reused" }
  /** The database refuses this one command whatever is tried. */
  | { readonly kind: "poison"; readonly message: string };

/** The database stayed away; what was answered before is recorded, and running the import again goes on from there. */
export class ImportStopped extends Error {
  override readonly name = "ImportStopped";
}

const passing = new Set(["Overloaded", "DatabaseUnavailable", "OutcomeUnknown", "ConnectionLost"]);

export class Settler {
  readonly #sink: CommandSink;
  readonly #clock: Clock;
  /** The last answers were old ones: the file is being imported again, or gone on with. */
  #isRepeating = false;

  constructor(sink: CommandSink, clock: Clock) {
    this.#sink = sink;
    this.#clock = clock;
  }

  /** Hands the commands over at once, in order. @returns an answer for each @throws ImportStopped */
  async settle(commands: readonly Command[]): Promise<Answer[]> {
    const answers: Answer[] = new Array(commands.length);
    let open = commands.map((command, index) => ({ command, index }));
    for (let tries = 1; open.length > 0; tries++) {
      const isKnown = this.#isRepeating || tries > 1;
      const results = await Promise.allSettled(
        this.#sink.submit(
          open.map(({ command }) => command),
          () => isKnown,
        ),
      );
      const failed: typeof open = [];
      let why = "";
      for (const [position, result] of results.entries()) {
        const { index } = open[position]!;
        if (result.status === "fulfilled") answers[index] = settled(result.value);
        else if (passing.has((result.reason as Error).name)) {
          failed.push(open[position]!);
          why = (result.reason as Error).message;
        } else answers[index] = permanent(result.reason as Error);
      }
      if (failed.length > 0) await this.#pauseAfter(tries, why);
      open = failed;
    }
    const last = answers.at(-1);
    if (last !== undefined) this.#isRepeating = last.kind === "reused" || (last.kind === "settled" && last.replayed);
    return answers;
  }

  async #pauseAfter(tries: number, why: string): Promise<void> {
    if (tries >= importLimits.triesMax)
      throw new ImportStopped(
        `The database does not take changes (${why}). What was imported so far is recorded; run the same command again to go on.`,
      );
    await new Promise<void>((resolve) => void this.#clock.after(importLimits.retryDelayMs, resolve));
  }
}

const settled = ({ outcome, replayed }: { outcome: Outcome; replayed: boolean }): Answer => ({
  kind: "settled",
  outcome,
  replayed,
});

function permanent(error: Error): Answer {
  if (error.name === "KeyReused") return { kind: "reused" };
  if (error.name === "PoisonCommand")
    return { kind: "poison", message: error.cause instanceof Error ? error.cause.message : error.message };
  throw error;
}
