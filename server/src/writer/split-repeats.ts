/** Jobs whose outcome is known already are told from those that are to be decided. */
import { parseOutcome } from "../core/outcome-text.ts";
import type { GroupTransaction, StoredOutcome } from "../journal/group-transaction.ts";
import { KeyReused, Overloaded } from "./errors.ts";
import type { Job, Settled } from "./job.ts";

interface SplitJobs {
  /** To be decided. */
  readonly fresh: readonly Job[];
  /** To be answered with what is remembered, or with what another job of the group under the same key comes to. */
  readonly repeats: readonly Job[];
  readonly known: Map<string, StoredOutcome>;
}

/** Separates the jobs whose outcome is known already; a key may also come twice within the group. */
export async function splitRepeats(
  transaction: GroupTransaction,
  jobs: readonly Job[],
  checkKeys: boolean,
): Promise<SplitJobs> {
  if (!checkKeys) return { fresh: jobs, repeats: [], known: new Map() };
  const stored = await transaction.results(
    jobs.map((job) => ({ partition: job.resultPartition, key: job.command.key })),
  );
  const known = new Map(stored.map((row) => [row.key, row]));
  const fresh = new Map<string, Job>();
  const repeats: Job[] = [];
  for (const job of jobs) {
    const { key } = job.command;
    if (known.has(key) || fresh.has(key)) repeats.push(job);
    else fresh.set(key, job);
  }
  return { fresh: [...fresh.values()], repeats, known };
}

/** Answers a job with what is remembered under its key. */
export function answerReplay(job: Job, stored: StoredOutcome | undefined): void {
  if (stored === undefined) {
    job.fail(new Overloaded("another request under this key came to nothing that is remembered"));
    return;
  }
  if (stored.requestHash !== job.command.requestHash) {
    job.fail(new KeyReused("the idempotency key was used before for another request"));
    return;
  }
  const settled: Settled = { outcome: parseOutcome(stored.outcome), headVector: stored.heads, replayed: true };
  job.settle(settled);
}
