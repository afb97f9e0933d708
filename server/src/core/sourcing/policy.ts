/**
 * Sourcing: from which locations a line is taken that names none. A policy is a pure function of what it is shown, so that
 * the same request at the same stock is always served alike. It cannot take what is not there: the core checks its choice.
 */

/** What one line of a request asks for. */
export interface Demand {
  /** Position in the request, from 1. */
  readonly requestLine: number;
  readonly productId: string;
  /** Units, at least 1. */
  readonly quantity: number;
}

/** A location that a line may be taken from. */
export interface Candidate {
  readonly locationId: string;
  /** Units that can be taken there, none below zero. */
  readonly available: number;
  /** In words: what makes it less than is on hand; absent when there is nothing to say. */
  readonly note?: string;
}

/** All lines of a request that name no location, before anything was taken for them. */
export interface SourcingRequest {
  /** In the order in which they are served: those with the fewest candidates first. */
  readonly lines: readonly { readonly demand: Demand; readonly candidates: readonly Candidate[] }[];
  /** Locations in the order in which the caller wants them taken; may name others than the candidates. */
  readonly priorities: readonly string[];
  /** Locations that send something anyway, for other lines name them. */
  readonly sending: readonly string[];
}

/** Units taken from one candidate, zero included, and why. */
export interface Choice {
  readonly locationId: string;
  readonly taken: number;
  /** In words: why so much, or why none. */
  readonly reason: string;
}

/**
 * Chooses for one line.
 * @param candidates with what earlier lines of the request left, in the order of the channel or by id
 * @returns choices in the order in which they were looked at; together at most what the demand asks for
 */
export type ChooseForLine = (demand: Demand, candidates: readonly Candidate[]) => readonly Choice[];

export interface SourcingPolicy {
  /** What requests name it by: `[a-z_]{1,32}`. */
  readonly name: string;
  /**
   * True: it says what is taken first, and insists on nothing. Where a line falls short for others of the same product,
   * these may be moved to any of their candidates. Absent: its choice stands.
   */
  readonly yields?: boolean;
  /** Looks at the whole request once; what it gives back is asked for each line in turn. */
  forRequest(request: SourcingRequest): ChooseForLine;
}
