import { DatabaseError, type Pool, type PoolClient } from "pg";

const ATTEMPT_MAX = 3;
const SERIALIZATION_FAILURE = "40001";
const DEADLOCK_DETECTED = "40P01";
export const UNIQUE_VIOLATION = "23505";

/** Runs `work` between BEGIN and COMMIT, and again when the database asks for it. */
export async function inTransaction<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const client = await pool.connect();
    try {
      await client.query("BEGIN");
      const result = await work(client);
      await client.query("COMMIT");
      client.release();
      return result;
    } catch (error) {
      await client.query("ROLLBACK").then(
        () => client.release(),
        () => client.release(true),
      );
      if (attempt < ATTEMPT_MAX && isWorthAnotherTry(error)) continue;
      throw error;
    }
  }
}

function isWorthAnotherTry(error: unknown): boolean {
  return error instanceof DatabaseError && (error.code === SERIALIZATION_FAILURE || error.code === DEADLOCK_DETECTED);
}
