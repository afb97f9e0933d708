/**
 * Whether a lane may trust the heads that it remembers. After it met a head that somebody else moved, or a try failed,
 * it locks first, one group in flight, until enough groups in a row were its own.
 */

export const streakLimits = {
  /** Groups in a row without anybody else in between, before heads are trusted again. */
  ownGroupsMin: 20,
} as const;

export class OwnStreak {
  // Nobody was met yet: a server that is alone decides ahead from its first groups on.
  #groups: number = streakLimits.ownGroupsMin;

  /** True when groups may be decided on remembered heads. */
  get isTrusted(): boolean {
    return this.#groups >= streakLimits.ownGroupsMin;
  }

  /** A group was committed that found every head where this lane had left it. */
  grow(): void {
    this.#groups += 1;
  }

  /** Somebody else wrote, or a try failed for whatever reason. */
  end(): void {
    this.#groups = 0;
  }
}
