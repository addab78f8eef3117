import { createInterface } from "node:readline/promises";
import { Stop } from "./stop.ts";

/**
 * Asks the person at the keyboard.
 *
 * @throws Stop when the answer is not yes, or when there is no terminal
 */
export async function confirm(question: string): Promise<void> {
  if (!process.stdin.isTTY)
    throw new Stop(`${question}\nThere is no terminal to ask on. To go on without the question: --yes.`);
  const asked = createInterface({ input: process.stdin, output: process.stdout });
  try {
    // Ctrl-C and Ctrl-D reject the question.
    const answer = await asked.question(`${question} [y/N] `).catch(() => "");
    if (!/^y(es)?$/i.test(answer.trim())) throw new Stop("Nothing was changed.");
  } finally {
    asked.close();
  }
}
