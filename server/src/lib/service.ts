/** Anything that lives as long as the process: started in order, drained and stopped in reverse. */
export interface Service {
  readonly name: string;
  start(): Promise<void>;
  /** Stops taking new work, finishes what was accepted, and frees what it holds. */
  stop(): Promise<void>;
}
