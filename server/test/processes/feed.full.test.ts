import { afterEach, test } from "bun:test";
import { stopAll } from "../support/server-process.ts";
import { playFeedScenario } from "./feed-scenario.ts";

afterEach(stopAll);

test("consumers that go from server to server see every event once and in order under long load", async () => {
  await playFeedScenario({ writers: 32, rounds: 300, followers: 4, products: 200, locations: 4 });
});
