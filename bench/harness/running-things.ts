/**
 * What runs because of this benchmark: databases, servers, load generators. Everything that is started is held here until it
 * is stopped, so that an interruption at any moment, half-started targets included, leaves nothing behind.
 */

const running = new Set<() => Promise<void>>();

/** Holds a way to stop something; the returned function stops it once and lets go of it. */
export function holdUntilStopped(stop: () => Promise<void>): () => Promise<void> {
  let stopping: Promise<void> | undefined;
  const stopOnce = (): Promise<void> => {
    stopping ??= stop().finally(() => running.delete(stopOnce));
    return stopping;
  };
  running.add(stopOnce);
  return stopOnce;
}

/** Stops everything, the last started first. A failure is told and does not keep the rest running. */
export async function stopEverything(say: (text: string) => void): Promise<void> {
  for (const stop of [...running].reverse()) {
    await stop().catch((error) =>
      say(`Something could not be stopped: ${error instanceof Error ? error.message : error}`),
    );
  }
}
