/**
 * How much nginx reads at once. A word or a comment must fit into one buffer, together with the text after it that nginx reads before it
 * releases it: NGX_CONF_BUFFER and ngx_conf_read_token() in nginx's src/core/ngx_conf_file.c.
 */
const BUFFER = 4096;

/** Whether nginx would have to keep more than one buffer. Counts bytes. An offset after the end of the text means the end. */
export function isTooLong(text: string, from: number, to: number): boolean {
  // A character has at most three bytes for each of its UTF-16 units.
  if ((to - from) * 3 <= BUFFER) return false;
  return bytesOf(text, from, to) > BUFFER;
}

/**
 * The message for a text that is too long. It does not quote the text, which may be a secret.
 *
 * @param what the name of what is too long
 * @param end where the text ends
 * @param to where nginx releases it
 */
export function tooLong(what: string, text: string, from: number, end: number, to: number): string {
  const most = BUFFER - bytesOf(text, end, to);
  const cure = what.includes("comment")
    ? "Break it into several lines."
    : 'Split it: "set $part …" for each part and "$part1$part2" where it stands, or put the text into a file.';
  return `${what} has ${bytesOf(text, from, end)} bytes, and nginx reads at most ${most} ("too long parameter"). ${cure}`;
}

function bytesOf(text: string, from: number, to: number): number {
  return new TextEncoder().encode(text.slice(from, to)).length;
}
