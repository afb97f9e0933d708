/**
 * What is built from the journal beside it: tables that say the same once more, in a form that somebody asks for. The
 * runner does the rest: one server at a time, each entry once, from the beginning when it has to be.
 */
import type { EntryKind } from "@onhand/protocol/vocabulary";
import type { SealedEntry } from "../core/record/entry.ts";
import type { Queryable } from "../db/pool.ts";

/** Which entries a projection wants to see. */
export interface Interest {
  readonly kinds: readonly EntryKind[];
  /** Entries of every other kind too whose detail has this member. */
  readonly orDetail?: string;
}

/** Entries in order within each partition, none left out that is of interest. */
export interface Batch {
  readonly entries: readonly SealedEntry[];
  /** When the newest entry of the whole journal was recorded, in ms: how far the journal's own time has come. */
  readonly newestAtMs: number;
}

/** What is written, in the transaction that moves the cursor. */
export type Write = (connection: Queryable) => Promise<void>;

export interface Projection {
  /** Key of its cursor; never to be changed. */
  readonly name: string;
  /** Rises whenever other tables would come of the same entries: they are then built anew. */
  readonly version: number;
  readonly interest: Interest;
  /** Entries of the journal that are passed at a time, of interest or not. */
  readonly batchMax: number;
  /**
   * Works out what a batch comes to. Outside of any transaction: it may read its own tables, which nobody else changes
   * meanwhile, and may tell others under keys, for all of it may be repeated with the same entries.
   */
  digest(batch: Batch): Promise<Write>;
  /** Empties its tables, to be built anew. */
  readonly clear: Write;
}
