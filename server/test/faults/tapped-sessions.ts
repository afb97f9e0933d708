/** Sessions of a writer that tell of every COMMIT, and on command hold back what is answered or what is sent. */
import type { DatabaseTarget } from "../../src/db/connection-options.ts";
import { openSession, type Session } from "../../src/db/session.ts";

/** A COMMIT that a writer sent. */
export interface TappedCommit {
  /** The database's tag, as soon as it came, whether or not the writer is told; null when the connection was lost. */
  readonly answered: Promise<string | null>;
  /** Lets the writer have the answer, where answers are held. */
  release(): void;
}

export class TappedSessions {
  /** Holds the answers to COMMITs that are sent from now on. */
  holdsAnswers = false;
  /** The next BEGIN fails without reaching the database, which goes on as if it had failed there. */
  failsNextBegin = false;
  readonly #untaken: TappedCommit[] = [];
  readonly #waiting: ((commit: TappedCommit) => void)[] = [];
  #pausesAtCommit = false;
  #barrier: Promise<void> | null = null;
  #resume: () => void = () => {};

  /** The writer's next COMMIT that was not asked for yet. */
  nextCommit(): Promise<TappedCommit> {
    const commit = this.#untaken.shift();
    return commit === undefined ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve(commit);
  }

  /** Forgets the COMMITs until now. */
  forget(): void {
    this.#untaken.length = 0;
  }

  /** Passes on everything up to the next COMMIT, and what comes behind it only after the returned function was called. */
  pauseBehindNextCommit(): () => void {
    this.#pausesAtCommit = true;
    return () => {
      this.#resume();
      this.#barrier = null;
    };
  }

  /** In place of `openSession`. */
  readonly connect = async (target: DatabaseTarget, name: string): Promise<Session> => {
    const session = await openSession(target, name);
    return {
      query: (statement) => {
        if (!this.failsNextBegin || statement.text !== "BEGIN") return this.#send(() => session.query(statement));
        this.failsNextBegin = false;
        return Promise.reject(Object.assign(new Error("canceling statement"), { code: "57014" }));
      },
      command: (text) => (text === "COMMIT" ? this.#commit(session) : this.#send(() => session.command(text))),
      destroy: () => session.destroy(),
      get isBroken() {
        return session.isBroken;
      },
    };
  };

  #send<Result>(send: () => Promise<Result>): Promise<Result> {
    return this.#barrier === null ? send() : this.#barrier.then(send);
  }

  async #commit(session: Session): Promise<string> {
    const tag = this.#send(() => session.command("COMMIT"));
    if (this.#pausesAtCommit) {
      this.#pausesAtCommit = false;
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#barrier = promise;
      this.#resume = resolve;
    }
    const gate = Promise.withResolvers<void>();
    if (!this.holdsAnswers) gate.resolve();
    this.#tell({ answered: tag.catch(() => null), release: gate.resolve });
    const answer = await tag;
    await gate.promise;
    return answer;
  }

  #tell(commit: TappedCommit): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#untaken.push(commit);
    else waiting(commit);
  }
}
