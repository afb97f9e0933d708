import { holdUntilStopped } from "./running-things.ts";

/** A child process that writes one JSON object per line, as the load generator does. */
export interface JsonProcess<Message> {
  readonly pid: number;
  /** Its messages in order. Ends when the process has ended; throws when it failed. */
  readonly messages: AsyncIterable<Message>;
  /** Sends it a line of JSON. */
  send(order: object): void;
  stop(): Promise<void>;
}

/** Starts `script` under this Bun with one JSON argument. */
export function startJsonProcess<Message>(script: string, job: object): JsonProcess<Message> {
  const child = Bun.spawn([process.execPath, script, JSON.stringify(job)], { stdio: ["pipe", "pipe", "pipe"] });
  const stop = holdUntilStopped(async () => {
    child.kill();
    await child.exited;
  });
  const errors = new Response(child.stderr).text();
  async function* messages(): AsyncGenerator<Message> {
    try {
      let rest = "";
      const decoder = new TextDecoder();
      for await (const chunk of child.stdout) {
        const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) yield JSON.parse(line) as Message;
      }
      const exitCode = await child.exited;
      if (exitCode !== 0) throw new Error((await errors).trim() || `${script} ended with code ${exitCode}`);
    } finally {
      await stop();
    }
  }
  const send = (order: object): void => {
    // A child that is gone says why on its standard error, which ends its messages with that error.
    try {
      child.stdin.write(`${JSON.stringify(order)}\n`);
      Promise.resolve(child.stdin.flush()).catch(() => undefined);
    } catch {}
  };
  return { pid: child.pid, messages: messages(), send, stop };
}
