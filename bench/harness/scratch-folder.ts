import { chmodSync, mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * A new folder for databases and logs, or the chosen one. As root, PostgreSQL runs as another user, who must be able to pass
 * through: hence the mode of a new one.
 */
export function openScratch(chosen: string | null): string {
  const scratchDir = chosen ?? mkdtempSync(join(tmpdir(), "onhand-bench-"));
  mkdirSync(scratchDir, { recursive: true });
  if (chosen === null) chmodSync(scratchDir, 0o711);
  return scratchDir;
}
