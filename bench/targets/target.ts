/** What the harness measures: a server in a process of its own, on a database of its own. */

/** The servers that can be measured. */
export type TargetName =
  | "onhand"
  | "onhand-without-database"
  | "plain"
  | "onhand-large"
  | "onhand-locations"
  | "bare-stream"
  | "webhook-receiver";

/** One statement that must hold after a run. */
export interface AuditFinding {
  readonly statement: string;
  readonly expected: string;
  readonly actual: string;
  /** Null when it could not be checked. */
  readonly holds: boolean | null;
}

/** What the server's clients were told, over its whole life: the journal must hold exactly that. */
export interface Acknowledged {
  /** Changes answered with success, set-up included. */
  readonly changes: number;
  /** Whether a connection was lost, so that more may have been written than was answered. */
  readonly hasLostConnections: boolean;
}

/** A server that answers requests; `harness/running-things.ts` stops it. */
export interface RunningTarget {
  readonly url: string;
  readonly bearer: string;
  readonly serverPid: number;
  /** First process of its PostgreSQL; null without a database. */
  readonly postmasterPid: number | null;
  /** Changes made while it was filled. */
  readonly seededChanges: number;
  /** Products the workloads may spread over. */
  readonly productCount: number;
  /** Lets the database finish what the last run left behind, so that it does not burden the next. */
  settle(): Promise<void>;
  /** Proves that nothing acknowledged was lost and nothing disagrees. */
  audit(acknowledged: Acknowledged): Promise<readonly AuditFinding[]>;
}

/** Where a target may put its files, and whom to tell what it is doing. */
export interface TargetContext {
  readonly scratchDir: string;
  readonly say: (text: string) => void;
}

/** How to start one kind of server. */
export interface Target {
  readonly name: TargetName;
  /** As it appears in the report. */
  readonly title: string;
  /** Why it cannot be started in this checkout, or null. */
  unavailable(): string | null;
  start(context: TargetContext): Promise<RunningTarget>;
}
