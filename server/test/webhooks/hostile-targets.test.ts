/** Hostile URLs: none of them may open a connection to this machine, which listeners on every loopback address would see. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createServer, type Server } from "node:net";
import { systemClock } from "../../src/lib/clock.ts";
import { type Resolve, TargetGuard, TargetRefused } from "../../src/webhooks/address/target-guard.ts";
import { Sender } from "../../src/webhooks/send/sender.ts";

const never = new AbortController().signal;
let connections = 0;
let port = 0;
const servers: Server[] = [];

async function listenOn(host: string, wanted: number): Promise<number> {
  const server = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen(wanted, host, resolve);
  await promise;
  servers.push(server);
  return (server.address() as { port: number }).port;
}

beforeAll(async () => {
  port = await listenOn("0.0.0.0", 0);
  // A machine without IPv6 has nothing that could be reached by it.
  await listenOn("::1", port).catch(() => {});
});
afterAll(() => {
  for (const server of servers) server.close();
});

/** Names as an attacker's name server would answer; each answer is used once, the last one for ever. */
const zone: Record<string, string[][]> = {
  "inside.test": [["127.0.0.1"]],
  "inside6.test": [["::1"]],
  "mapped.test": [["::ffff:127.0.0.1"]],
  "nat64.test": [["64:ff9b::7f00:1"]],
  "metadata.test": [["169.254.169.254"]],
  "unspecified.test": [["0.0.0.0"]],
  "mixed.test": [["203.0.114.1", "127.0.0.1"]],
  "mixed-first.test": [["127.0.0.1", "203.0.114.1"]],
  "zone.test": [["fe80::1%lo"]],
  "rebinding.test": [["203.0.114.1"], ["127.0.0.1"]],
  localhost: [["127.0.0.1", "::1"]],
  "localhost.": [["127.0.0.1"]],
  "a.localhost": [["127.0.0.1"]],
  "nothing.test": [[]],
};
const makeResolve = (): Resolve => {
  const asked = new Map<string, number>();
  return async (host) => {
    const answers = zone[host];
    if (answers === undefined) throw new Error(`${host} is not known`);
    const index = asked.get(host) ?? 0;
    asked.set(host, index + 1);
    return answers[Math.min(index, answers.length - 1)]!;
  };
};

const hosts = [
  ...["127.0.0.1", "127.1", "127.0.1", "127.255.255.254", "0177.0.0.1", "0177.0.0.01", "017700000001", "0x7f.0.0.1"],
  ...["0x7f000001", "0x7F.0x00.0x00.0x01", "2130706433", "127.0.0.1.", "127.0.0.0x1", "00000177.0.0.1", "0x7f.1"],
  ...["①②⑦.⓪.⓪.①", "127。0。0。1", "127%2e0%2e0%2e1", "１２７.0.0.1", "0.0.0.0", "0", "0x0", "00", "0.1.2.3"],
  ...["[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[0000::0001]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]"],
  ...["[::ffff:0:127.0.0.1]", "[64:ff9b::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]"],
  ...["[2001:0:7f00:1::]", "[fe80::1]", "[fc00::1]", "[fd00:ec2::254]", "[fec0::1]", "[ff02::1]", "[2001:db8::1]"],
  ...["10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1", "169.254.169.254", "168.63.129.16", "100.100.100.200"],
  ...["192.0.2.1", "198.18.0.1", "224.0.0.1", "255.255.255.255", "0xa9fea9fe", "2852039166"],
  ...Object.keys(zone).filter((name) => !["rebinding.test", "nothing.test"].includes(name)),
];
const forms = (host: string): string[] => [`http://${host}:${port}/`, `https://${host}:${port}/`];
const spelled = (): string[] => [
  `https://user:secret@127.0.0.1:${port}/`,
  `https://example.com@127.0.0.1:${port}/`,
  `https://127.0.0.1:${port}\\@example.com/`,
  `https:127.0.0.1:${port}/`,
  `https:\\\\127.0.0.1:${port}/`,
  `\thttps://127.0.0.1:${port}/`,
  `https://127.0.0.1\n:${port}/`,
  `https://127.0.0.1:${port}#@example.com/`,
  `https://example.com:0/`,
  "ftp://127.0.0.1/",
  "file:///etc/passwd",
  "gopher://127.0.0.1:6379/_FLUSHALL",
  "javascript:alert(1)",
  "data:text/plain,x",
  "//127.0.0.1/",
  "/hooks",
  "https://",
  "",
];

/** With plain http out of the way, so that it is the address that is looked at; it may be sent to nobody here. */
const strict = (): TargetGuard => new TargetGuard({ allowsPrivate: false, resolve: makeResolve() });

const expectRefused = async (url: string): Promise<void> => {
  const error = await strict()
    .readNewUrl(url)
    .then(
      () => null,
      (reason: unknown) => reason,
    );
  expect({ url, error }).toEqual({ url, error: expect.any(TargetRefused) });
  expect((error as Error).message).toMatch(/[.]$/);
};

describe("a hostile URL", () => {
  test("is refused when it is given, with a reason", async () => {
    const all = [...hosts.flatMap(forms), ...spelled()];
    expect(all.length).toBeGreaterThan(130);
    for (const url of all) await expectRefused(url);
  });

  test("opens no connection when it is sent to all the same", async () => {
    const sender = new Sender({ guard: strict(), clock: systemClock, userAgent: "Onhand/test" });
    for (const url of [...hosts.flatMap(forms), ...spelled()]) {
      const sent = await sender.send({ url, headers: {}, body: "{}" }, never);
      expect({ url, sent }).toMatchObject({ url, sent: { outcome: "blocked", status: null, response: null } });
    }
    sender.close();
    expect(connections).toBe(0);
  });

  test("is not sent to, though its name led outside when it was given", async () => {
    const guard = strict();
    const url = `https://rebinding.test:${port}/`;
    expect((await guard.readNewUrl(url)).href).toBe(url);
    const sender = new Sender({ guard, clock: systemClock, userAgent: "Onhand/test" });
    expect(await sender.send({ url, headers: {}, body: "{}" }, never)).toMatchObject({ outcome: "blocked" });
    sender.close();
    expect(connections).toBe(0);
  });
});

test("a name is resolved once for each connection, and the connection goes to what was judged", async () => {
  let asked = 0;
  const resolve: Resolve = async () => {
    asked += 1;
    return ["127.0.0.1"];
  };
  const guard = new TargetGuard({ allowsPrivate: true, resolve });
  const sender = new Sender({ guard, clock: systemClock, userAgent: "Onhand/test" });
  // No resolver of the system knows this name, so whoever asked again would get nowhere.
  await sender.send({ url: `http://only-here.test:${port}/`, headers: {}, body: "{}" }, never);
  sender.close();
  expect({ asked, connections }).toEqual({ asked: 1, connections: 1 });
});

test("link-local, unspecified and multicast addresses stay closed when private ones are open", async () => {
  const guard = new TargetGuard({ allowsPrivate: true, resolve: makeResolve() });
  expect((await guard.readNewUrl("http://127.0.0.1/")).hostname).toBe("127.0.0.1");
  for (const host of ["169.254.169.254", "0.0.0.0", "[::]", "[fe80::1]", "224.0.0.1", "metadata.test"])
    await expect(guard.readNewUrl(`http://${host}/`)).rejects.toThrow("Use a public address");
});

test("a name that leads nowhere yet is taken: it may be set up later", async () => {
  for (const host of ["nothing.test", "unknown.test"])
    expect((await strict().readNewUrl(`https://${host}/`)).hostname).toBe(host);
});
