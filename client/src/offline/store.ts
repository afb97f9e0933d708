/** Where an offline queue keeps what it must not forget, and what it keeps. */
import type { Problem } from "@onhand/protocol/problems";
import type { InventoryItem } from "@onhand/protocol/resources";
import type { Call } from "../call.ts";

/**
 * `pending`: stored, never sent. `sent`: sent at least once, so it may have been applied. `answered`: the server said
 * yes; it is about to be removed. `refused`: the server said no; it is kept until it is dismissed.
 */
export type CommandState = "pending" | "sent" | "answered" | "refused";

/** A command with all that it takes to send it again, as it is stored. */
export interface StoredCommand {
  readonly kind?: undefined;
  /** Counts up, together with those of lines; what is about one item is sent in this order. */
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

/**
 * `pending`: stored, without a number. `sent`: it has its number and may have been sent. `done`: the server has it; the
 * newest of these are kept, in case that the server asks for them again. `refused`: the server cannot even read it.
 */
export type LineState = "pending" | "sent" | "done" | "refused";

/** What happened, as it is stored and sent: stock moved (`adjustment`), or was counted (`stockLevel`). */
export interface Fact {
  readonly productId?: string | undefined;
  readonly sku?: string | undefined;
  readonly productCode?: string | undefined;
  readonly locationId?: string | undefined;
  readonly locationCode?: string | undefined;
  readonly occurredAt: string;
  readonly adjustment?: number;
  readonly stockLevel?: number;
  readonly type?: string;
  readonly state?: string;
  readonly reason?: string | undefined;
  readonly reference?: string | undefined;
}

/** A line of the device's log, as it is stored. */
export interface StoredLine {
  readonly kind: "line";
  readonly id: number;
  /** By which the server knows it, for ever. */
  readonly operationId: string;
  readonly fact: Fact;
  /** Its number in the log; null until it is sent first. */
  readonly sequence: number | null;
  readonly state: LineState;
  readonly storedAtMs: number;
  readonly problem: Problem | null;
}

/** The log of the device that the store belongs to; its id is 0. */
export interface StoredLog {
  readonly kind: "log";
  readonly id: 0;
  readonly deviceId: string;
  /** The last number that was given to a line. */
  readonly lastSequence: number;
}

/** How old the copy of the levels is; its id is -1. */
export interface StoredCopy {
  readonly kind: "copy";
  readonly id: -1;
  readonly asOfMs: number;
}

/** An item of that copy; ids go down from -2. */
export interface StoredLevel {
  readonly kind: "level";
  readonly id: number;
  readonly item: InventoryItem;
}

export type StoredRecord = StoredCommand | StoredLine | StoredLog | StoredCopy | StoredLevel;

/** Keeps records by their ids over restarts. One queue at a time uses it. */
export interface QueueStore {
  /** Takes the lock and reads what is there. @throws QueueLocked */
  open(): Promise<readonly StoredRecord[]>;
  /** Adds or replaces some records and removes others: all of it or nothing, and durable once it resolves. */
  write(puts: readonly StoredRecord[], removes: readonly number[]): Promise<void>;
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
