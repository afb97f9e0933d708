/** Checks texts against the commitments of their entries. A text that is not there was erased, which is no fault. */
import { commitmentOf } from "../../core/record/chain.ts";
import type { Entry } from "../../core/record/entry.ts";
import type { Queryable } from "../../db/pool.ts";
import { namesOf } from "./entry-rules.ts";
import type { FaultList } from "./report.ts";
import { readTextPage, type TextColumns } from "./sql/read-journal.ts";

const pageRows = 5_000;

export class TextCheck {
  readonly #connection: Queryable;
  readonly #partition: number;
  readonly #faults: FaultList;
  #afterSequence: number | null;

  /** @param afterSequence the trusted position, or null for all texts */
  constructor(connection: Queryable, partition: number, faults: FaultList, afterSequence: number | null) {
    this.#connection = connection;
    this.#partition = partition;
    this.#faults = faults;
    this.#afterSequence = afterSequence;
  }

  /** Checks the texts up to the last of the next entries. */
  async visit(entries: readonly Entry[]): Promise<void> {
    const bySequence = new Map<number, Entry>();
    for (const entry of entries) if (entry.textCommitment !== null) bySequence.set(entry.sequence, entry);
    await this.#through(entries.at(-1)!.sequence, bySequence);
  }

  /** Finds texts behind the last entry. */
  async finish(): Promise<void> {
    await this.#through(null, new Map());
  }

  async #through(lastSequence: number | null, entries: ReadonlyMap<number, Entry>): Promise<void> {
    for (;;) {
      const statement = readTextPage(this.#partition, this.#afterSequence, lastSequence, pageRows);
      const { rows } = await this.#connection.query<TextColumns>(statement);
      const page = rows[0]!;
      for (let n = 0; n < page.count; n++) this.#check(page, n, entries.get(page.sequence[n]!));
      this.#afterSequence = page.count === pageRows ? page.sequence.at(-1)! : (lastSequence ?? this.#afterSequence);
      if (page.count < pageRows || (lastSequence === null && this.#faults.isFull)) return;
    }
  }

  #check(page: TextColumns, n: number, entry: Entry | undefined): void {
    const sequence = page.sequence[n]!;
    if (entry === undefined) {
      this.#faults.add("text", { sequence, expected: "no text", found: "a text without a commitment" });
      return;
    }
    const commitment = commitmentOf(Buffer.from(page.salt[n]!, "hex"), page.reason[n]!, page.reference[n]!);
    const [found, expected] = [commitment, entry.textCommitment!].map((bytes) => Buffer.from(bytes).toString("hex"));
    if (found !== expected) this.#faults.add("text", { ...namesOf(entry), expected: expected!, found: found! });
  }
}
