/**
 * Hands commands to the writer and sees to it that one key has one outcome within this process: a repeat waits for the
 * first, and recent keys are known over all partitions, so a key reused for another product is refused.
 *
 * The journal's own memory of keys is the judge; this one only spares it work and looks across partitions.
 */
import type { Command } from "../core/command.ts";
import { BoundedMap } from "../lib/bounded-map.ts";
import { KeyReused } from "../writer/errors.ts";
import type { Settled } from "../writer/job.ts";
import type { Writer } from "../writer/writer.ts";

export const submitterLimits = { recentKeysMax: 20_000 } as const;

interface Remembered {
  readonly requestHash: string;
  readonly settled: Promise<Settled>;
}

export class Submitter {
  readonly #writer: Pick<Writer, "submit">;
  readonly #inFlight = new Map<string, Remembered>();
  readonly #recent = new BoundedMap<string, Remembered>(submitterLimits.recentKeysMax);

  constructor(writer: Pick<Writer, "submit">) {
    this.#writer = writer;
  }

  /** Commands under way in this process. */
  get inFlightCount(): number {
    return this.#inFlight.size;
  }

  /**
   * @returns a promise for each command, in order; see `Writer.submit` for how they fail
   */
  submit(commands: readonly Command[]): Promise<Settled>[] {
    const answers: Promise<Settled>[] = new Array(commands.length);
    const fresh: Command[] = [];
    const places: number[] = [];
    const earlierInThisCall = new Map<string, { requestHash: string; place: number }>();
    for (const [place, command] of commands.entries()) {
      const known = this.#inFlight.get(command.key) ?? this.#recent.get(command.key);
      const twin = earlierInThisCall.get(command.key);
      if (known !== undefined) answers[place] = repeat(command, known.requestHash, known.settled);
      else if (twin !== undefined)
        answers[place] = Promise.resolve().then(() => repeat(command, twin.requestHash, answers[twin.place]!));
      else {
        earlierInThisCall.set(command.key, { requestHash: command.requestHash, place });
        fresh.push(command);
        places.push(place);
      }
    }
    for (const [index, settled] of this.#writer.submit(fresh).entries()) {
      answers[places[index]!] = settled;
      this.#remember(fresh[index]!, settled);
    }
    return answers;
  }

  #remember(command: Command, settled: Promise<Settled>): void {
    const remembered = { requestHash: command.requestHash, settled };
    this.#inFlight.set(command.key, remembered);
    settled.then(
      () => {
        this.#inFlight.delete(command.key);
        this.#recent.set(command.key, remembered);
      },
      () => this.#inFlight.delete(command.key),
    );
  }
}

async function repeat(command: Command, requestHash: string, first: Promise<Settled>): Promise<Settled> {
  if (command.requestHash !== requestHash)
    throw new KeyReused("the idempotency key was used before for another request");
  return { ...(await first), replayed: true };
}
