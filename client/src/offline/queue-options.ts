/** What an offline queue is opened with, and what it gives for what it was given. */
import type { Problem } from "@onhand/protocol/problems";
import type { Answer } from "../answer.ts";
import type { QueueEntry } from "./contents.ts";
import type { LineVerdict } from "./device-log.ts";
import type { QueueStore, StoredCommand, StoredLine } from "./store.ts";

export interface DeviceOptions {
  /** The device's id for a store that is new; one that exists keeps its own. One is made when absent. */
  readonly deviceId?: string | undefined;
  /** Source whose codes facts may use. */
  readonly sourceId?: string | undefined;
  /** Location of facts that name none. */
  readonly locationId?: string | undefined;
}

export interface OfflineQueueOptions {
  readonly store: QueueStore;
  readonly device?: DeviceOptions | undefined;
  /** A command was answered; also those of an earlier run of the program. */
  readonly onAnswered?: ((command: StoredCommand, answer: Answer<unknown>) => void) | undefined;
  /** The server has a line, and says what came of it: what it could not apply it keeps, under `parkedId`. */
  readonly onVerdict?: ((line: StoredLine, verdict: LineVerdict) => void) | undefined;
  /** Refused for good. It is kept: show it to somebody, then dismiss it or retry it. */
  readonly onRefused?: ((entry: QueueEntry, problem: Problem) => void) | undefined;
  /** Sending failed and will be tried again: no network, no server, credentials that are not valid. */
  readonly onTrouble?: ((error: unknown) => void) | undefined;
}

/** A command that is stored. */
export interface QueuedCommand<Body> {
  readonly id: number;
  readonly idempotencyKey: string;
  /** Resolves with the answer. Rejects with OnhandProblem when it is refused, with QueueClosed when the queue closes before. */
  readonly outcome: Promise<Answer<Body>>;
}

/** A fact that is stored. */
export interface NotedFact {
  readonly id: number;
  readonly operationId: string;
  /** Resolves with the verdict, whatever it is. Rejects with OnhandProblem when the server cannot read it, with QueueClosed. */
  readonly outcome: Promise<LineVerdict>;
}
