import type { Client } from "pg";
import type { Acknowledged, AuditFinding } from "./target.ts";

const VERIFY_TAIL_CHARACTERS = 300;

/**
 * Counts the stock changes in Onhand's journal (notices, kinds 60 to 64, change nothing), in one row with one column `changes`. Null until the schema is settled; the
 * report then says that acknowledged changes were not counted.
 */
const COUNT_CHANGES_SQL: string | null =
  "SELECT count(*) AS changes FROM onhand.journal WHERE item_number IS NOT NULL AND kind NOT BETWEEN 60 AND 64";

/** Audits Onhand: `onhand verify` proves that the journal and everything made from it agree, the count that nothing is missing. */
export async function auditOnhand(
  entry: string,
  environment: Readonly<Record<string, string>>,
  client: Client,
  acknowledged: Acknowledged,
): Promise<readonly AuditFinding[]> {
  return [await verify(entry, environment), await countChanges(client, acknowledged)];
}

async function verify(entry: string, environment: Readonly<Record<string, string>>): Promise<AuditFinding> {
  const child = Bun.spawn([process.execPath, entry, "verify"], {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [output, errors] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  const exitCode = await child.exited;
  const tail = `${output}${errors}`.trim().slice(-VERIFY_TAIL_CHARACTERS);
  return {
    statement: "`onhand verify` finds nothing wrong",
    expected: "exit code 0",
    actual: exitCode === 0 ? "exit code 0" : `exit code ${exitCode}: ${tail}`,
    holds: exitCode === 0,
  };
}

async function countChanges(client: Client, acknowledged: Acknowledged): Promise<AuditFinding> {
  const statement = "the journal holds every change that was acknowledged";
  const expected = `${acknowledged.hasLostConnections ? "at least " : ""}${acknowledged.changes}`;
  if (COUNT_CHANGES_SQL === null) return { statement, expected, actual: "not counted", holds: null };
  const { rows } = await client.query<{ changes: string }>(COUNT_CHANGES_SQL);
  const actual = Number(rows[0]!.changes);
  const holds = acknowledged.hasLostConnections ? actual >= acknowledged.changes : actual === acknowledged.changes;
  return { statement, expected, actual: String(actual), holds };
}
