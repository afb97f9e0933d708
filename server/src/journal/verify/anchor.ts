/** Positions and hashes that are trusted from elsewhere: an earlier report kept where nobody can rewrite it. */
import type { VerificationReport } from "./report.ts";

export interface AnchorPosition {
  readonly sequence: number;
  /** Hash of the entry at the position, 64 lower-case hex digits. */
  readonly hash: string;
}

/** By partition; a partition that is not in it is checked from its first entry. */
export type Anchor = ReadonlyMap<number, AnchorPosition>;

/** The text is neither an anchor nor the report of a verification that succeeded. */
export class AnchorUnreadable extends Error {
  override readonly name = "AnchorUnreadable";
}

/** Where a verification ended. @throws {AnchorUnreadable} when it found faults: what failed is not to be trusted */
export function anchorOf(report: Pick<VerificationReport, "ok" | "partitions">): Anchor {
  if (!report.ok) throw new AnchorUnreadable("the report is of a verification that found faults");
  return new Map(report.partitions.map(({ partition, sequence, hash }) => [partition, { sequence, hash }]));
}

/** @returns one line `partition:sequence:hash` for each partition, in order */
export function formatAnchor(anchor: Anchor): string {
  const lines = [...anchor].sort(([a], [b]) => a - b);
  return lines.map(([partition, { sequence, hash }]) => `${partition}:${sequence}:${hash}\n`).join("");
}

/**
 * Reads what `formatAnchor` wrote (line ends and commas both part positions), or the JSON of a report.
 * @throws {AnchorUnreadable} for anything else, naming what cannot be read
 */
export function parseAnchor(text: string): Anchor {
  if (text.trimStart().startsWith("{")) return anchorOf(parseReport(text));
  const anchor = new Map<number, AnchorPosition>();
  for (const part of text.split(/[\s,]+/).filter((each) => each !== "")) {
    const [partition, sequence, hash, ...rest] = part.split(":");
    if (rest.length > 0) throw new AnchorUnreadable(`"${part}" is not partition:sequence:hash`);
    put(anchor, { partition: wholeOf(partition), sequence: wholeOf(sequence), hash: hash ?? "" });
  }
  if (anchor.size === 0) throw new AnchorUnreadable("there is no position in it");
  return anchor;
}

const wholeOf = (text: string | undefined): number => (/^\d{1,16}$/.test(text ?? "") ? Number(text) : Number.NaN);

interface Line extends AnchorPosition {
  readonly partition: number;
}

function put(anchor: Map<number, AnchorPosition>, { partition, sequence, hash }: Line): void {
  const isPosition = [partition, sequence].every((value) => Number.isSafeInteger(value) && value >= 0);
  if (!isPosition || !/^[0-9a-f]{64}$/.test(hash)) {
    throw new AnchorUnreadable(`${partition}:${sequence}:${hash} is no position with a hash`);
  }
  if (anchor.has(partition)) throw new AnchorUnreadable(`partition ${partition} is in it twice`);
  anchor.set(partition, { sequence, hash });
}

/** Takes from a report's JSON only what an anchor is made of, each part checked. */
function parseReport(text: string): Pick<VerificationReport, "ok" | "partitions"> {
  let report: Partial<VerificationReport>;
  try {
    report = JSON.parse(text);
  } catch (error) {
    throw new AnchorUnreadable(`the report is not JSON: ${(error as Error).message}`);
  }
  const { ok, partitions } = report;
  if (typeof ok !== "boolean" || !Array.isArray(partitions) || partitions.length === 0) {
    throw new AnchorUnreadable("the JSON is not the report of a verification");
  }
  const checked = new Map<number, AnchorPosition>();
  for (const partition of partitions) put(checked, partition ?? {});
  return { ok, partitions };
}
