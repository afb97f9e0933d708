/**
 * Reads JSON and refuses what readers would disagree on: repeated keys, `__proto__`, numbers that would be rounded, text
 * that is no Unicode or holds NUL, and nesting without end.
 *
 * The usual body has no escapes and is checked with one scan beside the built-in parser. Whatever is unusual is read
 * again by a slower parser that keeps every digit.
 */
import { isLosslessNumber, parse as parseLossless } from "lossless-json";

/** The text is not JSON that can be taken; the message says why. */
export class JsonRefused extends Error {
  override readonly name = "JsonRefused";
}

const significantDigitsMax = 15;
/** An escape, `__proto__`, or where a number stands: 16 digits or an exponent. */
const unusual = /\\|__proto__|(?:^|[:,[])\s*-?(?:[0-9.]{16}|[0-9.]+[eE])/;

/** @param depthMax levels of nested arrays and objects @throws JsonRefused */
export function parseStrictJson(text: string, depthMax: number): unknown {
  if (text.startsWith("\uFEFF")) throw new JsonRefused("The body begins with a byte order mark.");
  const keysWritten = countKeysWritten(text, depthMax);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new JsonRefused(`The body is no JSON: ${(error as Error).message}`);
  }
  // A key that was overwritten by its like was written once more than it can be read.
  const isRepeated = keysWritten !== countKeys(value);
  if (isRepeated || unusual.test(text)) refuseUnusual(text);
  if (isRepeated) throw new JsonRefused("A field is named twice.");
  return value;
}

/** One walk over the text, which need not be valid. @throws JsonRefused when it nests too deep */
function countKeysWritten(text: string, depthMax: number): number {
  let depth = 0;
  let keys = 0;
  let inString = false;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (inString) {
      if (code === 0x5c) index += 1;
      else if (code === 0x22) {
        inString = false;
        if (isBeforeColon(text, index + 1)) keys += 1;
      }
    } else if (code === 0x22) inString = true;
    else if (code === 0x7b || code === 0x5b) {
      depth += 1;
      if (depth > depthMax) throw new JsonRefused(`The body nests deeper than ${depthMax} levels.`);
    } else if (code === 0x7d || code === 0x5d) depth -= 1;
  }
  return keys;
}

function isBeforeColon(text: string, from: number): boolean {
  let index = from;
  for (; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) break;
  }
  return text.charCodeAt(index) === 0x3a;
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
      refuseText(key);
      if (typeof value === "string") refuseText(value);
      return value;
    });
  } catch (error) {
    if (error instanceof JsonRefused) throw error;
    throw new JsonRefused(`The body is no JSON that can be taken: ${(error as Error).message}`);
  }
  refuseRounded(exact);
}

/** Escapes can write what PostgreSQL and other readers cannot hold. */
function refuseText(text: string): void {
  if (!text.isWellFormed()) throw new JsonRefused("A text holds half of a surrogate pair.");
  if (text.includes("\0")) throw new JsonRefused("A text holds the character NUL.");
}

/** Neither too large for a number nor so small that it would become zero. */
const isInRange = (value: number, digits: string): boolean =>
  Number.isFinite(value) && (value !== 0 || digits.length === 0);

function refuseRounded(value: unknown): void {
  if (isLosslessNumber(value)) {
    const digits = value.value
      .replace(/[eE].*$/, "")
      .replace(/[-.]/g, "")
      .replace(/^0+/, "");
    const isInteger = /^-?\d+$/.test(value.value);
    const isExact = isInteger
      ? Number.isSafeInteger(Number(value.value))
      : digits.length <= significantDigitsMax && isInRange(Number(value.value), digits);
    if (!isExact)
      throw new JsonRefused(
        `The number ${value.value.slice(0, 40)} cannot be held exactly; integers go to ±(2^53 − 1), decimals to 15 digits.`,
      );
  } else if (Array.isArray(value)) value.forEach(refuseRounded);
  else if (typeof value === "object" && value !== null) Object.values(value).forEach(refuseRounded);
}
