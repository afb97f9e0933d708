/**
 * How a live view goes about it, as a pure state machine: what happened goes in, what is to be done comes out. It
 * knows no network, no clock and no chance; all of them are handed in.
 *
 * | mode       | what is under way                                   | shown as                                   |
 * |------------|-----------------------------------------------------|--------------------------------------------|
 * | `idle`     | nothing yet                                         | connecting                                 |
 * | `listing`  | a snapshot is read into the stage                   | snapshotting, or stale once one was shown  |
 * | `opening`  | a tail was asked for at `cursor`                    | snapshotting, or stale                     |
 * | `catching` | the tail has begun, its end has not been reached    | snapshotting, or stale                     |
 * | `live`     | the tail has been read to its end, what comes is new| live                                       |
 * | `waiting`  | a pause before the next listing or tail (`next`)    | connecting, snapshotting or stale          |
 * | `closed`   | nothing any more                                    | closed                                     |
 *
 * | happening   | idle    | listing            | opening            | catching          | live     | waiting    |
 * |-------------|---------|--------------------|--------------------|-------------------|----------|------------|
 * | `start`     | listing | –                  | –                  | –                 | –        | –          |
 * | `page`      | –       | listing, fills     | –                  | –                 | –        | –          |
 * | `listed`    | –       | opening            | –                  | –                 | –        | –          |
 * | `opened`    | –       | –                  | catching           | –                 | –        | –          |
 * | `events`    | –       | –                  | catching, folds    | catching, folds   | live, folds | –       |
 * | `progress`  | –       | –                  | catching           | catching          | live     | –          |
 * | `alive`     | –       | –                  | opening            | catching          | live     | –          |
 * | `caughtUp`  | –       | –                  | live, shows        | live, shows       | live     | –          |
 * | `ended`     | –       | waiting for a list | waiting for a tail | waiting for a tail| waiting for a tail | –|
 * | `expired`   | –       | waiting for a list | listing (1)        | listing (1)       | listing (1) | –       |
 * | `refused`   | –       | waiting (2)        | waiting (2)        | waiting (2)       | waiting (2) | –       |
 * | `fatal`     | –       | closed, fails      | closed, fails      | closed, fails     | closed, fails | –     |
 * | `timer`     | –       | –                  | –                  | –                 | –        | listing or opening |
 * | `wake`      | –       | –                  | –                  | –                 | –        | listing or opening |
 * | `close`     | closed  | closed             | closed             | closed            | closed   | closed     |
 *
 * `events` that are no older than `recentMs` count as `caughtUp` too.
 * (1) waiting for a list when snapshots follow each other without a word in between. (2) closed after `refusalsMax`
 * in a row. A dash changes nothing. In `closed` nothing changes anything.
 *
 * Invariants. `cursor` moves only together with the fold of everything before it; it is left behind only when a new
 * snapshot brings its own. What is shown is replaced only by a snapshot whose tail was read to its end, so no state
 * older than one that was shown is ever shown as newer. Reports carry the number of the work they are about (`run`);
 * those about work that was given up are ignored.
 */
import type { InventoryItem } from "@onhand/protocol/resources";
import type { FeedEvent } from "../refined-types.ts";

export type Mode = "idle" | "listing" | "opening" | "catching" | "live" | "waiting" | "closed";

export interface LiveState {
  readonly mode: Mode;
  /** Number of the listing, tail or pause that is under way. */
  readonly run: number;
  /** Everything up to here is folded into the stage if there is one, else into what is shown. */
  readonly cursor: string | null;
  /** A snapshot is being made ready beside what is shown. */
  readonly isStaged: boolean;
  readonly hasShown: boolean;
  /** What comes after the pause. */
  readonly next: "listing" | "opening";
  /** Index of the server and of the transport in use. */
  readonly server: number;
  readonly transport: number;
  /** In a row: ends without a word before them, refusals, snapshots without a word behind them. */
  readonly failures: number;
  readonly refusals: number;
  readonly snapshots: number;
  /** What the server asked to wait before a reconnect. */
  readonly retryMs: number;
  /** When it was last known that nothing is missing. */
  readonly freshAtMs: number | null;
}

/** Something that happened. */
export type Happening =
  | { readonly kind: "start" }
  | { readonly kind: "wake" }
  | { readonly kind: "close" }
  | Report
  | { readonly kind: "timer"; readonly run: number };

/** What a listing or tail reports. */
export type Report = { readonly run: number } & (
  | { readonly kind: "page"; readonly rows: readonly InventoryItem[]; readonly cursor: string | null }
  | { readonly kind: "listed" }
  | { readonly kind: "opened"; readonly retryMs: number | null }
  | { readonly kind: "events"; readonly events: readonly FeedEvent[]; readonly cursor: string }
  | { readonly kind: "progress"; readonly cursor: string | null }
  | { readonly kind: "caughtUp"; readonly cursor: string | null }
  | { readonly kind: "alive" }
  | { readonly kind: "ended"; readonly end: End }
  | { readonly kind: "expired"; readonly error: unknown }
  | { readonly kind: "refused"; readonly error: unknown }
  | { readonly kind: "fatal"; readonly error: unknown }
);

/** How a listing or tail ended. */
export interface End {
  /** Everything up to here had been handed over; null when it does not say. */
  readonly cursor: string | null;
  /** The server named the pause, already spread over its readers; null when the connection was lost. */
  readonly pauseMs: number | null;
  /** Never before this, as `Retry-After` says. */
  readonly afterMs: number;
  /** What to do about the transport: keep it, take the next one for this does not work here, or try the first again. */
  readonly transport: "keep" | "next" | "first";
}

/** Something to be done. */
export type Effect =
  | { readonly kind: "abort"; readonly run: number }
  | { readonly kind: "stage" | "show" | "tell" }
  | { readonly kind: "list"; readonly run: number; readonly server: number }
  | {
      readonly kind: "tail";
      readonly run: number;
      readonly server: number;
      readonly transport: number;
      readonly cursor: string;
    }
  | { readonly kind: "wait"; readonly run: number; readonly ms: number }
  | { readonly kind: "fill"; readonly rows: readonly InventoryItem[] }
  | { readonly kind: "fold"; readonly events: readonly FeedEvent[]; readonly into: "stage" | "shown" }
  | { readonly kind: "fail"; readonly error: unknown };

export interface Step {
  readonly state: LiveState;
  readonly effects: readonly Effect[];
}

/** What a step may need besides. */
export interface Surroundings {
  readonly servers: number;
  readonly transports: number;
  readonly nowMs: number;
  /** From 0 up to, but not including, 1. */
  readonly chance: number;
}

export const machineLimits = {
  /** The longest pause grows from the server's hint, or this, by doubling. */
  backoffMs: 1_000,
  backoffMsMax: 30_000,
  /** Ends in a row without a word, after which the next transport is tried. */
  failuresPerTransport: 2,
  refusalsMax: 3,
  /** An event not older than this, by the clock of this machine, is news. */
  recentMs: 1_000,
} as const;

export const initialState: LiveState = {
  mode: "idle",
  run: 0,
  cursor: null,
  isStaged: false,
  hasShown: false,
  next: "listing",
  server: 0,
  transport: 0,
  failures: 0,
  refusals: 0,
  snapshots: 0,
  retryMs: 0,
  freshAtMs: null,
};

const tailModes: readonly Mode[] = ["opening", "catching", "live"];
const isTail = (state: LiveState): boolean => tailModes.includes(state.mode);

/** @returns the state behind a happening, and what is to be done, in order */
export function step(state: LiveState, happening: Happening, around: Surroundings): Step {
  if (state.mode === "closed") return { state, effects: [] };
  if (happening.kind === "start") return state.mode === "idle" ? list(state) : unchanged(state);
  if (happening.kind === "wake") return state.mode === "waiting" ? goOn(state) : unchanged(state);
  if (happening.kind === "close") return close(state);
  if (happening.run !== state.run) return unchanged(state);
  if (happening.kind === "timer") return state.mode === "waiting" ? goOn(state) : unchanged(state);
  if (state.mode === "listing") return whileListing(state, happening, around);
  if (isTail(state)) return whileTailing(state, happening, around);
  return unchanged(state);
}

const unchanged = (state: LiveState): Step => ({ state, effects: [] });

function close(state: LiveState): Step {
  return {
    state: { ...state, mode: "closed" },
    effects: [{ kind: "abort", run: state.run }, { kind: "tell" }],
  };
}

/** Begins a snapshot. The cursor that is held stays until the snapshot brings its own. */
function list(before: LiveState): Step {
  const run = before.run + 1;
  const state: LiveState = { ...before, mode: "listing", run, isStaged: true, snapshots: before.snapshots + 1 };
  return { state, effects: [{ kind: "stage" }, { kind: "list", run, server: state.server }, { kind: "tell" }] };
}

function openTail(before: LiveState): Step {
  const run = before.run + 1;
  const { server, transport, cursor } = before;
  if (cursor === null) return fail(before, new TypeError(cursorless));
  const state: LiveState = { ...before, mode: "opening", run };
  return { state, effects: [{ kind: "tail", run, server, transport, cursor }, { kind: "tell" }] };
}

const cursorless =
  "the list of inventory came without the header Onhand-Cursor; let what lies in between pass it on (Access-Control-Expose-Headers, proxies)";

const goOn = (state: LiveState): Step => (state.next === "opening" ? openTail(state) : list(state));

type About<Kind extends Report["kind"]> = Extract<Report, { readonly kind: Kind }>;

function whileListing(state: LiveState, happening: Report, around: Surroundings): Step {
  switch (happening.kind) {
    case "page":
      return {
        state: { ...state, cursor: happening.cursor ?? state.cursor },
        effects: [{ kind: "fill", rows: happening.rows }],
      };
    case "listed":
      return openTail(state);
    case "ended":
      return pause(state, happening.end, "listing", around);
    case "expired":
      return pause(state, lost, "listing", around);
    case "refused":
      return refuse(state, happening.error, "listing", around);
    case "fatal":
      return fail(state, happening.error);
    default:
      return unchanged(state);
  }
}

function whileTailing(state: LiveState, happening: Report, around: Surroundings): Step {
  switch (happening.kind) {
    case "opened": {
      const retryMs = happening.retryMs ?? state.retryMs;
      return { state: { ...state, retryMs, mode: state.mode === "opening" ? "catching" : state.mode }, effects: [] };
    }
    case "events":
    case "progress":
    case "alive":
    case "caughtUp":
      return hear(state, happening, around);
    case "ended":
      return pause({ ...state, cursor: happening.end.cursor ?? state.cursor }, happening.end, "opening", around);
    case "expired":
      // What was shown stays until the new snapshot is ready. Snapshots that lead nowhere are not taken in a hurry.
      return state.snapshots > 0 ? pause(state, lost, "listing", around) : list(state);
    case "refused":
      return refuse(state, happening.error, "opening", around);
    case "fatal":
      return fail(state, happening.error);
    default:
      return unchanged(state);
  }
}

/** A word from the server: the tail works. */
function hear(
  before: LiveState,
  happening: About<"events" | "progress" | "alive" | "caughtUp">,
  around: Surroundings,
): Step {
  const isCaughtUp = happening.kind === "caughtUp" || before.mode === "live" || isRecent(happening, around.nowMs);
  const effects: Effect[] = [];
  if (happening.kind === "events" && happening.events.length > 0)
    effects.push({ kind: "fold", events: happening.events, into: before.isStaged ? "stage" : "shown" });
  if (isCaughtUp && before.isStaged) effects.push({ kind: "show" });
  const heard: LiveState = {
    ...before,
    cursor: (happening.kind === "alive" ? null : happening.cursor) ?? before.cursor,
    failures: 0,
    refusals: 0,
    freshAtMs: isCaughtUp ? around.nowMs : before.freshAtMs,
  };
  if (!isCaughtUp) {
    const isOpen = happening.kind !== "alive";
    return { state: { ...heard, mode: isOpen ? "catching" : before.mode, snapshots: 0 }, effects };
  }
  if (before.mode !== "live") effects.push({ kind: "tell" });
  return { state: { ...heard, mode: "live", isStaged: false, hasShown: true, snapshots: 0 }, effects };
}

/** Under a steady load a tail may never find itself without anything to read; less than this behind is as good. */
function isRecent(happening: Report, nowMs: number): boolean {
  const last = happening.kind === "events" ? happening.events.at(-1) : undefined;
  return last !== undefined && Math.abs(nowMs - Date.parse(last.time)) < machineLimits.recentMs;
}

const lost: End = { cursor: null, pauseMs: null, afterMs: 0, transport: "keep" };

/** Waits before the next try: as long as the server said, or a random part of a doubling span. */
function pause(before: LiveState, end: End, next: LiveState["next"], around: Surroundings): Step {
  const failures = end.pauseMs === null ? before.failures + 1 : before.failures;
  const { backoffMs, backoffMsMax, failuresPerTransport } = machineLimits;
  const ceilingMs = Math.min(backoffMsMax, Math.max(before.retryMs, backoffMs) * 2 ** Math.min(failures - 1, 16));
  const ms = Math.round(end.pauseMs ?? end.afterMs + around.chance * ceilingMs);
  const isStuck = next === "opening" && failures > 0 && failures % failuresPerTransport === 0;
  const turn = end.transport === "next" || (isStuck && end.pauseMs === null) ? 1 : 0;
  const transport = end.transport === "first" ? 0 : (before.transport + turn) % around.transports;
  // Going on with another server is always possible: cursors are valid on all of them.
  const server = end.transport === "keep" ? (before.server + 1) % around.servers : before.server;
  const run = before.run + 1;
  const state: LiveState = { ...before, mode: "waiting", next, run, failures, transport, server };
  return {
    state,
    effects: [{ kind: "abort", run: before.run }, { kind: "wait", run, ms }, { kind: "tell" }],
  };
}

/** Credentials may have been replaced in between; when they are refused again and again it is over. */
function refuse(before: LiveState, error: unknown, next: LiveState["next"], around: Surroundings): Step {
  const refusals = before.refusals + 1;
  if (refusals >= machineLimits.refusalsMax) return fail(before, error);
  return pause({ ...before, refusals }, lost, next, around);
}

function fail(state: LiveState, error: unknown): Step {
  return {
    state: { ...state, mode: "closed" },
    effects: [{ kind: "abort", run: state.run }, { kind: "fail", error }, { kind: "tell" }],
  };
}

export type LiveMode = "connecting" | "snapshotting" | "live" | "stale" | "closed";

/** What a state means to those who look at the view. */
export function shownMode({ mode, hasShown, isStaged }: LiveState): LiveMode {
  if (mode === "closed" || mode === "live") return mode;
  if (hasShown) return "stale";
  return isStaged ? "snapshotting" : "connecting";
}
