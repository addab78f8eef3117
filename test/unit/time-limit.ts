import { mock } from "node:test";

/** The next time limit of that many seconds. */
export interface TimeLimit {
  /** Makes the limit expire now. */
  end(): void;
  [Symbol.dispose](): void;
}

/** @example using limit = timeLimit(60); */
export function timeLimit(seconds: number): TimeLimit {
  const timers = mock.method(globalThis, "setTimeout");
  return {
    end() {
      const [action] =
        timers.mock.calls.find((call) => call.arguments[1] === seconds * 1000)?.arguments ?? [];
      if (!action) throw new Error(`no time limit of ${seconds} s was set`);
      action();
    },
    [Symbol.dispose]: () => timers.mock.restore(),
  };
}
