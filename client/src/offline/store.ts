/** Where an offline queue keeps its commands, and what it keeps of each. */
import type { Problem } from "@onhand/protocol/problems";
import type { Call } from "../call.ts";

/**
 * `pending`: stored, never sent. `sent`: sent at least once, so it may have been applied. `answered`: the server said
 * yes; it is about to be removed. `refused`: the server said no; it is kept until it is dismissed.
 */
export type CommandState = "pending" | "sent" | "answered" | "refused";

/** A command with all that it takes to send it again, as it is stored. */
export interface StoredCommand {
  /** Counts up; commands of an item are sent in this order. */
  readonly id: number;
  /** Sent with every try, so that the server applies the command once. */
  readonly idempotencyKey: string;
  readonly call: Call;
  readonly ifMatch: number | string | null;
  readonly state: CommandState;
  readonly storedAtMs: number;
  readonly firstSentAtMs: number | null;
  /** Why it was refused. */
  readonly problem: Problem | null;
}

/** Keeps commands over restarts. One queue at a time uses it. */
export interface QueueStore {
  /** Takes the lock and reads what is there. @throws QueueLocked */
  open(): Promise<readonly StoredCommand[]>;
  /** Adds or replaces. Durable once it resolves. */
  put(command: StoredCommand): Promise<void>;
  /** Durable once it resolves. */
  remove(id: number): Promise<void>;
  /** Gives the lock back. */
  close(): Promise<void>;
}

/** Another program, or another tab, uses the store. */
export class QueueLocked extends Error {
  override readonly name = "QueueLocked";
}

/** What is stored cannot be read; the message says where it lies and what to do. */
export class QueueDamaged extends Error {
  override readonly name = "QueueDamaged";
}
