/**
 * Reads foreign payloads without losing a digit. An integer of more than 15 digits becomes text, for nothing that counts is that
 * large and what is, is an id: JSON.parse would round it, and the expression language rounds when it makes text of it. Pure.
 */
import { parse as parseCsv } from "csv-parse/sync";
import { parse as parseLossless } from "lossless-json";
import { mappingLimits } from "./mapping-limits.ts";

/** The payload is nothing that can be read; the message says why. */
export class PayloadRefused extends Error {
  override readonly name = "PayloadRefused";
}

const exactDigitsMax = 15;

/** @returns what a number of JSON stands for: a number where it is held exactly enough, else its digits */
function numberOrDigits(digits: string): number | string {
  const value = Number(digits);
  if (!Number.isFinite(value)) return digits;
  const isInteger = /^-?\d+$/.test(digits);
  return isInteger && digits.replace("-", "").length > exactDigitsMax ? digits : value;
}

function requireShallow(text: string): void {
  let depth = 0;
  let inString = false;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (inString) {
      if (code === 0x5c) index += 1;
      else if (code === 0x22) inString = false;
    } else if (code === 0x22) inString = true;
    else if (code === 0x7b || code === 0x5b) {
      depth += 1;
      if (depth > mappingLimits.payloadDepthMax)
        throw new PayloadRefused(`It nests deeper than ${mappingLimits.payloadDepthMax} levels.`);
    } else if (code === 0x7d || code === 0x5d) depth -= 1;
  }
}

/** @throws PayloadRefused when it is no JSON, nests too deep, or holds what nothing can store */
export function readJsonPayload(text: string): unknown {
  requireShallow(text);
  const refuseText = (value: string): void => {
    if (!value.isWellFormed()) throw new PayloadRefused("A text in it holds half of a surrogate pair.");
    if (value.includes("\0")) throw new PayloadRefused("A text in it holds the character NUL.");
  };
  try {
    return parseLossless(
      text,
      (key, value) => {
        if (key === "__proto__") throw new PayloadRefused('A field of it is named "__proto__".');
        refuseText(key);
        if (typeof value === "string") refuseText(value);
        return value;
      },
      { parseNumber: numberOrDigits, onDuplicateKey: ({ newValue }) => newValue },
    );
  } catch (error) {
    if (error instanceof PayloadRefused) throw error;
    throw new PayloadRefused(`It is no JSON: ${(error as Error).message}`);
  }
}

/** @returns a row for each line, by the names in the header; cells are text @throws PayloadRefused */
function readCsvPayload(text: string): unknown {
  if (text.includes("\0")) throw new PayloadRefused("It holds the character NUL.");
  try {
    return parseCsv(text, { columns: true, bom: true, skip_empty_lines: true, relax_column_count: true });
  } catch (error) {
    throw new PayloadRefused(`It is no CSV: ${(error as Error).message}`);
  }
}

/** @param mediaType the header Content-Type, or null @throws PayloadRefused */
export const readPayload = (text: string, mediaType: string | null): unknown =>
  /^text\/csv\b/i.test(mediaType ?? "") ? readCsvPayload(text) : readJsonPayload(text);
