/** A file that is far larger than what the server may use for it goes through with bounded memory. */
import { afterEach, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { createEmptyDatabase } from "../support/database.ts";
import { startServer, stopAll } from "../support/server-process.ts";

let drop: (() => Promise<void>) | null = null;
afterEach(async () => {
  await stopAll();
  await drop?.();
}, 60_000);

const rowCount = 600_000;
const rowsPerPiece = 500;
/** A fraction of the 140 MB that are sent. */
const growthMbMax = 100;

const memoryMb = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]) / 1024;

async function sendRows(socket: Socket, onPiece: () => void): Promise<void> {
  for (let from = 0; from < rowCount; from += rowsPerPiece) {
    let text = "";
    for (let row = from; row < from + rowsPerPiece; row++)
      text += `{"productId":"p${row}","sku":"SKU-${row}","name":"Product ${row}","description":"${"x".repeat(150)}"}\n`;
    onPiece();
    if (!socket.write(`${text.length.toString(16)}\r\n${text}\r\n`))
      await new Promise((resolve) => socket.once("drain", resolve));
  }
  socket.write("0\r\n\r\n");
}

test("an import of 140 MB", async () => {
  const database = await createEmptyDatabase();
  drop = database.drop;
  const server = await startServer({ databaseUrl: database.url, settings: { ONHAND_ALLOW_UNSAFE_DATABASE: "true" } });
  const before = memoryMb(server.pid);
  let peak = before;
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  const answered = Promise.withResolvers<string>();
  let end = "";
  socket.on("data", (bytes) => {
    end = (end + bytes.toString()).slice(-400);
    if (end.endsWith("\r\n0\r\n\r\n")) answered.resolve(end);
  });
  socket.on("close", () => answered.reject(new Error(`the answer ended: ${end}`)));
  const headers = "authorization: Bearer an-admin-key-for-tests\r\ncontent-type: application/x-ndjson";
  socket.write(
    `POST /v1/imports/products?dryRun=true HTTP/1.1\r\nhost: x\r\n${headers}\r\ntransfer-encoding: chunked\r\n\r\n`,
  );
  await sendRows(socket, () => {
    peak = Math.max(peak, memoryMb(server.pid));
  });
  expect(await answered.promise).toContain(`"valid":${rowCount}},"complete":true}`);
  socket.destroy();
  expect(peak - before).toBeLessThan(growthMbMax);
}, 300_000);
