/** What each verb takes, and that nothing else goes by in silence: all of it is said before a server is asked. */
import { expect, test } from "bun:test";
import { channelsCommand } from "./channels.ts";
import { countsCommand } from "./counts.ts";
import { devicesCommand } from "./devices.ts";
import { historyCommand } from "./history.ts";
import { jobsCommand } from "./jobs.ts";
import { mappingsCommand } from "./mappings.ts";
import { parkedCommand } from "./parked.ts";
import { reconcileCommand } from "./reconcile.ts";
import { reservationsCommand } from "./reservations.ts";
import { reviewsCommand } from "./reviews.ts";
import { sourcesCommand } from "./sources.ts";
import { suppliesCommand } from "./supplies.ts";
import { totalsCommand } from "./totals.ts";
import { transfersCommand } from "./transfers.ts";

const nouns = [
  ...[channelsCommand, countsCommand, devicesCommand, historyCommand, jobsCommand, mappingsCommand, parkedCommand],
  ...[
    reconcileCommand,
    reservationsCommand,
    reviewsCommand,
    sourcesCommand,
    suppliesCommand,
    totalsCommand,
    transfersCommand,
  ],
];

const noServer = '--url is the address of a server, for example http://127.0.0.1:8080, not "nowhere".';

/** What wrong use is answered with; use that is right comes as far as to the address, which is none. */
async function complaint(line: string, url = "nowhere"): Promise<string> {
  const [name, ...args] = line.split(" ");
  const noun = nouns.find((each) => each.name === name)!;
  return noun.run([...args, "--url", url]).then(
    () => "it ran",
    (error: Error) => (error.name === "UsageError" ? error.message : `${error.name}: ${error.message}`),
  );
}

test("an option of another verb is refused with those that the verb takes", async () => {
  expect(await complaint("reservations commit res_1 --ttl 5m")).toBe(
    '--ttl is nothing to "onhand reservations commit", which takes --if-expired. "--help" shows examples.',
  );
  expect(await complaint("counts show cnt_1 --location shop")).toContain("takes no options of its own");
  expect(await complaint("reservations --location shop")).toContain('"onhand reservations list"');
  expect(await complaint("parked retry park_1 --origin market", "http://127.0.0.1:1")).toContain("not both");
});

test("more arguments than a verb takes are refused", async () => {
  expect(await complaint("transfers show trf_1 trf_2")).toBe(
    'Usage: npx onhand transfers show ID. "--help" shows examples.',
  );
  expect(await complaint("jobs list done")).toContain("Usage: npx onhand jobs list.");
  expect(await complaint("supplies receive sup_1 1 2=3 3=4")).toBe(noServer);
});

test("each option of a noun is taken by the verbs that its help names, and by no other", async () => {
  for (const { name, help } of nouns) {
    const verbs = [...help.split("Options:")[0]!.matchAll(/^ {2}([a-z]+) /gm)].map(([, verb]) => verb!);
    const options = [...help.split("Options:")[1]!.matchAll(/^ {2}--(\S+) VALUE +(.+)$/gm)];
    expect(options.length).toBeGreaterThan(0);
    for (const [, option, about] of options) {
      const named = [...about!.matchAll(/(?:^|; )([a-z]+(?:, [a-z]+)*):/g)].flatMap(([, said]) => said!.split(", "));
      const taking = new Set<string>();
      for (const verb of verbs)
        for (const args of ["", " a", " a b=1"])
          if ((await complaint(`${name} ${verb}${args} --${option} x`)) === noServer) taking.add(verb);
      expect({ name, option, taking: [...taking].sort() }).toEqual({ name, option: option!, taking: named.sort() });
    }
  }
});
