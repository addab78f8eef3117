import type { Progress } from "../../host/transaction/progress.ts";

/** Milliseconds between two lines that say how far something is. */
const pause = 1000;

/** Lines on standard error. Of those that come at nearly the same time only the first is printed. */
export function lines(): Progress {
  let [last, said] = [-Infinity, ""];
  return {
    doing: (says) => {
      if (says === said || performance.now() - last < pause) return;
      [last, said] = [performance.now(), says];
      console.error(says);
    },
    note: (says) => console.error(says),
  };
}
