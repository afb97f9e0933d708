/** Evaluates JSONata expressions within limits. What it cannot limit, its thread does: see `mapper.ts`. */
import jsonata from "jsonata";
import { BoundedMap } from "../lib/bounded-map.ts";
import { mappingLimits } from "./mapping-limits.ts";
import { PayloadRefused, readJsonPayload, readPayload } from "./read-payload.ts";

/** What an expression works on. */
export interface MappingInput {
  readonly expression: string;
  /** The payload as it came. */
  readonly text: string;
  readonly mediaType: string | null;
  /** What expressions see as `$headers`: names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly sourceId: string;
  readonly receivedAt: string;
}

/** Why nothing came of a payload. */
export interface MappingFault {
  /** `unreadable`: the payload; `expression`: the mapping; `output`: what it gave; `time`: it took too long. */
  readonly code: "unreadable" | "expression" | "output" | "time";
  readonly detail: string;
  /** Where in the expression, in characters. */
  readonly position?: number;
}

/** The lines that it came to, as JSON text of an array; or why there are none. */
export type MappingOutput = { readonly json: string } | { readonly fault: MappingFault };

const listsDepthMax = 4;
const compiled = new BoundedMap<string, jsonata.Expression>(mappingLimits.compiledMax);

function compile(expression: string): jsonata.Expression {
  const known = compiled.get(expression);
  if (known !== undefined) return known;
  const made = jsonata(expression, {
    timeout: mappingLimits.evaluationMsMax,
    stack: mappingLimits.stackMax,
    sequence: mappingLimits.sequenceMax,
  });
  // The language's own `$eval` would run what a payload says.
  made.registerFunction("eval", () => {
    throw new Error("$eval is not there; $parseJson reads JSON that is text");
  });
  made.registerFunction(
    "parseJson",
    (text: unknown) => (typeof text === "string" ? readJsonPayload(text) : text),
    "<x-:x>",
  );
  compiled.set(expression, made);
  return made;
}

/** @returns what is wrong with an expression; null when it can be compiled */
export function faultOfExpression(expression: string): MappingFault | null {
  try {
    compile(expression);
    return null;
  } catch (error) {
    return faultOf(error);
  }
}

function faultOf(error: unknown): MappingFault {
  if (error instanceof PayloadRefused) return { code: "unreadable", detail: error.message };
  const { code, message, position } = error as { code?: string; message?: string; position?: number };
  const isTime = code === "D1012";
  return {
    code: isTime ? "time" : "expression",
    detail: isTime ? `It took longer than ${mappingLimits.evaluationMsMax} ms.` : (message ?? String(code ?? error)),
    ...(typeof position === "number" ? { position } : {}),
  };
}

const output = (detail: string): MappingOutput => ({ fault: { code: "output", detail } });

/** Never throws: whatever goes wrong is a fault. */
export async function evaluate({ expression, text, mediaType, ...bindings }: MappingInput): Promise<MappingOutput> {
  try {
    const result: unknown = await compile(expression).evaluate(readPayload(text, mediaType), bindings);
    // Steps within steps leave lists within lists.
    const lines: unknown[] = result === undefined || result === null ? [] : [result].flat(listsDepthMax);
    if (lines.length > mappingLimits.linesMax)
      return output(`It came to ${lines.length} lines; ${mappingLimits.linesMax} are the most.`);
    const odd = lines.findIndex((line) => typeof line !== "object" || line === null || Array.isArray(line));
    if (odd >= 0) return output(`What it gave as line ${odd} is no object with the fields of a line.`);
    const json = JSON.stringify(lines);
    if (json.length > mappingLimits.outputCharactersMax)
      return output(`The lines have ${json.length} characters; ${mappingLimits.outputCharactersMax} are the most.`);
    return { json };
  } catch (error) {
    return { fault: faultOf(error) };
  }
}
