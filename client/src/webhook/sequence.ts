/**
 * Sees gaps in `webhook-sequence`. The numbers of a subscription are 1, 2, 3 … without a gap, but with ordering `key`
 * they may overtake each other, so a number that is missing now may still come. One that stays missing was lost on the
 * way to you: read the feed from `cursor`, or ask for a replay.
 *
 * Full: of what lies beyond the first gap, `rangesMax` stretches are remembered; past that the lowest gap is given up
 * and reported as lost.
 */

/** What is to be stored between calls, with the work that was done for the message. */
export interface SequenceState {
  /** Every number up to here has come. */
  readonly upTo: number;
  /** What has come beyond, as first and last number of each stretch, in order. */
  readonly beyond: readonly (readonly [first: number, last: number])[];
}

export interface SequenceVerdict {
  /** `next`: nothing is missing before it. `early`: something is. `repeat`: it had come before. */
  readonly kind: "next" | "early" | "repeat";
  /** Numbers that have not come, as first and last of each gap. */
  readonly missing: readonly (readonly [first: number, last: number])[];
  /** Numbers that are not waited for any more, because too much came beyond them. */
  readonly lost: readonly (readonly [first: number, last: number])[];
}

const rangesMax = 1_000;

export class WebhookSequence {
  #state: SequenceState;

  /** @param state as `state` gave it; from the first number on when absent */
  constructor(state: SequenceState = { upTo: 0, beyond: [] }) {
    this.#state = state;
  }

  /** To be stored. */
  get state(): SequenceState {
    return this.#state;
  }

  /**
   * Takes the number of a message.
   * @param supersedes numbers that the message stands for as well, see `VerifiedWebhook`
   * @throws RangeError when one of them is no number of a sequence
   */
  take(sequence: number, supersedes: readonly number[] = []): SequenceVerdict {
    const before = supersedes.flatMap((each) => this.#takeOne(each).lost);
    const verdict = this.#takeOne(sequence);
    return { ...verdict, lost: [...before, ...verdict.lost] };
  }

  #takeOne(sequence: number): SequenceVerdict {
    if (!Number.isSafeInteger(sequence) || sequence < 1) throw new RangeError(`${sequence} is no webhook-sequence`);
    const { upTo, beyond } = this.#state;
    if (sequence <= upTo || beyond.some(([first, last]) => sequence >= first && sequence <= last))
      return { kind: "repeat", missing: this.missing(), lost: [] };
    const ranges = [...beyond, [sequence, sequence] as const].sort(([one], [other]) => one - other);
    const lost: (readonly [number, number])[] = [];
    this.#state = settled(upTo, ranges);
    if (this.#state.beyond.length > rangesMax) {
      const [[first, last], ...rest] = this.#state.beyond as [readonly [number, number], ...[number, number][]];
      lost.push([this.#state.upTo + 1, first - 1]);
      this.#state = settled(last, rest);
    }
    return { kind: sequence === upTo + 1 ? "next" : "early", missing: this.missing(), lost };
  }

  /** Numbers that have not come, though later ones have. */
  missing(): (readonly [number, number])[] {
    let after = this.#state.upTo;
    return this.#state.beyond.map(([first, last]) => {
      const gap = [after + 1, first - 1] as const;
      after = last;
      return gap;
    });
  }

  /** Stops waiting for everything up to a number, for example once it was read from the feed. */
  settle(upTo: number): void {
    const ranges = this.#state.beyond.filter(([, last]) => last > upTo);
    this.#state = settled(Math.max(upTo, this.#state.upTo), ranges);
  }
}

/** Joins what touches. */
function settled(from: number, ranges: readonly (readonly [number, number])[]): SequenceState {
  let upTo = from;
  const beyond: [number, number][] = [];
  for (const [first, last] of ranges) {
    const before = beyond.at(-1);
    if (before === undefined && first <= upTo + 1) upTo = Math.max(upTo, last);
    else if (before !== undefined && first <= before[1] + 1) before[1] = Math.max(before[1], last);
    else beyond.push([first, last]);
  }
  return { upTo, beyond };
}
