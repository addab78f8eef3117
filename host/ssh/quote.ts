/**
 * Builds the command line for the remote shell from separate arguments. This is the only place that does so, because SSH carries a command
 * as one string. Inside single quotes a POSIX shell takes everything literally (XCU 2.2.2), so only the quote itself needs care.
 *
 * @throws RangeError for NUL, which no argument can hold.
 */
export function quoteCommand(argv: readonly string[]): string {
  return argv.map(quoteWord).join(" ");
}

function quoteWord(word: string): string {
  if (word.includes("\0")) throw new RangeError("an argument can't hold NUL");
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
