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
  readonly #writer: Pick<Writer, "submit">;
  readonly #underWay = new Map<string, UnderWay>();
  /** Digests of recent requests by key; what came of them is in the database. */
  readonly #recent = new BoundedMap<string, string>(submitterLimits.recentKeysMin);

  constructor(writer: Pick<Writer, "submit">) {
    this.#writer = writer;
  }

  /** Commands under way in this process. */
  get underWayCount(): number {
    return this.#underWay.size;
  }

  /**
   * @returns a promise for each command, in order; see `Writer.submit` for how they fail
   */
  submit(commands: readonly Command[]): Promise<Settled>[] {
    const answers: Promise<Settled>[] = new Array(commands.length);
    const fresh: Command[] = [];
    const places: number[] = [];
    /** Commands of this call whose key another one before them has. */
    const twins: { place: number; command: Command }[] = [];
    const keysOfThisCall = commands.length > 1 ? new Set<string>() : null;
    for (const [place, command] of commands.entries()) {
      const first = this.#underWay.get(command.key);
      const recentHash = this.#recent.get(command.key);
      if (first !== undefined) answers[place] = repeat(command, first);
      else if (recentHash !== undefined && recentHash !== command.requestHash)
        answers[place] = Promise.reject(keyReused());
      else if (keysOfThisCall?.has(command.key) === true) twins.push({ place, command });
      else {
        keysOfThisCall?.add(command.key);
        fresh.push(command);
        places.push(place);
      }
    }
    const isKnown = (command: Command): boolean => this.#recent.get(command.key) !== undefined;
    for (const [index, settled] of this.#writer.submit(fresh, isKnown).entries()) {
      answers[places[index]!] = settled;
      this.#remember(fresh[index]!, settled);
    }
    for (const { place, command } of twins) answers[place] = repeat(command, this.#underWay.get(command.key)!);
    return answers;
  }

  #remember({ key, requestHash }: Command, settled: Promise<Settled>): void {
    this.#underWay.set(key, { requestHash, settled });
    const forget = (): void => void this.#underWay.delete(key);
    settled.then(() => {
      forget();
      this.#recent.set(key, requestHash);
    }, forget);
  }
}

async function repeat(command: Command, first: UnderWay): Promise<Settled> {
  if (command.requestHash !== first.requestHash) throw keyReused();
  return { ...(await first.settled), replayed: true };
}
