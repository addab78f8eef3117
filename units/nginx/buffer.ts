/**
 * How much nginx reads at once. A word or a comment, with what follows it until nginx lets go of it, has to fit into one buffer:
 * NGX_CONF_BUFFER and ngx_conf_read_token() in nginx's src/core/ngx_conf_file.c.
 */
const BUFFER = 4096;

/** Whether nginx would have to keep more than it can. It counts bytes; an offset behind the end of the text is the end. */
export function isTooLong(text: string, from: number, to: number): boolean {
  // No character is more than three bytes for each of its UTF-16 units.
  if ((to - from) * 3 <= BUFFER) return false;
  return bytesOf(text, from, to) > BUFFER;
}

/**
 * The message for it. It quotes nothing: the text may be a secret.
 *
 * @param what is too long
 * @param end where that ends
 * @param to where nginx lets go of it
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
