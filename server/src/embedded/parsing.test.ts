import { describe, expect, test } from "bun:test";
import { connectionUrl } from "./connection.ts";
import { DataFolderInUseError, EmbeddedPostgresError } from "./errors.ts";
import { parseOwnerRecord } from "./owner-record.ts";
import { parsePostmasterFile } from "./postmaster-file.ts";
import { serverArguments, sharedBuffersMb } from "./settings.ts";
import { socketPathFits } from "./socket-folder.ts";
import { parsePasswd } from "./unprivileged-user.ts";

describe("passwd file", () => {
  test("gives names and ids, also negative ones, and skips what is no account", () => {
    const text = "root:x:0:0:root:/root:/bin/sh\n# comment\nnobody:*:-2:-2::/:/bin/false\n+::::::\nbroken\n";
    expect(parsePasswd(text)).toEqual([
      { name: "root", uid: 0, gid: 0 },
      { name: "nobody", uid: 4294967294, gid: 4294967294 },
    ]);
  });
});

describe("postmaster.pid", () => {
  test("gives the pid, the port, the socket folder and the state", () => {
    const text = "77\n/data/postgres\n1700000000\n5433\n/data/socket\n127.0.0.1\n  123  4\nready   \n";
    expect(parsePostmasterFile(text)).toEqual({ pid: 77, port: 5433, socketDir: "/data/socket", ready: true });
  });

  test("is not ready before its last line is written", () => {
    expect(parsePostmasterFile("77\n/data\n1\n5433\n")).toEqual({ pid: 77, port: 5433, socketDir: "", ready: false });
  });

  test("is nothing when it does not begin with a pid", () => {
    expect(parsePostmasterFile("")).toBeNull();
    expect(parsePostmasterFile("-77\n")).toBeNull();
  });
});

describe("owner record", () => {
  const record = { pid: 5, start: "9", place: "here", token: "ab-12", holder: "x", startedAt: "2026-01-01T00:00:00Z" };

  test("is read back as it was written", () => {
    expect(parseOwnerRecord(JSON.stringify(record))).toEqual(record);
  });

  test.each([
    "",
    "{",
    "null",
    "[]",
    JSON.stringify({ ...record, pid: 0 }),
    JSON.stringify({ ...record, pid: "5" }),
    JSON.stringify({ ...record, token: "../../etc" }),
    JSON.stringify({ ...record, holder: undefined }),
  ])("is not taken from %p", (text) => {
    expect(parseOwnerRecord(text)).toBeNull();
  });
});

describe("server arguments", () => {
  test("put the caller's settings over the defaults", () => {
    const args = serverArguments("/d", { shared_buffers: "1GB" }, { port: 5433, socketDir: "/s" });
    expect(args).toContain("shared_buffers=1GB");
    expect(args.filter((arg) => arg.startsWith("shared_buffers="))).toHaveLength(1);
    expect(args).toContain("fsync=on");
  });

  test.each([
    [1, 128],
    [2, 256],
    [16, 2048],
    [256, 4096],
  ])("with %d GB of memory give the database %d MB to share", (gigabytes, megabytes) => {
    expect(sharedBuffersMb(gigabytes * 1024 ** 3)).toBe(megabytes);
  });

  test("keep the supervisor's own settings out of the caller's reach", () => {
    const args = serverArguments("/d", { port: "1", listen_addresses: "*" }, { port: 5433, socketDir: null });
    expect(args).toContain("port=5433");
    expect(args).toContain("listen_addresses=127.0.0.1");
    expect(args).toContain("unix_socket_directories=");
  });

  test("quote a socket folder with a comma", () => {
    expect(serverArguments("/d", {}, { port: 1, socketDir: '/a, "b"' })).toContain(
      'unix_socket_directories="/a, ""b"""',
    );
  });

  test("refuse a name that is none", () => {
    expect(() => serverArguments("/d", { "a b": "1" }, { port: 1, socketDir: null })).toThrow(EmbeddedPostgresError);
  });
});

describe("socket path", () => {
  test("fits up to the limit of the system, in bytes", () => {
    expect(socketPathFits(`/${"a".repeat(87)}`)).toBe(true);
    expect(socketPathFits(`/${"a".repeat(88)}`)).toBe(false);
    expect(socketPathFits(`/${"ä".repeat(44)}`)).toBe(false);
  });
});

describe("connection url", () => {
  test("goes over TCP and escapes the password", () => {
    const url = connectionUrl({ host: "/s", port: 5433, user: "onhand", password: "a/b@c", database: "onhand" });
    expect(url).toBe("postgresql://onhand:a%2Fb%40c@127.0.0.1:5433/onhand");
  });
});

describe("a folder in use", () => {
  const owner = { dataDir: "/d", pid: 42, holder: "onhand serve (http://127.0.0.1:8080)", startedAt: "2026-01-01" };

  test("is answered with who has it and what to do next", () => {
    const { message } = new DataFolderInUseError({ ...owner, here: true });
    for (const part of [owner.holder, "42", "npx onhand doctor", "kill 42", "ONHAND_DATA_DIR"]) {
      expect(message).toContain(part);
    }
  });

  test("does not offer a pid of another machine to kill", () => {
    expect(new DataFolderInUseError({ ...owner, here: false }).message).not.toContain("kill 42");
  });
});
