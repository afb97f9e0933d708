/** `onhand parked`: lines of sources and devices that could not be applied. */
import type { ParkedLine } from "@onhand/client";
import { type Command, UsageError } from "../command.ts";
import { given } from "./arguments.ts";
import { nounCommand, type Shown, shownRows } from "./verbs.ts";

const listed = 50;

const shown = (line: ParkedLine): Shown => ({
  json: line,
  text: [
    `${line.parkedId}  ${line.state}  ${line.originKind} ${line.originId}, operation ${line.operationId}`,
    `  ${line.reason}: ${line.problem.detail}`,
    `  ${JSON.stringify(line.line)}`,
    ...line.history.map(({ at, by, did, note }) => `  ${at}  ${by}  ${did}${note === undefined ? "" : `: ${note}`}`),
  ].join("\n"),
});

export const parkedCommand: Command = nounCommand({
  name: "parked",
  summary: "Show lines that could not be applied; retry or discard them",
  about:
    "What a source or a device sent and could not be applied waits here. Nothing of it is lost, and nothing counts twice.",
  flags: {
    state: "list: open, which is the default, applied, discarded or all",
    origin: "list, retry: only of this source or device",
    reason: "list, retry: only rejected, unmapped_product, unmapped_location, unknown_product …",
    code: "list, retry: only those that wait for this code",
    owner: "list, retry: only those of this person",
    note: "assign, discard: why",
  },
  verbs: {
    list: {
      usage: "",
      about: `the first ${listed}, the longest waiting first`,
      argumentsMin: 0,
      options: ["state", "origin", "reason", "code", "owner"],
      async run(client, _, { state, origin, reason, code, owner }) {
        const query = given({ state, originId: origin, reason, code, owner });
        const { data } = await client.listParkedLines({ limit: listed, ...query } as { limit: number });
        const columns = ["parkedId", "originId", "operationId", "reason", "code", "owner", "state", "createdAt"];
        return shownRows(
          data.map((row) => ({ ...row })),
          columns,
        );
      },
    },
    show: {
      usage: "ID",
      about: "one, with what was done with it",
      argumentsMin: 1,
      run: async (client, [id]) => shown(await client.getParkedLine(id!)),
    },
    assign: {
      usage: "ID WHO",
      about: "give it to somebody",
      argumentsMin: 2,
      options: ["note"],
      run: async (client, [id, owner], { note }) =>
        shown(await client.assignParkedLine(id!, { owner: owner!, ...given({ note }) })),
    },
    retry: {
      usage: "[ID]",
      about: "try one again, or all that match",
      argumentsMin: 0,
      argumentsMax: 1,
      options: ["origin", "reason", "code", "owner"],
      async run(client, [id], { origin, reason, code, owner }) {
        const filter = given({ originId: origin, reason, code, owner });
        if (id !== undefined && Object.keys(filter).length > 0)
          throw new UsageError("Name a line, or say which by options, not both.");
        if (id !== undefined) return shown(await client.retryParkedLine(id));
        if (Object.keys(filter).length === 0)
          throw new UsageError("Name a line, or say which: --origin, --reason, --code or --owner.");
        const verdicts: Record<string, number> = {};
        let after: string | null = null;
        do {
          const body = { ...filter, ...(after === null ? {} : { after }) } as object;
          const { results, next }: Awaited<ReturnType<typeof client.retryParkedLines>> =
            await client.retryParkedLines(body);
          for (const { verdict } of results) verdicts[verdict] = (verdicts[verdict] ?? 0) + 1;
          after = next;
        } while (after !== null);
        const words = Object.entries(verdicts).map(([verdict, count]) => `${count} ${verdict}`);
        return { json: verdicts, text: words.length === 0 ? "There is none." : words.join(", ") };
      },
    },
    discard: {
      usage: "ID",
      about: "give it up for ever",
      argumentsMin: 1,
      options: ["note"],
      run: async (client, [id], { note }) => shown(await client.discardParkedLine(id!, given({ note }))),
    },
  },
  examples: [
    "parked --origin market",
    "parked retry --reason rejected --origin market",
    'parked discard park_01jd… --note "a test of theirs"',
  ],
});
