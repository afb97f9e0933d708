/** The change feed as its consumers see it: open a follower at a place and ask it for what comes next. */
import type { PositionVector } from "../core/record/position-vector.ts";
import { compileFilter, type FeedFilter } from "./filter.ts";
import { type Follower, type FollowerParts, TailFollower } from "./follower.ts";

export class Feed {
  readonly #parts: FollowerParts;

  constructor(parts: FollowerParts) {
    this.#parts = parts;
  }

  /** @throws PositionLost when the place is not of this history, ahead of it, or past retention */
  async follow(from: PositionVector, filter: FeedFilter): Promise<Follower> {
    const { tail, reader } = this.#parts;
    const test = compileFilter(filter);
    // A place in the ring is known to be of this history; any other one is asked for, and what is no longer kept.
    const isKept = await reader.isKept(from);
    const isKnown = isKept && tail.ring !== null && tail.ring.countAt(from) !== null;
    const course = isKnown ? null : await reader.courseFrom(from, await reader.heads());
    return new TailFollower(this.#parts, from, course, test);
  }
}
