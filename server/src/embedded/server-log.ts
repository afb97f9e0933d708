import { type FileHandle, open, rename, stat } from "node:fs/promises";
import { systemCode } from "./errors.ts";
import { LIMITS } from "./limits.ts";

/**
 * Opens the server's log for appending. A log that has grown over LIMITS.logBytesMax is set aside as "….1" first, where
 * it replaces the one before; this happens only when the server starts.
 */
export async function openServerLog(path: string): Promise<FileHandle> {
  if ((await logSizeBytes(path)) > LIMITS.logBytesMax) await rename(path, `${path}.1`);
  return open(path, "a", 0o600);
}

/** 0 when there is no log. */
export async function logSizeBytes(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return 0;
    throw error;
  }
}

/** The last lines that were written after the log was `fromByte` long, at most LIMITS.logTailLinesMax. */
export async function logTail(path: string, fromByte = 0): Promise<string> {
  const sizeBytes = await logSizeBytes(path);
  const start = Math.max(fromByte, sizeBytes - LIMITS.logTailBytesMax, 0);
  if (sizeBytes <= start) return "";
  const file = await open(path, "r");
  try {
    const buffer = Buffer.alloc(sizeBytes - start);
    const { bytesRead } = await file.read(buffer, 0, buffer.length, start);
    const lines = buffer.subarray(0, bytesRead).toString().trimEnd().split("\n");
    return lines.slice(-LIMITS.logTailLinesMax).join("\n");
  } finally {
    await file.close();
  }
}
