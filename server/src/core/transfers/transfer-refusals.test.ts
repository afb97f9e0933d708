/** Why nothing is done with a transfer or supply, and what can still be done when places and products go out of use. */
import { expect, test } from "bun:test";
import { quantityMax } from "@onhand/protocol/vocabulary";
import { inventory, lineOf, locationCommand, productCommand } from "../../../test/model/commands.ts";
import {
  actionOn,
  cancel,
  commit,
  made,
  receive,
  refused,
  reschedule,
  ship,
} from "../../../test/model/transfer-commands.ts";
import type { TransferAction } from "../command.ts";

const now = 1_700_000_000_000;

test("quantities beyond what is open are refused, and nothing of the request happens", () => {
  const { state, refuse } = made(now, "transfer");
  const before = state.entries.length;
  expect(
    refuse(
      ship([
        [2, 1],
        [1, 11],
      ]),
    ),
  ).toMatchObject({
    code: "validation_failed",
    line: 1,
    pointer: "/lines/1/quantity",
  });
  expect(refuse(cancel([[1, 11]]))).toMatchObject({ code: "validation_failed", pointer: "/lines/0/quantity" });
  expect(refuse(ship([[1, 0]]))).toMatchObject({ code: "validation_failed" });
  expect(refuse(cancel([[1, 0]]))).toMatchObject({ code: "validation_failed" });
  expect(refuse(receive([[1, -1]]))).toMatchObject({ code: "validation_failed" });
  expect(state.entries.length).toBe(before);
});

test("what has been shipped whole cannot be shipped again", () => {
  const { refuse } = made(now, "transfer", ship([[1]]));
  expect(refuse(ship([[1]]))).toMatchObject({ code: "validation_failed", pointer: "/lines/0/line" });
  const { refuse: refuseAll } = made(now, "transfer", ship());
  expect(refuseAll(ship())).toMatchObject({ code: "validation_failed", pointer: "/lines" });
});

test("there is no line that the order does not have", () => {
  expect(made(now, "transfer").refuse(ship([[3]]))).toMatchObject({
    code: "validation_failed",
    pointer: "/lines/0/line",
  });
});

test("a level that could not be counted any more is refused", () => {
  const { state, refuse } = made(now, "transfer", ship());
  commit(state, inventory(lineOf({ adjustment: quantityMax - 3 }, { locationId: "l2" })), now);
  expect(refuse(receive([[1, 4]]))).toMatchObject({ code: "validation_failed", pointer: "/lines/0/quantity" });
});

test("a line that has ended takes nothing more, while others go on", () => {
  const { act, refuse, line } = made(now, "transfer", ship(), receive([[1]]));
  for (const action of [receive([[1, 1]]), ship([[1]]), cancel([[1]])]) {
    expect(refuse(action)).toMatchObject({ code: "already_ended", line: 0 });
  }
  act(receive());
  expect(line(2).done).toBe(5);
});

const ends: Readonly<Record<string, readonly TransferAction[]>> = {
  received: [ship(), receive()],
  cancelled: [cancel()],
  lost: [ship(), receive([], true)],
};
for (const [name, actions] of Object.entries(ends)) {
  test(`nothing more can be done with one that is ${name}`, () => {
    const { refuse } = made(now, "transfer", ...actions);
    for (const action of [ship(), receive(), receive([[1, 1]]), receive([], true), cancel(), reschedule(now)]) {
      const rejection = refuse(action);
      expect(rejection.code).toBe("already_ended");
      expect(rejection.detail).toMatch(/^.{20,}\.$/);
    }
  });
}

test("an id that is none, or of the other kind, is not found", () => {
  const { state, orderId } = made(now, "transfer");
  expect(refused(state, actionOn("trf_0000000000000", ship()), now).code).toBe("not_found");
  expect(refused(state, actionOn(orderId, receive(), { order: "supply" }), now).code).toBe("not_found");
});

const archive = (id: string) => locationCommand(id, { kind: "patch", fields: {}, life: "archived" });

test("an archived destination takes nothing in, but what is on its way to it may go back or be closed", () => {
  const { state, act, refuse } = made(now, "transfer", ship([[1, 6]]));
  commit(state, archive("l2"), now);
  expect(refuse(ship()).code).toBe("archived");
  expect(refuse(receive()).code).toBe("archived");
  act(cancel([[1, 6]]));
  act(receive([], true));
  act(cancel());
});

test("what an archived source holds may leave it, and return to it", () => {
  const { state, act, levels } = made(now, "transfer");
  commit(state, archive("l1"), now);
  act(ship([[1]]));
  act(cancel([[1, 4]]));
  expect(levels()).toEqual([
    [4, 0, 0, 0, 4],
    [0, 0, 0, 6, 0],
  ]);
});

test("an archived product is not moved on, but may be called off", () => {
  const { state, act, refuse } = made(now, "transfer", ship([[1, 6]]));
  commit(state, productCommand("p1", { kind: "patch", fields: {}, life: "archived" }), now);
  expect(refuse(ship([[1]])).code).toBe("archived");
  expect(refuse(receive([[1]])).code).toBe("archived");
  act(cancel([[1]]));
});

test("when the place that units came from is gone, they can be received or lost, not sent back", () => {
  const { state, act, refuse } = made(now, "transfer", ship());
  commit(state, locationCommand("l1", { kind: "delete" }), now);
  expect(refuse(cancel())).toMatchObject({ code: "not_found" });
  act(receive([[1, 9]], true));
});

test("a place that was deleted before anything was on its way to it gets nothing", () => {
  const { state, act, refuse } = made(now, "transfer");
  commit(state, locationCommand("l2", { kind: "delete" }), now);
  expect(refuse(ship()).code).toBe("not_found");
  act(cancel());
});
