/** The thread that evaluates mappings: takes one input at a time, answers with what it came to. */
import { evaluate, type MappingInput } from "./evaluate.ts";

declare const self: {
  onmessage: ((event: { readonly data: MappingInput }) => void) | null;
  postMessage(message: unknown): void;
};

self.onmessage = ({ data }) => {
  void evaluate(data).then((output) => self.postMessage(output));
};
