import { expect, test } from "bun:test";
import fc from "fast-check";
import { SessionLedger, sessionLimits } from "./ledger.ts";
import type { ClientMessage, CommandMessage } from "./messages.ts";

const command = (id: string): CommandMessage => ({
  type: "command",
  id,
  operation: "adjustInventory",
  idempotencyKey: `key of ${id}`,
});
const result = (id: string) => ({ type: "result", id, status: 200, headers: {}, body: null }) as const;

test("a subscription goes on behind what was handed over, not where it began", () => {
  const ledger = new SessionLedger();
  ledger.connected();
  ledger.subscribe({ type: "subscribe", id: "s1", since: "2026-01-01T00:00:00Z", ackWindow: 5 });
  ledger.received({ type: "events", id: "s1", events: [], cursor: "c7" });
  ledger.disconnected();
  expect(ledger.connected()).toEqual([{ type: "subscribe", id: "s1", ackWindow: 5, cursor: "c7" }]);
  ledger.received({ type: "closing", reason: "shutdown", retryMs: 1, subscriptions: [{ id: "s1", cursor: "c9" }] });
  expect(ledger.cursorOf("s1")).toBe("c9");
});

test("past its limit a command is refused and not kept", () => {
  const ledger = new SessionLedger();
  for (let index = 0; index < sessionLimits.commandsMax; index++) ledger.command(command(`c${index}`));
  expect(ledger.command(command("one more"))).toBeNull();
  expect(ledger.commands()).toHaveLength(sessionLimits.commandsMax);
});

test("a command that was given up is on its way until its answer comes, and then makes room for the next", () => {
  const ledger = new SessionLedger();
  ledger.connected();
  for (let index = 0; index < sessionLimits.inFlightMax; index++) ledger.command(command(`c${index}`));
  expect(ledger.command(command("next"))).toEqual([]);
  for (let index = 0; index < sessionLimits.inFlightMax; index++) ledger.forget(`c${index}`);
  // The server still works on as many as it may.
  expect(ledger.command(command("one more"))).toEqual([]);
  expect(ledger.received(result("c0"))).toEqual({ notice: null, send: [command("next")] });
  expect(ledger.received(result("c1"))).toEqual({ notice: null, send: [command("one more")] });
});

test("over any connections and answers, a command keeps its key, is answered once, and no more are under way than allowed", () => {
  const deeds = fc.array(fc.constantFrom("command", "answer", "repeat", "drop", "connect", "hold", "again"), {
    maxLength: 200,
  });
  fc.assert(
    fc.property(deeds, (list) => {
      const ledger = new SessionLedger();
      let underWay: string[] = [];
      let given = 0;
      const open = new Set<string>();
      const answered: string[] = [];
      const held: string[] = [];
      const send = (messages: readonly ClientMessage[] | null) => {
        for (const message of messages ?? []) {
          if (message.type !== "command") continue;
          expect(message.idempotencyKey).toBe(`key of ${message.id}`);
          expect(underWay).not.toContain(message.id);
          expect(answered).not.toContain(message.id);
          underWay.push(message.id);
        }
        expect(underWay.length).toBeLessThanOrEqual(sessionLimits.inFlightMax);
      };
      for (const deed of list) {
        if (deed === "command") {
          given += 1;
          open.add(`c${given}`);
          send(ledger.command(command(`c${given}`)));
        } else if (deed === "drop") {
          ledger.disconnected();
          underWay = [];
        } else if (deed === "connect") {
          underWay = [];
          send(ledger.connected());
        } else if (deed === "repeat" && answered.length > 0) {
          expect(ledger.received(result(answered[0]!)).notice).toBeNull();
        } else if (deed === "again" && held.length > 0) send(ledger.again(held.shift()!));
        else if ((deed === "answer" || deed === "hold") && underWay.length > 0) {
          const id = underWay.shift()!;
          expect(ledger.received(result(id)).notice).toMatchObject({ kind: "result", command: { id } });
          if (deed === "hold") {
            held.push(id);
            send(ledger.hold(id));
          } else {
            answered.push(id);
            open.delete(id);
            send(ledger.answered(id));
          }
        }
      }
      expect(ledger.commands().map(({ id }) => id)).toEqual([...open]);
    }),
  );
});
