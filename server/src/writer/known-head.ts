/** Ends of partitions as a process remembers them. */

export interface KnownHead {
  readonly sequence: number;
  readonly hash: Uint8Array;
  readonly recordedAtMs: number;
  readonly epoch: number;
}

/** A head as it is once a group is committed. */
export interface MovedHead extends KnownHead {
  readonly partition: number;
}
