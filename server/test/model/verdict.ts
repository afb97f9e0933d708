/** What the reference model says about a command. */
import { type RejectionCode, rejectionCodes } from "@onhand/protocol/vocabulary";
import type { ChannelDocument, LocationDocument, ProductDocument } from "../../src/core/catalogue/catalogue.ts";
import type { AppliedLine, OrderOutcome } from "../../src/core/outcome.ts";
import type { ModelRecord } from "./world.ts";

/** One reason to refuse one line. Fields that are left out are not compared. */
export interface Fault {
  readonly code: RejectionCode;
  readonly line: number;
  readonly pointer?: string;
  readonly available?: number;
  readonly requested?: number;
  readonly limit?: number;
  readonly currentVersion?: number;
  readonly byIfMatch?: boolean;
  /** It rests on holds that are over, and is not final; always compared. */
  readonly isStale?: boolean;
}

export interface Position {
  readonly partition: number;
  readonly sequence: number;
}

export type Verdict =
  | { readonly kind: "lines"; readonly lines: readonly AppliedLine[] }
  | { readonly kind: "product"; readonly record: ModelRecord<ProductDocument> }
  | { readonly kind: "location"; readonly record: ModelRecord<LocationDocument> }
  | { readonly kind: "channel"; readonly record: ModelRecord<ChannelDocument> }
  | { readonly kind: "order"; readonly outcome: OrderOutcome }
  | { readonly kind: "done"; readonly entries: number }
  /** The answer must be one of these. */
  | { readonly kind: "rejected"; readonly faults: readonly Fault[] };

/** Where any line at fault may be named: which one it is depends on how far the lines have been added up. */
const anyLine: readonly RejectionCode[] = ["validation_failed", "insufficient_stock"];

/** Of all faults of a command those of the first code in the documented order count, and of those the first line's. */
export function foremost(faults: readonly Fault[]): Fault[] {
  const code = rejectionCodes.find((candidate) => faults.some((fault) => fault.code === candidate));
  const ofCode = faults.filter((fault) => fault.code === code);
  if (code === undefined || anyLine.includes(code)) return ofCode;
  const firstLine = Math.min(...ofCode.map((fault) => fault.line));
  return ofCode.filter((fault) => fault.line === firstLine);
}

/** It has come to where more than one thing would be right, and nothing can be compared any more. */
export class LeftOpen extends Error {}
