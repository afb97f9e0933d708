/**
 * Reads JSON and refuses what readers would disagree on: repeated keys, `__proto__`, numbers that would be rounded, and
 * nesting without end.
 *
 * The usual body has no escapes and is checked with one scan beside the built-in parser. Whatever is unusual is read
 * again by a slower parser that keeps every digit and key.
 */
import { isLosslessNumber, parse as parseLossless } from "lossless-json";

/** The text is not JSON that can be taken; the message says why. */
export class JsonRefused extends Error {
  override readonly name = "JsonRefused";
}

const significantDigitsMax = 15;
const keyEnd = /"\s*:/g;
/** An escape, `__proto__`, or where a number stands: 16 digits or an exponent. */
const unusual = /\\|__proto__|[:,[]\s*-?(?:[0-9.]{16}|[0-9.]+[eE])/;

/** @param depthMax levels of nested arrays and objects @throws JsonRefused */
export function parseStrictJson(text: string, depthMax: number): unknown {
  refuseDepth(text, depthMax);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new JsonRefused(`The body is no JSON: ${(error as Error).message}`);
  }
  // Without escapes every `":` ends a key, so a key that was overwritten leaves one more of them than there are keys.
  if (unusual.test(text) || (text.match(keyEnd)?.length ?? 0) !== countKeys(value)) refuseUnusual(text);
  return value;
}

function refuseDepth(text: string, depthMax: number): void {
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
      if (depth > depthMax) throw new JsonRefused(`The body nests deeper than ${depthMax} levels.`);
    } else if (code === 0x7d || code === 0x5d) depth -= 1;
  }
}

function countKeys(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  if (Array.isArray(value)) return value.reduce<number>((sum, element) => sum + countKeys(element), 0);
  let count = 0;
  for (const key in value) count += 1 + countKeys((value as Record<string, unknown>)[key]);
  return count;
}

function refuseUnusual(text: string): void {
  let exact: unknown;
  try {
    exact = parseLossless(text, (key, value) => {
      if (key === "__proto__") throw new JsonRefused('A field is named "__proto__", which is not taken.');
      return value;
    });
  } catch (error) {
    if (error instanceof JsonRefused) throw error;
    throw new JsonRefused(`The body is no JSON that can be taken: ${(error as Error).message}`);
  }
  refuseRounded(exact);
}

function refuseRounded(value: unknown): void {
  if (isLosslessNumber(value)) {
    const digits = value.value
      .replace(/[eE].*$/, "")
      .replace(/[-.]/g, "")
      .replace(/^0+/, "");
    const isInteger = /^-?\d+$/.test(value.value);
    const isExact = isInteger
      ? Number.isSafeInteger(Number(value.value))
      : digits.length <= significantDigitsMax && Number.isFinite(Number(value.value));
    if (!isExact)
      throw new JsonRefused(
        `The number ${value.value.slice(0, 40)} cannot be held exactly; integers go to ±(2^53 − 1), decimals to 15 digits.`,
      );
  } else if (Array.isArray(value)) value.forEach(refuseRounded);
  else if (typeof value === "object" && value !== null) Object.values(value).forEach(refuseRounded);
}
