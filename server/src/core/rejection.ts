/** A refusal by the rules of stock: a value, stored and replayed like any other outcome. */
import type { RejectionCode } from "@onhand/protocol/vocabulary";

export interface Rejection {
  readonly code: RejectionCode;
  /** What is wrong and what to do next, in one or two sentences. */
  readonly detail: string;
  /** Index of the line at fault within the command. */
  readonly line: number;
  /** JSON Pointer of the field at fault, when one is. */
  readonly pointer?: string;
  /**
   * What was looked up before the decision is true no longer: the refusal is not remembered, and the same request may be
   * asked again under its key.
   */
  readonly isStale?: boolean;
  /** Units that could be taken and units that were asked for (`insufficient_stock`). */
  readonly available?: number;
  readonly requested?: number;
  /** Units that may be held at a time (`hold_limit_exceeded`). */
  readonly limit?: number;
  /**
   * With `isStale`: partitions that the command must lock, for what it concerns was found to lie there.
   */
  readonly needsPartitions?: readonly number[];
  /** Version that the guard should have named (`version_conflict`, `precondition_required`). */
  readonly currentVersion?: number;
  /** True when the guard came as `If-Match`, so that the answer is 412. */
  readonly byIfMatch?: boolean;
}
