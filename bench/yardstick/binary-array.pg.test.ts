import { expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { openBenchDatabase } from "../harness/bench-database.ts";
import { openScratch } from "../harness/scratch-folder.ts";
import { byteaArray, int8Array, textArray, uuidArray } from "./binary-array.ts";

test("PostgreSQL reads back what was encoded", async () => {
  const scratchDir = openScratch(null);
  const database = await openBenchDatabase(scratchDir, "arrays");
  try {
    const numbers = [0, 1, -1, 255, -256, 2 ** 32, -(2 ** 32) - 1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER];
    const texts = ["", "plain", "naïve, 在庫", 'quotes " and \\'];
    const bytes = [Buffer.alloc(0), Buffer.from([0, 255, 1])];
    const uuid = "00112233-4455-6677-8899-aabbccddeeff";
    const uuids = [Buffer.from(uuid.replaceAll("-", ""), "hex")];
    const { rows } = await database.withClient((client) =>
      client.query(
        "SELECT $1::bigint[]::text[] AS numbers, $2::text[] AS texts, $3::bytea[] AS bytes, $4::uuid[]::text[] AS uuids",
        [...[int8Array(numbers), textArray(texts), byteaArray(bytes), uuidArray(uuids)]],
      ),
    );
    expect(rows[0]).toEqual({ numbers: numbers.map(String), texts, bytes, uuids: [uuid] });
  } finally {
    await database.stop();
    rmSync(scratchDir, { recursive: true, force: true });
  }
}, 60_000);
