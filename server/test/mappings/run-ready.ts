/** Evaluates ready mappings on payloads, as the thread does. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { evaluate, type MappingOutput } from "../../src/mappings/evaluate.ts";
import { readyMappings, type Settings, withSettings } from "../../src/mappings/ready-mappings.ts";

// biome-ignore lint/suspicious/noExplicitAny: tests look into lines field by field
type Line = Record<string, any>;

/** A sample that lies beside this file. */
export const sample = (path: string): string => readFileSync(new URL(`./payloads/${path}`, import.meta.url), "utf8");

/** A folder with samples that may not lie here; undefined when there is none. */
export const otherSamples = process.env.ONHAND_TEST_DATA;
export const otherSample = (path: string): string => readFileSync(join(otherSamples!, "payloads", path), "utf8");

interface Sent {
  readonly headers?: Readonly<Record<string, string>>;
  readonly mediaType?: string;
  readonly settings?: Settings;
}

const evaluateText = (
  expression: string,
  text: string,
  { headers = {}, mediaType }: Sent = {},
): Promise<MappingOutput> =>
  evaluate({
    expression,
    text,
    headers,
    mediaType: mediaType ?? null,
    sourceId: "one",
    receivedAt: "2026-11-22T10:00:00Z",
  });

/** @returns the lines that a ready mapping makes of a payload */
export async function linesOf(name: string, text: string, sent: Sent = {}): Promise<Line[]> {
  const output = await evaluateText(withSettings(readyMappings.get(name)!, sent.settings ?? {}), text, sent);
  if ("fault" in output) throw new Error(`${output.fault.code}: ${output.fault.detail}`);
  return JSON.parse(output.json);
}
