/** Resolves when the events at hand have been handled: no timer, an idle process goes on at once. */
export const endOfTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
