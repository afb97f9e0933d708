/** Writes the pages of docs/reference that are tables of what the code already says. */

import { aboutEvent, eventObject, eventSchemaPath, sentTypeNames } from "@onhand/protocol/events";
import { type Operation, operations } from "@onhand/protocol/operations";
import { problemKinds, problemTypePrefix } from "@onhand/protocol/problems";
import { flagOf, type Setting, settingsTable } from "../../server/src/config/settings-table.ts";
import { allMethods } from "./methods.ts";

const madeFrom = (source: string): string =>
  `<!-- Made by \`npm run generate\` from ${source}; change that, not this. -->`;

/** A bar ends a cell even within code. */
const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ");

function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(" | ")} |`;
  return [line(columns), `|${columns.map(() => "---|").join("")}`, ...rows.map(line)].join("\n");
}

const page = (...parts: string[]): string => `${parts.join("\n\n")}\n`;

/** docs/reference/settings.md */
export function settingsPage(): string {
  const rows = (settingsTable as readonly Setting[]).map((setting) => [
    `\`${setting.name}\``,
    `\`${flagOf(setting.name)}\``,
    typeOf(setting),
    setting.default === null ? "none" : `\`${setting.default}\``,
    `${setting.meaning}${setting.isSecret === true ? " Never printed." : ""}`,
  ]);
  return page(
    "# Settings",
    madeFrom("server/src/config/settings-table.ts"),
    "Each is a variable of the environment and a flag of `onhand serve`; the flag wins. An empty variable counts as absent.",
    table(["Variable", "Flag", "Type", "Default", "Meaning"], rows),
  );
}

function typeOf({ kind, min, max, minLength, choices }: Setting): string {
  if (kind === "boolean") return "`true` or `false`";
  if (kind === "choice") return (choices ?? []).map((choice) => `\`${choice}\``).join(", ");
  if (kind === "text") return minLength === undefined ? "text" : `text of ${minLength} characters or more`;
  if (min !== undefined && max !== undefined) return `integer from ${min} to ${max}`;
  return min === undefined ? "integer" : `integer from ${min}`;
}

/** docs/reference/problems.md */
export function problemsPage(): string {
  const kinds = Object.entries(problemKinds);
  const rows = kinds.map(([code, { status, title, meaning }]) => [`\`${code}\``, String(status), title, meaning]);
  return page(
    "# Problems",
    madeFrom("protocol/src/problems.ts"),
    `Every answer that is not a success is a problem document (RFC 9457, \`application/problem+json\`). Decide by \`code\`: it never changes its meaning, while \`title\` and \`detail\` are for people. \`type\` is \`${problemTypePrefix}\` and the code; the server shows this list there.`,
    table(["Code", "Status", "Title", "Meaning, and what to do"], rows),
  );
}

/** docs/reference/events.md */
export function eventsPage(): string {
  const names = [
    ...[
      "change",
      "previous",
      "item",
      "order",
      "lines",
      "moved",
      "contained",
      "review",
      "notice",
      "product",
      "location",
    ],
    ...["channel", "channelId", "available", "previousAvailable", "subscriptionId"],
  ];
  const rows = sentTypeNames.map((type) => {
    const { data } = eventObject(type).properties as { data: { properties: Readonly<Record<string, unknown>> } };
    const own = names.filter((name) => data.properties[name] !== undefined);
    const told = own.map((name) => `\`${name}\``).join(", ");
    return [`\`${type}\``, aboutEvent(type), told, `\`${eventSchemaPath(type)}\``];
  });
  return page(
    "# Events",
    madeFrom("protocol/src/events.ts"),
    "Every type of event. Those of the feed tell `cursor`, `reason`, `reference`, `actor`, `source`, `requestId`, `occurredAt` and `recordedAt` besides; the ping of a webhook is not in the feed. [Events](../events.md) explains them, and what may change about them.",
    table(["Type", "What has happened", "Tells", "JSON Schema, on the server"], rows),
  );
}

/** docs/reference/api.md */
export function apiPage(): string {
  const rows = allMethods().map(({ name, summary, operation, fixedQuery }) => {
    const fixed = new URLSearchParams(fixedQuery).toString();
    const call = `${operation.method} ${operation.path}${fixed === "" ? "" : `?${fixed}`}`;
    return [`\`${call}\``, summary, operation.right ?? "anyone", `\`${name}\``];
  });
  const streams = Object.values(operations as Readonly<Record<string, Operation>>)
    .filter(({ opens }) => opens !== undefined)
    .map(({ method, path, summary, right }) => [`\`${method} ${path}\``, summary, right ?? "anyone", "none"]);
  return page(
    "# Calls of the API",
    madeFrom("protocol/src/operations.ts"),
    "A running server describes every field of them at `/docs`, and as OpenAPI 3.1 at `/v1/openapi.json`. The last column is the method of the [client library](../../client/README.md). A role includes the ones before it: reader, writer, admin.",
    table(["Call", "What it does", "Role", "Client"], [...rows, ...streams]),
  );
}
