/** Questions gathered by the partition they are asked of, so that each is asked many at a time. */

const batchSize = 1_000;

export class Batches<Question> {
  readonly #ask: (partition: number, questions: readonly Question[]) => Promise<void>;
  readonly #waiting = new Map<number, Question[]>();

  constructor(ask: (partition: number, questions: readonly Question[]) => Promise<void>) {
    this.#ask = ask;
  }

  add(partition: number, question: Question): void {
    const questions = this.#waiting.get(partition);
    if (questions === undefined) this.#waiting.set(partition, [question]);
    else questions.push(question);
  }

  /** Asks wherever enough has gathered. */
  async askFull(): Promise<void> {
    for (const [partition, questions] of this.#waiting) if (questions.length >= batchSize) await this.#send(partition);
  }

  /** Asks all that is left. */
  async askAll(): Promise<void> {
    for (const partition of [...this.#waiting.keys()]) await this.#send(partition);
  }

  async #send(partition: number): Promise<void> {
    const questions = this.#waiting.get(partition) ?? [];
    this.#waiting.delete(partition);
    for (let start = 0; start < questions.length; start += batchSize) {
      await this.#ask(partition, questions.slice(start, start + batchSize));
    }
  }
}
