/**
 * Follows products and locations for a view with a filter. A stream of some locations leaves products out, and one of
 * some products leaves locations out; yet a product that is archived, or a location that leaves its group, changes what
 * the view shows.
 */
import type { FeedEvent } from "../refined-types.ts";
import type { Transport } from "../request.ts";
import { backoffMs } from "../retry.ts";
import { pollTail } from "../tail/poll-tail.ts";
import { machineLimits } from "./machine.ts";

export interface CatalogueTail {
  /** The server to ask now. */
  readonly http: () => Transport;
  readonly cursor: string;
  readonly signal: AbortSignal;
}

const types = ["product.*", "location.*"];

/** Goes on over any outage until its signal ends it. @returns false when its place is lost */
export async function followCatalogue(
  { http, cursor: start, signal }: CatalogueTail,
  take: (events: readonly FeedEvent[]) => void,
): Promise<boolean> {
  let cursor = start;
  for (let failures = 1; !signal.aborted; failures++) {
    const request = { http: http(), cursor, filter: {}, types, ticket: undefined, signal, isFallback: false };
    const end = await pollTail(request, (word) => {
      if (word.kind === "events") take(word.events);
      if (word.kind !== "opened" && word.kind !== "alive") cursor = word.cursor ?? cursor;
      failures = 1;
    });
    if (end.kind === "expired") return false;
    // Refused credentials are judged by the view's own tail; here they only take another try.
    const { clock } = request.http;
    const afterMs = end.kind === "ended" ? end.end.afterMs : 0;
    const policy = { ...machineLimits, triesMax: 0, totalMsMax: 0 };
    await clock.sleep(backoffMs(policy, failures, clock.random(), afterMs), signal).catch(() => {});
  }
  return true;
}
