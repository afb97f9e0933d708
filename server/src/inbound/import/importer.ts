/**
 * Streams a sales file into products, locations and movements.
 *
 * Invariants: a row is sent only after everything it needs is recorded; rows are sent in the order of the file, and the
 * writer keeps that order for each item; every row is counted in one class, once it is answered. Nothing here remembers
 * how far it came: the journal knows each row by its operation id, so whoever runs the file again applies what is missing.
 * When chunksInFlightMax chunks wait for the journal, reading stops until the oldest is answered.
 */
import type { Clock } from "../../lib/clock.ts";
import type { ItemQueries } from "../../queries/item-queries.ts";
import { Classifier, type Movement } from "./classify.ts";
import type { CsvFile, CsvRow } from "./csv-file.ts";
import { importLimits } from "./import-limits.ts";
import type { Mapping } from "./mapping.ts";
import { Prerequisites } from "./prerequisites.ts";
import { type ImportReport, ImportTally } from "./report.ts";
import { RowCommands } from "./row-commands.ts";
import { type CommandSink, Settler } from "./settle.ts";

/** Where the changes go. */
export interface ImportTarget {
  readonly sink: CommandSink;
  readonly items: Pick<ItemQueries, "productOfSku" | "forgetSku">;
  readonly defaultCurrency: string;
}

export interface ImportRun {
  readonly file: CsvFile;
  readonly mapping: Mapping;
  /** Null for a dry run: rows are classified, nothing is written. */
  readonly target: ImportTarget | null;
  readonly clock: Clock;
  /** Stops after what is under way. */
  readonly signal: AbortSignal;
  readonly onProgress: (rowsAnswered: number) => void;
}

/** @throws ImportStopped, CsvProblem, MappingProblem */
export async function runImport(run: ImportRun): Promise<ImportReport> {
  const { file, mapping, clock, target } = run;
  const startedAtMs = clock.monotonicMs();
  const classifier = new Classifier(mapping, file.columns);
  const tally = new ImportTally();
  const send = target === null ? dryRun(tally) : new ChunkQueue(mapping, target, clock, tally);
  let rowsAnswered = 0;
  let isComplete = true;
  try {
    for await (const rows of file.chunks()) {
      await send.add(classifyAll(classifier, rows, tally), () => {
        rowsAnswered += rows.length;
        run.onProgress(rowsAnswered);
      });
      if (!run.signal.aborted) continue;
      isComplete = false;
      break;
    }
  } finally {
    await send.finish();
  }
  const { dataSet, openingLevel } = mapping;
  const elapsedMs = clock.monotonicMs() - startedAtMs;
  return tally.close({ dataSet, openingLevel, isDryRun: target === null, isComplete, elapsedMs });
}

function classifyAll(classifier: Classifier, rows: readonly CsvRow[], tally: ImportTally): Movement[] {
  const movements: Movement[] = [];
  for (const row of rows) {
    const verdict = classifier.classify(row);
    tally.read();
    if (verdict.kind === "movement") movements.push(verdict.movement);
    else if (verdict.kind === "malformed") tally.explain("malformed", row.line, verdict.problem);
    else tally.count(verdict.kind);
  }
  return movements;
}

interface Send {
  /** Resolves when there is room for the next chunk. */
  add(movements: readonly Movement[], onAnswered: () => void): Promise<void>;
  /** Resolves when all that was added is answered. */
  finish(): Promise<void>;
}

function dryRun(tally: ImportTally): Send {
  return {
    async add(movements, onAnswered) {
      for (const movement of movements) {
        tally.meet(movement);
        tally.countMovement(movement, null);
      }
      onAnswered();
    },
    finish: async () => {},
  };
}

class ChunkQueue implements Send {
  readonly #commands: RowCommands;
  readonly #settler: Settler;
  readonly #prerequisites: Prerequisites;
  readonly #tally: ImportTally;
  readonly #inFlight: Promise<void>[] = [];
  #lastHandedOver: Promise<unknown> = Promise.resolve();

  constructor(mapping: Mapping, target: ImportTarget, clock: Clock, tally: ImportTally) {
    const { dataSet, openingLevel, market } = mapping;
    this.#tally = tally;
    this.#commands = new RowCommands({
      dataSet,
      defaultCurrency: target.defaultCurrency,
      marketType: market?.type ?? "marketplace",
    });
    this.#settler = new Settler(target.sink, clock);
    this.#prerequisites = new Prerequisites({
      commands: this.#commands,
      settler: this.#settler,
      items: target.items,
      tally,
      openingLevel,
    });
  }

  async add(movements: readonly Movement[], onAnswered: () => void): Promise<void> {
    const handedOver = Promise.all([this.#lastHandedOver, this.#prerequisites.prepare(movements)]).then(() => {
      // Wrapped, so that waiting for it waits for the handing over and not for the answers.
      return { answers: this.#settle(movements) };
    });
    this.#lastHandedOver = handedOver;
    const answered = handedOver.then(({ answers }) => answers).then(onAnswered);
    // Reported by the one that waits for it, at the latest in `finish`.
    answered.catch(() => {});
    this.#inFlight.push(answered);
    if (this.#inFlight.length >= importLimits.chunksInFlightMax) await this.#inFlight.shift();
  }

  async finish(): Promise<void> {
    const results = await Promise.allSettled(this.#inFlight.splice(0));
    const failed = results.find((result) => result.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  }

  async #settle(movements: readonly Movement[]): Promise<void> {
    const naming = this.#prerequisites.nameProducts(movements);
    const [answers] = await Promise.all([
      this.#settler.settle(
        movements.map((movement) => this.#commands.move(this.#prerequisites.addressOf(movement), movement)),
      ),
      naming,
    ]);
    for (const [index, answer] of answers.entries()) this.#tally.countMovement(movements[index]!, answer);
  }
}
