/** Holds what clients were told against the journal, read by its owner. */
import { parseMovementId } from "../../src/core/record/ids.ts";
import type { DatabaseTarget } from "../../src/db/connection-options.ts";
import { type Database, openDatabase } from "../../src/db/pool.ts";
import { joinEmbeddedPostgres } from "../../src/embedded/embedded-postgres.ts";
import { describeFault } from "../../src/journal/verify/report.ts";
import { verifyJournal } from "../../src/journal/verify/verify-journal.ts";
import { type ItemAnswer, type Operation, outcomeOf, requestIdOf } from "./load.ts";

interface EntryRow {
  readonly partition: number;
  readonly sequence: number;
  readonly request_id: string;
  readonly product_id: string;
  readonly location_id: string;
  readonly on_hand_delta: number;
  readonly on_hand: number;
  readonly version: number;
}

/** The database behind a server that is running, as the owner of the schema. */
export async function openAsOwner(where: { dataDir: string } | { url: string }): Promise<Database> {
  const target: DatabaseTarget | null = "url" in where ? where : await joinEmbeddedPostgres(where.dataDir);
  if (target === null) throw new Error("the embedded database does not run");
  return openDatabase(target, { name: "test owner", role: "owner" }, 2);
}

/**
 * Everything that is wrong: with what was said about operations, with the journal by itself, and between the two.
 * An acknowledged change is there exactly once and as it was told, a refused one is not there, an unknown one at most
 * once; nobody was told two things; refusals to serve are 503 problems that say when to come back.
 */
export async function findContradictions(database: Database, history: readonly Operation[]): Promise<string[]> {
  const { rows } = await database.query<EntryRow>({
    text: `SELECT partition, sequence, request_id, product_id, location_id, on_hand_delta, on_hand, version
           FROM journal WHERE starts_with(request_id, 'load_')`,
  });
  const entriesOf = Map.groupBy(rows, (row) => row.request_id);
  const found = history.flatMap((operation) => {
    const entries = entriesOf.get(requestIdOf(operation)) ?? [];
    entriesOf.delete(requestIdOf(operation));
    return [...faultsOfAnswers(operation), ...faultsOfEntries(operation, entries)].map(
      (fault) => `${operation.key}: ${fault}`,
    );
  });
  for (const [requestId] of entriesOf) found.push(`${requestId}: in the journal, but nobody asked for it`);
  const { faults } = await verifyJournal(database);
  return [...found, ...faults.map(describeFault)];
}

function faultsOfAnswers(operation: Operation): string[] {
  const faults: string[] = [];
  const decided = new Set<string>();
  for (const { answer } of operation.tries) {
    if (answer === null) continue;
    const { status, headers, body } = answer;
    if (status === 200) decided.add((body as ItemAnswer).movementId);
    else if (status === 409) decided.add("refused");
    else if (status !== 503) faults.push(`answered with ${status} ${JSON.stringify(body)}`);
    if (status === 503 && headers.get("retry-after") === null) faults.push("a 503 without Retry-After");
    if (status !== 200 && headers.get("content-type") !== "application/problem+json")
      faults.push(`a ${status} of type ${headers.get("content-type")}`);
  }
  if (decided.size > 1) faults.push(`was told ${[...decided].join(" and ")}`);
  return faults;
}

function faultsOfEntries(operation: Operation, entries: readonly EntryRow[]): string[] {
  const { change } = operation;
  const faults = entries.length > 1 ? [`is ${entries.length} times in the journal`] : [];
  for (const entry of entries) {
    const isSame =
      entry.product_id === change.productId &&
      entry.location_id === change.locationId &&
      entry.on_hand_delta === change.adjustment;
    if (!isSame) faults.push(`asked for ${JSON.stringify(change)}, recorded ${JSON.stringify(entry)}`);
  }
  const outcome = outcomeOf(operation);
  if (outcome?.status === 409 && entries.length > 0) faults.push("was refused and is in the journal");
  if (outcome?.status === 200) faults.push(...faultsOfSuccess(outcome.body as ItemAnswer, entries));
  return faults;
}

function faultsOfSuccess(told: ItemAnswer, entries: readonly EntryRow[]): string[] {
  const position = parseMovementId(told.movementId);
  const entry = entries.find((one) => one.partition === position?.partition && one.sequence === position.sequence);
  if (entry === undefined) return [`was told of ${told.movementId}, which is not its entry in the journal`];
  const isSame =
    entry.product_id === told.productId &&
    entry.location_id === told.locationId &&
    entry.on_hand === told.stockLevel &&
    entry.version === told.version;
  return isSame ? [] : [`was told ${JSON.stringify(told)}, recorded ${JSON.stringify(entry)}`];
}
