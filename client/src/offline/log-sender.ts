/** Sends batches of the log, and deals with what the server says of each line. */
import type { Problem } from "@onhand/protocol/problems";
import type { Meta } from "../answer.ts";
import { OnhandProblem, OnhandUnreachable } from "../errors.ts";
import { localProblem, mayPass } from "./command.ts";
import type { Contents } from "./contents.ts";
import type { DeviceLog, LineVerdict } from "./device-log.ts";
import type { StoredLine } from "./store.ts";

export interface LogSenderOptions {
  readonly log: DeviceLog;
  readonly contents: Contents;
  /** The server has the line. */
  readonly onVerdict: (line: StoredLine, verdict: LineVerdict, meta: Meta) => void;
  /** The server neither has the line nor can take it. */
  readonly onRefused: (line: StoredLine, problem: OnhandProblem) => void;
  /** Makes durable what verdicts told of levels, before their lines are no longer on top of them. */
  readonly storeTold: () => Promise<void>;
}

export class LogSender {
  readonly #options: LogSenderOptions;

  constructor(options: LogSenderOptions) {
    this.#options = options;
  }

  /** @throws what speaks against sending now; the lines stay where they are */
  async send(batch: readonly StoredLine[]): Promise<void> {
    const { log, contents } = this.#options;
    if (!log.isGreeted) contents.takeBack((await log.greet()).missing);
    const lines = await log.number(batch);
    contents.show(lines);
    try {
      const { body, meta } = await log.send(lines);
      await this.#settle(lines, body.results, meta);
      contents.takeBack(body.missing);
    } catch (error) {
      if (error instanceof OnhandUnreachable) log.shrink(lines.length);
      if (!(error instanceof OnhandProblem) || mayPass(error)) throw error;
      await this.#narrow(lines, error);
    }
  }

  /** A line has a verdict of its own: a batch that is refused as a whole has one that cannot even be read. */
  async #narrow(lines: readonly StoredLine[], problem: OnhandProblem): Promise<void> {
    const { log, contents, onRefused } = this.#options;
    if (lines.length > 1) return log.shrink(lines.length);
    // When the log itself is refused, the line is not at fault.
    await log.greet();
    const refused: StoredLine = { ...lines[0]!, state: "refused", problem: problem.problem };
    await contents.settle([refused]);
    onRefused(refused, problem);
  }

  async #settle(lines: readonly StoredLine[], verdicts: readonly LineVerdict[], meta: Meta): Promise<void> {
    const { contents, onVerdict, onRefused, storeTold } = this.#options;
    const settled = lines.map((line, index): StoredLine => {
      const verdict = verdicts[index]!;
      if (verdict.operationId !== line.operationId) throw new Error("the server answered other lines than were sent");
      return isKeptByServer(verdict)
        ? { ...line, state: "done" }
        : { ...line, state: "refused", problem: problemOf(line, verdict).problem };
    });
    contents.show(settled);
    for (const [index, line] of settled.entries()) {
      if (line.state === "done") onVerdict(line, verdicts[index]!, meta);
      else onRefused(line, problemOf(line, verdicts[index]!));
    }
    await storeTold();
    await contents.settle(settled);
  }
}

/** Recorded, or parked: nothing is left to do for the device. */
const isKeptByServer = ({ verdict, parkedId }: LineVerdict): boolean =>
  verdict === "applied" || verdict === "duplicate" || parkedId !== undefined;

/** Why a line was not recorded. */
export function problemOf({ operationId }: StoredLine, { verdict, error }: LineVerdict): OnhandProblem {
  const { code = "rejected", detail = "The server did not say why." } = (error ?? {}) as Partial<Problem>;
  return localProblem(operationId, { title: verdict === "review" ? "It waits for somebody" : "Refused", code, detail });
}
