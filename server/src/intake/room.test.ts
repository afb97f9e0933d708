import { expect, test } from "bun:test";
import { Room } from "./room.ts";

test("whoever finds no room waits, and enters in order of coming", async () => {
  const room = new Room(3, 2);
  await room.take(2);
  const entered: string[] = [];
  const large = room.take(3).then(() => entered.push("large"));
  const small = room.take(1).then(() => entered.push("small"));
  expect(room.load).toEqual({ lines: 2, waiting: 2 });
  await expect(room.take(1)).rejects.toMatchObject({ name: "Overloaded" });
  room.give();
  // There would be room for the small one, but the large one came first.
  expect(room.load).toEqual({ lines: 1, waiting: 2 });
  room.give();
  await large;
  expect(room.load).toEqual({ lines: 3, waiting: 1 });
  room.give();
  await small;
  expect(entered).toEqual(["large", "small"]);
  expect(room.load).toEqual({ lines: 3, waiting: 0 });
});
