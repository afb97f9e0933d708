import { mkdirSync } from "node:fs";
import type { Acknowledged, AuditFinding, RunningTarget, TargetName } from "./target.ts";
import { TARGETS } from "./targets.ts";

/**
 * The servers of one benchmark. Each is started when it is first needed and runs to the end, for filling it takes longer than
 * measuring it; idle ones cost next to nothing. Remembers what each one's clients were told, for the audit.
 */
export class TargetSet {
  readonly #scratchDir: string;
  readonly #say: (text: string) => void;
  readonly #running = new Map<TargetName, Tracked>();

  constructor(scratchDir: string, say: (text: string) => void) {
    this.#scratchDir = scratchDir;
    this.#say = say;
  }

  /** The running target of this name. */
  async get(name: TargetName): Promise<RunningTarget> {
    let tracked = this.#running.get(name);
    if (tracked === undefined) {
      mkdirSync(this.#scratchDir, { recursive: true });
      const target = await TARGETS[name].start({ scratchDir: this.#scratchDir, say: this.#say });
      tracked = { target, changes: target.seededChanges, hasLostConnections: false };
      this.#running.set(name, tracked);
    }
    return tracked.target;
  }

  /** Notes what clients were told in one run. */
  acknowledge(name: TargetName, told: Acknowledged): void {
    const tracked = this.#running.get(name);
    if (tracked === undefined) return;
    tracked.changes += told.changes;
    tracked.hasLostConnections ||= told.hasLostConnections;
  }

  /** Audits a target against everything its clients were told so far. */
  async audit(name: TargetName): Promise<readonly AuditFinding[]> {
    const tracked = this.#running.get(name);
    return tracked === undefined ? [] : await tracked.target.audit(tracked);
  }
}

interface Tracked {
  readonly target: RunningTarget;
  changes: number;
  hasLostConnections: boolean;
}
