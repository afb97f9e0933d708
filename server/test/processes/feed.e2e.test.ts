import { afterEach, test } from "bun:test";
import { stopAll } from "../support/server-process.ts";
import { playFeedScenario } from "./feed-scenario.ts";

afterEach(stopAll);

test("consumers that go from server to server see every event once and in order while 32 writers work", async () => {
  await playFeedScenario({ writers: 32, rounds: 40, followers: 3, products: 40, locations: 3 });
});
