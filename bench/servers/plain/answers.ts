/** What a command answers: a status and a body, stored under the command's key as they are. */
export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** A problem by RFC 9457. */
export function problem(status: number, code: string, detail: string, extra: object = {}): Answer {
  return {
    status,
    body: JSON.stringify({ type: `urn:onhand:problem:${code}`, title: code, status, code, detail, ...extra }),
  };
}

export function ok(body: object): Answer {
  return { status: 200, body: JSON.stringify(body) };
}
