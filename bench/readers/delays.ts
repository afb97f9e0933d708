import type { WriteAnswer } from "../load/job.ts";
import { LatencyRecorder } from "../load/latency-recorder.ts";
import type { EventLog } from "./event-log.ts";
import type { Delays } from "./job.ts";

const SECOND_MS = 1000;

/** Delays of what was written, over all readers, and how much of it came within a second. */
export function delaysOf(
  log: EventLog,
  answers: readonly WriteAnswer[],
): { readonly delays: Delays; readonly withinSecondShare: number } {
  const byReference = new Map<number, WriteAnswer>();
  for (const answer of answers)
    for (let line = 0; line < answer.lines; line++) byReference.set(answer.firstReference + line, answer);

  const [fromAnswer, fromRequest, fromRecorded] = [new LatencyRecorder(), new LatencyRecorder(), new LatencyRecorder()];
  let [dueCount, timelyCount] = [0, 0];
  for (const { reference, recordedAtMs, firstSeenAtMs, seenAfterMs } of log.events) {
    const answer = reference === null ? undefined : byReference.get(reference);
    if (answer === undefined) continue;
    dueCount += seenAfterMs.length;
    for (const after of seenAfterMs) {
      if (after === 0) continue;
      const seenAtMs = firstSeenAtMs + after - 1;
      fromAnswer.record((seenAtMs - answer.answeredAtMs) * 1000);
      fromRequest.record((seenAtMs - answer.sentAtMs) * 1000);
      fromRecorded.record((seenAtMs - recordedAtMs) * 1000);
      if (seenAtMs - recordedAtMs <= SECOND_MS) timelyCount++;
    }
  }
  const delays = {
    fromAnswer: fromAnswer.summary(),
    fromRequest: fromRequest.summary(),
    fromRecorded: fromRecorded.summary(),
  };
  return { delays, withinSecondShare: dueCount === 0 ? 0 : timelyCount / dueCount };
}
