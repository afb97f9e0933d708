/** Checks that the entries of a partition follow each other: numbers, times, hashes. */
import { genesisHash, linkHash } from "../../core/record/chain.ts";
import type { AnchorPosition } from "./anchor.ts";
import type { StoredEntry } from "./entry-page.ts";
import type { FaultList } from "./report.ts";
import type { SnapshotHead } from "./sql/read-heads.ts";

const isHash = (hex: string): boolean => hex.length === 64;

/** After a fault it goes on from what is stored, so that one fault is not reported again by every entry behind it. */
export class ChainCheck {
  readonly #faults: FaultList;
  #sequence: number;
  #storedHash: string;
  /** Null when the entry before is missing, so that nothing can be linked to it. */
  #hash: Uint8Array | null;
  #recordedAtMs: number | null;

  /**
   * @param start the trusted position, or null to begin with the first entry
   * @param startedAtMs when the entry there was recorded; null when that is not known
   */
  constructor(faults: FaultList, start: AnchorPosition | null, startedAtMs: number | null) {
    this.#faults = faults;
    this.#sequence = start?.sequence ?? 0;
    this.#hash = start === null ? genesisHash : Buffer.from(start.hash, "hex");
    this.#storedHash = Buffer.from(this.#hash).toString("hex");
    this.#recordedAtMs = startedAtMs;
  }

  /** Position of the last entry seen, and the hash stored with it. */
  get last(): AnchorPosition {
    return { sequence: this.#sequence, hash: this.#storedHash };
  }

  visit(entry: StoredEntry): void {
    const { sequence, storedHash, recordedAtMs } = entry;
    const expected = this.#sequence + 1;
    if (sequence !== expected) {
      this.#faults.add("gap", { sequence, expected: `entry ${expected}`, found: `entry ${sequence}` });
      this.#hash = null;
    }
    if (entry.inexact !== null) {
      this.#faults.add("value", { sequence, expected: "a whole number that JSON keeps exact", found: entry.inexact });
    }
    const hash = this.#hash === null ? null : linkHash(this.#hash, inWholeMs(entry));
    const sealed = hash === null ? storedHash : Buffer.from(hash).toString("hex");
    if (sealed !== storedHash || !isHash(storedHash)) {
      this.#faults.add("hash", { sequence, expected: sealed, found: storedHash });
    }
    if (this.#recordedAtMs !== null && !(recordedAtMs >= this.#recordedAtMs)) {
      const [before, found] = [this.#recordedAtMs, recordedAtMs].map(formatTime);
      this.#faults.add("time", { sequence, expected: `${before} or later`, found: found! });
    }
    this.#sequence = sequence;
    this.#hash =
      sealed === storedHash && hash !== null ? hash : isHash(storedHash) ? Buffer.from(storedHash, "hex") : hash;
    this.#storedHash = storedHash;
    this.#recordedAtMs = recordedAtMs;
  }

  /** Compares the head with the last entry. */
  finish(head: SnapshotHead): void {
    const compare = (what: string, expected: string, found: string): void => {
      if (expected === found) return;
      this.#faults.add("head", { sequence: null, expected: `${what} ${expected}`, found: `${what} ${found}` });
    };
    compare("sequence", String(this.#sequence), String(head.sequence));
    compare("hash", this.#storedHash, head.hash);
    const recordedAtMs = this.#recordedAtMs ?? (this.#sequence === 0 ? 0 : null);
    if (recordedAtMs !== null) compare("recorded_at", formatTime(recordedAtMs), formatTime(head.recorded_at));
  }
}

/** Milliseconds as a time of day; as the number where they are no time. */
function formatTime(ms: number): string {
  return Number.isFinite(ms) && Math.abs(ms) < 8.64e15 && Number.isInteger(ms)
    ? new Date(ms).toISOString()
    : `${ms} ms`;
}

/** The hash covers whole milliseconds; what a time has beyond them is a fault of its own. */
function inWholeMs(entry: StoredEntry): StoredEntry {
  if (entry.inexact === null) return entry;
  return { ...entry, occurredAtMs: Math.trunc(entry.occurredAtMs), recordedAtMs: Math.trunc(entry.recordedAtMs) };
}
