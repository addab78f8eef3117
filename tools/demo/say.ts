/** Begins a step. `about`: how long it takes where nothing else is at work, so that nobody wonders whether it hangs. */
export function say(step: string, about?: string): void {
  console.log(`\n── ${step}${about ? ` (about ${about})` : ""}`);
}
