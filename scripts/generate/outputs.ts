/** The generated files, and whether those on disk are still what would be generated. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { sentTypeNames } from "@onhand/protocol/events";
import { releasedSchemaPath, schemaText } from "../check/event-schemas.ts";
import { clientOperations } from "./client-operations.ts";
import { apiPage, eventsPage, problemsPage, settingsPage } from "./reference-pages.ts";

/** Path in the repository → text of the file. */
const outputs: Readonly<Record<string, () => string>> = {
  "client/src/generated/operations.ts": clientOperations,
  "docs/reference/api.md": apiPage,
  "docs/reference/events.md": eventsPage,
  "docs/reference/problems.md": problemsPage,
  "docs/reference/settings.md": settingsPage,
  ...Object.fromEntries(sentTypeNames.map((type) => [releasedSchemaPath(type), () => schemaText(type)])),
};

/** Paths of generated files that are missing or not as they would be generated now. */
export function staleFiles(root: string): string[] {
  return Object.entries(outputs)
    .filter(([path, text]) => !existsSync(join(root, path)) || readFileSync(join(root, path), "utf8") !== text())
    .map(([path]) => path);
}

/** Writes what is stale. @returns the paths written */
export function writeStaleFiles(root: string): string[] {
  const stale = staleFiles(root);
  for (const path of stale) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), outputs[path]!());
  }
  return stale;
}
