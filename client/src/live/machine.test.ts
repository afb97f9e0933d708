import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  type Effect,
  type Happening,
  initialState,
  type LiveState,
  type Mode,
  machineLimits,
  shownMode,
  step,
} from "./machine.ts";

const around = { servers: 2, transports: 2, nowMs: 1_000_000, chance: 0.5 };
const modes: readonly Mode[] = ["idle", "listing", "opening", "catching", "live", "waiting", "closed"];
const hasCursor = (mode: Mode) => ["opening", "catching", "live"].includes(mode);

/** Any state that the types and the invariants allow. */
const states: fc.Arbitrary<LiveState> = fc
  .record({
    mode: fc.constantFrom(...modes),
    run: fc.nat(3),
    cursor: fc.option(fc.constantFrom("c1", "c2"), { nil: null }),
    isStaged: fc.boolean(),
    hasShown: fc.boolean(),
    next: fc.constantFrom("listing" as const, "opening" as const),
    server: fc.nat(1),
    transport: fc.nat(1),
    failures: fc.nat(20),
    refusals: fc.nat(2),
    snapshots: fc.nat(3),
    retryMs: fc.nat(5_000),
    freshAtMs: fc.option(fc.nat(), { nil: null }),
  })
  .map((state) => ({
    ...state,
    cursor: hasCursor(state.mode) || state.next === "opening" ? (state.cursor ?? "c1") : state.cursor,
    isStaged: state.mode === "listing" || (state.mode !== "idle" && state.isStaged),
  }));

const runs = fc.nat(3);
const cursors = fc.constantFrom("n1", "n2");
const errors = fc.constant(new Error("x"));
const someEvents = fc.array(fc.constant({ time: "2026-01-01T00:00:00Z" } as never), { maxLength: 3 });
const ends = fc.record({
  cursor: fc.option(cursors, { nil: null }),
  pauseMs: fc.option(fc.nat(5_000), { nil: null }),
  afterMs: fc.nat(5_000),
  transport: fc.constantFrom("keep" as const, "next" as const, "first" as const),
});
const happenings: fc.Arbitrary<Happening> = fc.oneof(
  fc.constantFrom({ kind: "start" as const }, { kind: "wake" as const }, { kind: "close" as const }),
  fc.record({
    kind: fc.constant("page" as const),
    run: runs,
    rows: fc.constant([]),
    cursor: fc.option(cursors, { nil: null }),
  }),
  fc.record({
    kind: fc.constantFrom("listed" as const, "alive" as const, "timer" as const),
    run: runs,
  }) as fc.Arbitrary<Happening>,
  fc.record({
    kind: fc.constantFrom("expired" as const, "refused" as const, "fatal" as const),
    run: runs,
    error: errors,
  }) as fc.Arbitrary<Happening>,
  fc.record({ kind: fc.constant("opened" as const), run: runs, retryMs: fc.option(fc.nat(9_000), { nil: null }) }),
  fc.record({ kind: fc.constant("events" as const), run: runs, events: someEvents, cursor: cursors }),
  fc.record({
    kind: fc.constantFrom("progress" as const, "caughtUp" as const),
    run: runs,
    cursor: fc.option(cursors, { nil: null }),
  }) as fc.Arbitrary<Happening>,
  fc.record({ kind: fc.constant("ended" as const), run: runs, end: ends }),
);
const kindsOf = (effects: readonly Effect[]) => effects.map(({ kind }) => kind);

/** Every state meets every happening. */
function always(
  name: string,
  holds: (before: LiveState, happening: Happening, after: LiveState, effects: readonly Effect[]) => void,
) {
  test(name, () => {
    fc.assert(
      fc.property(states, happenings, (before, happening) => {
        const { state, effects } = step(before, happening, around);
        holds(before, happening, state, effects);
      }),
      { numRuns: 20_000, ...(process.env.ONHAND_TEST_SEED ? { seed: Number(process.env.ONHAND_TEST_SEED) } : {}) },
    );
  });
}

describe("over every state and happening", () => {
  always(
    "the cursor moves only to one that came with all that lies before it, and is never lost",
    (before, happening, after, effects) => {
      if (before.cursor !== null) expect(after.cursor).not.toBeNull();
      if (after.cursor === before.cursor) return;
      const named = happening.kind === "ended" ? happening.end.cursor : "cursor" in happening ? happening.cursor : null;
      expect(after.cursor).toBe(named!);
      if (happening.kind === "events" && happening.events.length > 0)
        expect(effects).toContainEqual({
          kind: "fold",
          events: happening.events,
          into: before.isStaged ? "stage" : "shown",
        });
      if (happening.kind === "page") expect(kindsOf(effects)).toContain("fill");
    },
  );

  always("every event that is heard is folded, once", (before, happening, after, effects) => {
    const folds = effects.filter(({ kind }) => kind === "fold").length;
    const isHeard = happening.kind === "events" && happening.run === before.run && hasCursor(before.mode);
    expect(folds).toBe(isHeard && happening.events.length > 0 ? 1 : 0);
    if (!isHeard && happening.kind === "events") expect(after).toEqual(before);
  });

  always(
    "what is shown is replaced only by a stage whose tail was read to its end",
    (before, _happening, after, effects) => {
      if (!kindsOf(effects).includes("show")) return;
      expect(before.isStaged).toBe(true);
      expect(hasCursor(before.mode)).toBe(true);
      expect(after).toMatchObject({ mode: "live", isStaged: false, hasShown: true });
    },
  );

  always(
    "what was shown stays shown, and a stage is only given up for another one",
    (before, _happening, after, effects) => {
      if (before.hasShown) expect(after.hasShown).toBe(true);
      if (before.isStaged && !after.isStaged) expect(kindsOf(effects)).toContain("show");
      if (after.isStaged && !before.isStaged) expect(kindsOf(effects)).toContain("stage");
    },
  );

  always("live means that nothing is staged and that it is known since when", (before, _happening, after) => {
    if (after.mode !== "live" || before.mode === "live") return;
    expect(after.isStaged).toBe(false);
    expect(after.freshAtMs).toBe(around.nowMs);
  });

  always("something is always under way until it is closed", (before, _happening, after, effects) => {
    if (after.mode === before.mode && after.run === before.run) return;
    const begun = effects.filter(({ kind }) => ["list", "tail", "wait"].includes(kind)) as { run: number }[];
    if (after.mode === "closed") expect(begun).toEqual([]);
    else if (after.run !== before.run) expect(begun.map(({ run }) => run)).toEqual([after.run]);
    else expect(begun).toEqual([]);
  });

  always("late reports change nothing", (before, happening, after, effects) => {
    if (!("run" in happening) || happening.run === before.run) return;
    expect(after).toEqual(before);
    expect(effects).toEqual([]);
  });

  always("a tail is opened at the cursor that is held", (_before, _happening, after, effects) => {
    for (const effect of effects) if (effect.kind === "tail") expect(effect.cursor).toBe(after.cursor!);
  });

  always("nothing happens once it is closed", (before, _happening, after, effects) => {
    if (before.mode !== "closed") return;
    expect(after).toEqual(before);
    expect(effects).toEqual([]);
  });

  always(
    "pauses are within their limits, and no shorter than the server asked",
    (before, happening, _after, effects) => {
      for (const effect of effects) {
        if (effect.kind !== "wait") continue;
        const end = happening.kind === "ended" ? happening.end : null;
        if (end?.pauseMs != null) expect(effect.ms).toBe(end.pauseMs);
        else {
          expect(effect.ms).toBeGreaterThanOrEqual(end?.afterMs ?? 0);
          expect(effect.ms).toBeLessThanOrEqual(
            (end?.afterMs ?? 0) + Math.max(machineLimits.backoffMsMax, before.retryMs),
          );
        }
      }
    },
  );
});

describe("step by step", () => {
  const play = (state: LiveState, ...happened: Happening[]) => {
    let now = state;
    let effects: readonly Effect[] = [];
    for (const happening of happened) ({ state: now, effects } = step(now, happening, around));
    return { state: now, effects };
  };
  const atTail = play(
    initialState,
    { kind: "start" },
    { kind: "page", run: 1, rows: [], cursor: "c0" },
    { kind: "listed", run: 1 },
  ).state;
  const live = play(
    atTail,
    { kind: "opened", run: 2, retryMs: 2_000 },
    { kind: "caughtUp", run: 2, cursor: "c1" },
  ).state;

  test("a snapshot, then the tail from its place, then live", () => {
    expect(shownMode(atTail)).toBe("snapshotting");
    expect(atTail).toMatchObject({ mode: "opening", cursor: "c0", isStaged: true });
    expect(live).toMatchObject({ mode: "live", cursor: "c1", isStaged: false, hasShown: true });
  });

  test("a lost connection is taken up again behind the last event, on the next server", () => {
    const end = { cursor: null, pauseMs: null, afterMs: 0, transport: "keep" } as const;
    const waiting = play(live, { kind: "ended", run: 2, end });
    expect(shownMode(waiting.state)).toBe("stale");
    expect(waiting.effects).toContainEqual({ kind: "wait", run: 3, ms: 1_000 });
    const { effects } = play(waiting.state, { kind: "timer", run: 3 });
    expect(effects).toContainEqual({ kind: "tail", run: 4, server: 1, transport: 0, cursor: "c1" });
  });

  test("a server that says goodbye names place and pause", () => {
    const end = { cursor: "c9", pauseMs: 4_321, afterMs: 0, transport: "keep" } as const;
    const { state, effects } = play(live, { kind: "ended", run: 2, end });
    expect(effects).toContainEqual({ kind: "wait", run: 3, ms: 4_321 });
    expect(state).toMatchObject({ cursor: "c9", failures: 0 });
  });

  test("a transport that never says a word is given up for the next", () => {
    const end = { cursor: null, pauseMs: null, afterMs: 0, transport: "keep" } as const;
    const second = play(
      live,
      { kind: "ended", run: 2, end },
      { kind: "timer", run: 3 },
      { kind: "ended", run: 4, end },
    );
    expect(second.state).toMatchObject({ transport: 1, failures: 2 });
  });

  test("an expired cursor leads to a new snapshot beside what is shown, a second one in a row to a pause before it", () => {
    const again = play(live, { kind: "expired", run: 2, error: null });
    expect(kindsOf(again.effects)).toEqual(["stage", "list", "tell"]);
    expect(again.state).toMatchObject({ mode: "listing", isStaged: true, hasShown: true });
    expect(shownMode(again.state)).toBe("stale");
    const twice = play(
      again.state,
      { kind: "page", run: 3, rows: [], cursor: "c5" },
      { kind: "listed", run: 3 },
      { kind: "expired", run: 4, error: null },
    );
    expect(kindsOf(twice.effects)).toEqual(["abort", "wait", "tell"]);
  });

  test("credentials that stay refused end it", () => {
    const refused = (run: number) => ({ kind: "refused", run, error: "no" }) as const;
    const { state, effects } = play(
      live,
      refused(2),
      { kind: "timer", run: 3 },
      refused(4),
      { kind: "timer", run: 5 },
      refused(6),
    );
    expect(state.mode).toBe("closed");
    expect(effects).toContainEqual({ kind: "fail", error: "no" });
  });

  test("a list without a place in the feed is of no use", () => {
    const { state, effects } = play(
      initialState,
      { kind: "start" },
      { kind: "page", run: 1, rows: [], cursor: null },
      { kind: "listed", run: 1 },
    );
    expect(state.mode).toBe("closed");
    expect(kindsOf(effects)).toContain("fail");
  });
});
