/**
 * Checks that the entries of a change name each other. Within the partition they must follow each other and carry the
 * same text; for ranges in other partitions the database counts the entries there that carry it.
 */

import { limits } from "../../core/limits.ts";
import type { Entry } from "../../core/record/entry.ts";
import { formatParts, type PartRange, parseParts } from "../../core/record/parts.ts";
import type { Queryable } from "../../db/pool.ts";
import { Batches } from "./batches.ts";
import { namesOf } from "./entry-rules.ts";
import type { FaultList } from "./report.ts";
import { countParts } from "./sql/read-journal.ts";

interface Question extends PartRange {
  readonly parts: string;
  /** The entry that names the range. */
  readonly sequence: number;
}

export class PartsCheck {
  readonly #faults: FaultList;
  readonly #fromSequence: number;
  readonly #elsewhere: Batches<Question>;
  /** The change whose entries are being passed. */
  #open: { parts: string; last: number } | null = null;

  constructor(connection: Queryable, faults: FaultList, fromSequence: number) {
    this.#faults = faults;
    this.#fromSequence = fromSequence;
    this.#elsewhere = new Batches((partition, questions) => this.#count(connection, partition, questions));
  }

  visit(entry: Entry): void {
    const { sequence, parts } = entry;
    if (this.#open !== null && sequence > this.#open.last) this.#open = null;
    if (this.#open !== null) {
      if (parts !== this.#open.parts) this.#fault(entry, this.#open.parts, String(parts));
      return;
    }
    if (parts === null) return;
    const ranges = rangesOf(parts);
    const own = ranges?.find((range) => range.partition === entry.partition);
    if (ranges === null || own === undefined || own.first > sequence || own.last < sequence) {
      this.#fault(entry, `${entry.partition}:…${sequence}… among the parts`, parts);
      return;
    }
    const beganBefore = own.first < sequence;
    if (beganBefore && own.first > this.#fromSequence) this.#fault(entry, `parts that begin at ${sequence}`, parts);
    this.#open = { parts, last: own.last };
    for (const range of ranges) {
      if (range !== own || beganBefore) this.#elsewhere.add(range.partition, { ...range, parts, sequence });
    }
  }

  /** Asks about what has gathered; to be called after every page. */
  async askFull(): Promise<void> {
    await this.#elsewhere.askFull();
  }

  /** Ends the partition behind its last entry. */
  async finish(lastSequence: number): Promise<void> {
    if (this.#open !== null && this.#open.last > lastSequence) {
      const { parts, last } = this.#open;
      this.#faults.add("parts", { sequence: lastSequence, expected: `entries up to ${last}`, found: parts });
    }
    await this.#elsewhere.askAll();
  }

  async #count(connection: Queryable, partition: number, questions: readonly Question[]): Promise<void> {
    const { rows } = await connection.query<{ counts: number[] }>(countParts(partition, questions));
    questions.forEach(({ first, last, sequence }, index) => {
      const found = rows[0]?.counts[index] ?? 0;
      if (found === last - first + 1) return;
      const expected = `${last - first + 1} entries with these parts at ${partition}:${first}-${last}`;
      this.#faults.add("parts", { sequence, expected, found: `${found}` });
    });
  }

  #fault(entry: Entry, expected: string, found: string): void {
    this.#faults.add("parts", { ...namesOf(entry), expected, found });
  }
}

/** The ranges of a text in its one valid spelling, or null. */
function rangesOf(parts: string): PartRange[] | null {
  const ranges = parseParts(parts);
  const isSpelled = ranges.every(({ partition, first, last }) => {
    const areWhole = [partition, first, last].every(Number.isSafeInteger);
    return areWhole && partition >= 0 && partition <= limits.partitionCountMax && first >= 1 && first <= last;
  });
  const positions = ranges.flatMap(({ partition, first, last }) => [
    { partition, sequence: first },
    { partition, sequence: last },
  ]);
  return isSpelled && formatParts(positions) === parts ? ranges : null;
}
