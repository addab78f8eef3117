/**
 * IP addresses as canonical text, so that two spellings of one address compare equal.
 * (units/ is pure: no node:net.)
 */

/**
 * The canonical text of an IPv4 address, which is the only spelling that inet_pton(3) accepts: four decimal numbers without leading zeros.
 *
 * @returns undefined if `text` is not an IPv4 address
 */
export function canonicalIpv4(text: string): string | undefined {
  const bytes = text.split(".");
  const isByte = (byte: string) => /^(0|[1-9]\d{0,2})$/.test(byte) && Number(byte) <= 255;
  return bytes.length === 4 && bytes.every(isByte) ? text : undefined;
}

/**
 * The canonical text of an IPv6 address (RFC 5952), without brackets: lower case, no leading zeros, the first longest run of
 * zero words as "::", and an IPv4-mapped address as "::ffff:192.0.2.1".
 *
 * @returns undefined if `text` is not an IPv6 address, or has a scope ("fe80::1%eth0")
 * @example canonicalIpv6("0:0:0:0:0:FFFF:7f00:1") // "::ffff:127.0.0.1"
 */
export function canonicalIpv6(text: string): string | undefined {
  const words = ipv6Words(text);
  if (words === undefined) return undefined;
  const [a, b] = words.slice(6);
  const isMapped = words.slice(0, 5).every((word) => word === 0) && words[5] === 0xffff;
  if (isMapped && a !== undefined && b !== undefined) {
    return `::ffff:${a >> 8}.${a & 255}.${b >> 8}.${b & 255}`;
  }
  const zeros = longestZeros(words);
  const hex = (from: number, to: number) =>
    words
      .slice(from, to)
      .map((word) => word.toString(16))
      .join(":");
  // RFC 5952, 4.2.2: a single zero word is not shortened.
  return zeros.length < 2 ? hex(0, 8) : `${hex(0, zeros.start)}::${hex(zeros.start + zeros.length, 8)}`;
}

/**
 * An IPv6 address as in /proc/net/if_inet6: 32 hexadecimal digits.
 *
 * @param canonical see {@link canonicalIpv6}
 * @example ipv6Digits("2001:db8::1") // "20010db8000000000000000000000001"
 */
export function ipv6Digits(canonical: string): string {
  return (ipv6Words(canonical) ?? []).map((word) => word.toString(16).padStart(4, "0")).join("");
}

/** The eight 16-bit words of an IPv6 address. */
function ipv6Words(text: string): number[] | undefined {
  const halves = withoutDots(text)?.split("::") ?? [];
  const [head, tail] = halves.map((half) => (half === "" ? [] : half.split(":")));
  if (head === undefined || halves.length > 2) return undefined;
  const missing = 8 - head.length - (tail?.length ?? 0);
  // "::" stands for at least one word; without it, none may be missing.
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const words = [...head, ...Array<string>(missing).fill("0"), ...(tail ?? [])];
  return words.every((word) => /^[0-9a-f]{1,4}$/i.test(word))
    ? words.map((word) => parseInt(word, 16))
    : undefined;
}

/** The last two words may be written as an IPv4 address (RFC 4291, 2.2); here they become hexadecimal. */
function withoutDots(text: string): string | undefined {
  if (!text.includes(".")) return text;
  const start = text.lastIndexOf(":") + 1;
  const ipv4 = canonicalIpv4(text.slice(start));
  if (ipv4 === undefined) return undefined;
  const [a = 0, b = 0, c = 0, d = 0] = ipv4.split(".").map(Number);
  return `${text.slice(0, start)}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
}

function longestZeros(words: number[]): { start: number; length: number } {
  let longest = { start: 0, length: 0 };
  let start = 0;
  for (const [index, word] of words.entries()) {
    if (word !== 0) start = index + 1;
    else if (index + 1 - start > longest.length) longest = { start, length: index + 1 - start };
  }
  return longest;
}
