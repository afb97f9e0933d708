/** Browsers know when the network is back; elsewhere nobody says so. */

/** @returns stops listening */
export function onOnline(run: () => void): () => void {
  const { addEventListener, removeEventListener } = globalThis as Partial<
    Pick<EventTarget, "addEventListener" | "removeEventListener">
  >;
  if (addEventListener === undefined || removeEventListener === undefined) return () => {};
  addEventListener.call(globalThis, "online", run);
  return () => removeEventListener.call(globalThis, "online", run);
}
