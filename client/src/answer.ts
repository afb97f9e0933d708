/** Reads answers: bodies of successes, problems of everything else. */
import type { Problem } from "@onhand/protocol/problems";
import type { Clock } from "./clock.ts";
import { OnhandProblem } from "./errors.ts";
import { retryAfterMs } from "./retry.ts";

/** What an answer says besides its body. */
export interface Meta {
  readonly status: number;
  /** Version of the resource for `ifMatch`. */
  readonly etag: string | null;
  /** The write had been answered before: this is that first answer again. */
  readonly replayed: boolean;
  /** Place in the change feed from which on nothing is missing in a listing (`Onhand-Cursor`). */
  readonly cursor: string | null;
  readonly requestId: string | null;
  /** Key under which the write is remembered; null for reads. */
  readonly idempotencyKey: string | null;
  readonly tries: number;
}

/** An answer with what it says besides its body. */
export interface Answer<Body> {
  readonly body: Body;
  readonly meta: Meta;
}

/** The try that an answer belongs to. */
export interface Try {
  readonly tries: number;
  readonly idempotencyKey: string | null;
  readonly clock: Clock;
}

/** Reads a success. @throws OnhandProblem for every other answer, and the network's error when it breaks off */
export async function readAnswer<Body>(response: Response, made: Try): Promise<Answer<Body>> {
  const text = await response.text();
  const { headers, status } = response;
  const parsed = status === 204 ? { value: undefined } : parseJson(text);
  if (!response.ok || parsed === null) throw problemOf(response, parsed === null ? text : parsed.value, made);
  const meta: Meta = {
    status,
    etag: headers.get("etag"),
    replayed: headers.get("idempotent-replayed") === "true",
    cursor: headers.get("onhand-cursor"),
    requestId: headers.get("x-request-id"),
    idempotencyKey: headers.get("idempotency-key") ?? made.idempotencyKey,
    tries: made.tries,
  };
  return { body: parsed.value as Body, meta };
}

function parseJson(text: string): { value: unknown } | null {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return null;
  }
}

function problemOf(response: Response, answer: unknown, made: Try): OnhandProblem {
  const { headers, status } = response;
  const problem = isProblem(answer) ? answer : (refusedLine(answer) ?? unexpected(status, answer));
  return new OnhandProblem(
    { ...problem, status },
    {
      answer,
      requestId: headers.get("x-request-id"),
      retryAfterMs: retryAfterMs(headers, made.clock),
      tries: made.tries,
      idempotencyKey: headers.get("idempotency-key") ?? made.idempotencyKey,
    },
  );
}

function isProblem(answer: unknown): answer is Problem {
  if (typeof answer !== "object" || answer === null) return false;
  const { code, detail } = answer as Partial<Record<string, unknown>>;
  return typeof code === "string" && typeof detail === "string";
}

/** An atomic bulk update answers with its lines: the one at fault says why nothing was applied. */
function refusedLine(answer: unknown): Problem | null {
  const { results } = (answer ?? {}) as { results?: unknown };
  if (!Array.isArray(results)) return null;
  const errors = results.map((result) => (result as { error?: unknown } | null)?.error).filter(isProblem);
  return errors.find(({ code }) => code !== "not_applied") ?? null;
}

/** Something between here and the server answered in its place, or `baseUrl` leads elsewhere. */
function unexpected(status: number, answer: unknown): Problem {
  const start = typeof answer === "string" ? answer : JSON.stringify(answer);
  return {
    type: "about:blank",
    title: "Unexpected answer",
    status,
    code: "unexpected_answer",
    detail: `HTTP ${status} is no answer of Onhand; check baseUrl and what lies in between. It begins: ${start?.slice(0, 200) ?? ""}`,
  };
}
