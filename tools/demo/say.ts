/** Begins a step. `about`: how long it takes on an idle machine, so that a reader knows that it does not hang. */
export function say(step: string, about?: string): void {
  console.log(`\n── ${step}${about ? ` (about ${about})` : ""}`);
}
