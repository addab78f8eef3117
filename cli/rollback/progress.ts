import type { Progress } from "../../host/transaction/progress.ts";

/** Milliseconds between two lines of progress. */
const pause = 1000;

/** Lines on standard error. Of several lines at nearly the same time only the first is printed. */
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
