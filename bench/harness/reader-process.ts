import type { ReaderJob, ReaderMessage, ReaderOrder, ReaderResult } from "../readers/job.ts";
import { startJsonProcess } from "./json-process.ts";

const READERS_MAIN = new URL("../readers/main.ts", import.meta.url).pathname;

/** Readers of the feed in a process of their own. */
export interface ReaderProcess {
  readonly pid: number;
  begin(): void;
  end(): void;
  finish(order: Omit<Extract<ReaderOrder, { order: "finish" }>, "order">): Promise<ReaderResult>;
  stop(): Promise<void>;
}

/** Starts readers; resolves when all of them stand at the end of the feed. */
export async function startReaders(job: ReaderJob): Promise<ReaderProcess> {
  const child = startJsonProcess<ReaderMessage>(READERS_MAIN, job);
  const messages = child.messages[Symbol.asyncIterator]();
  const next = async (phase: ReaderMessage["phase"]): Promise<ReaderMessage> => {
    const { value, done } = await messages.next();
    if (done === true || value.phase !== phase) throw new Error(`the readers ended before they were ${phase}`);
    return value;
  };
  await next("ready");
  const send = (order: ReaderOrder): void => child.send(order);
  return {
    pid: child.pid,
    begin: () => send({ order: "begin" }),
    end: () => send({ order: "end" }),
    async finish(rest) {
      send({ order: "finish", ...rest });
      const message = await next("finished");
      await child.stop();
      if (message.phase !== "finished") throw new Error("the readers ended without a result");
      return message.result;
    },
    stop: () => child.stop(),
  };
}
