/** Holds the schemas of events against the released ones in protocol/schemas: what readers were promised stays true. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { eventSchema, sentTypeNames } from "@onhand/protocol/events";
import { breaksOf } from "./schema-compatibility.ts";

const folder = "protocol/schemas";

/** Path in the repository of the released schema of a type. */
export const releasedSchemaPath = (type: string): string => `${folder}/${type}.json`;

/** The file of a type as it would be released now. */
export const schemaText = (type: (typeof sentTypeNames)[number]): string =>
  `${JSON.stringify(eventSchema(type), null, 2)}\n`;

/** @returns what would break readers of the released schemas, one line each */
export function brokenEventSchemas(root: string): string[] {
  const released = existsSync(join(root, folder)) ? readdirSync(join(root, folder)) : [];
  return released.flatMap((name) => {
    const type = sentTypeNames.find((known) => name === `${known}.json`);
    if (type === undefined) return [`${folder}/${name}: the event was released and is no longer there`];
    const before = JSON.parse(readFileSync(join(root, folder, name), "utf8"));
    return breaksOf(before, eventSchema(type)).map((line) => `${type}: ${line}`);
  });
}

/** What to do about a break, for people. */
export const breakAdvice =
  "This would break readers of events that were released. Undo it in protocol/src/events.ts or resources.ts, or leave the type as it is and add a new one with the next version in its name (docs/events.md).";
