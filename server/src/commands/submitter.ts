/**
 * Hands commands to the writer and sees to it that one key has one outcome within this process: a repeat waits for the
 * first, and recent keys are known over all partitions, so a key reused for another product is refused.
 *
 * The journal's own memory of keys is the judge; this one only knows which keys it need not be asked about.
 */
import type { Command } from "../core/command.ts";
import { BoundedMap } from "../lib/bounded-map.ts";
import { KeyReused } from "../writer/errors.ts";
import type { Settled } from "../writer/job.ts";
import type { Writer } from "../writer/writer.ts";

const submitterLimits = { recentKeysMin: 20_000 } as const;

interface UnderWay {
  readonly requestHash: string;
  readonly settled: Promise<Settled>;
}

const keyReused = (): KeyReused => new KeyReused("the idempotency key was used before for another request");

export class Submitter {
  readonly #writer: Pick<Writer, "submitOne">;
  readonly #underWay = new Map<string, UnderWay>();
  /** Digests of recent requests by key; what came of them is in the database. */
  readonly #recent = new BoundedMap<string, string>(submitterLimits.recentKeysMin);

  constructor(writer: Pick<Writer, "submitOne">) {
    this.#writer = writer;
  }

  /** Commands under way in this process. */
  get underWayCount(): number {
    return this.#underWay.size;
  }

  /**
   * @param isKnown whether it was probably sent before: its outcome is looked up first then, which is faster
   * @returns what came of the command; see `Writer.submitOne` for how it fails
   */
  submitOne(command: Command, isKnown = false): Promise<Settled> {
    const { key, requestHash } = command;
    const first = this.#underWay.get(key);
    if (first !== undefined) return repeat(command, first);
    const recentHash = this.#recent.get(key);
    if (recentHash !== undefined && recentHash !== requestHash) return Promise.reject(keyReused());
    const settled = this.#writer.submitOne(command, isKnown || recentHash !== undefined);
    this.#underWay.set(key, { requestHash, settled });
    const forget = (): void => void this.#underWay.delete(key);
    settled.then(() => {
      forget();
      this.#recent.set(key, requestHash);
    }, forget);
    return settled;
  }

  /** Submits several commands. @returns a promise for each, in order */
  submit(commands: readonly Command[]): Promise<Settled>[] {
    return commands.map((command) => this.submitOne(command));
  }
}

async function repeat(command: Command, first: UnderWay): Promise<Settled> {
  if (command.requestHash !== first.requestHash) throw keyReused();
  return { ...(await first.settled), replayed: true };
}
