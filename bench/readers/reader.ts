import type { ReaderJob } from "./job.ts";

/** One reader of the feed on a connection of its own. */
export interface FeedReader {
  /** Opens it; resolves when it stands at the end of the feed. */
  open(): Promise<void>;
  close(): void;
}

/** What readers share. */
export interface ReaderContext {
  readonly job: ReaderJob;
  /** Counts bytes that were read. */
  readonly onBytes: (count: number) => void;
  /** Counts a connection that was lost. @returns whether to open another */
  readonly onLost: (cause: string) => boolean;
  /** Ends the run. */
  readonly onFailure: (error: Error) => void;
}

/** Host and port of a job's server. */
export function addressOf({ url }: ReaderJob): { hostname: string; port: number; host: string } {
  const { hostname, port, host } = new URL(url);
  return { hostname, port: Number(port || 80), host };
}

/** The bytes of a GET. */
export function getRequest(job: ReaderJob, path: string, headers = ""): Buffer {
  const { host } = addressOf(job);
  return Buffer.from(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${job.bearer}\r\n${headers}\r\n`);
}
