import { canonicalIpv4, canonicalIpv6 } from "./nginx/ip.ts";

/**
 * What is wrong with the address of a host, and what to write instead. Undefined if nothing is wrong.
 *
 * @example addressProblem("deploy@web-1:2222") // 'must be the host alone. Write address: "web-1", port: 2222, user: "deploy".'
 */
export function addressProblem(text: string): string | undefined {
  if (text.trim() === "") return 'is empty: give the name of the host or its IP address, as in "192.0.2.11"';
  if (isAddress(text)) return undefined;
  const { address, port, user } = partsOf(text);
  if (isAddress(address) && (port === undefined || (Number(port) >= 1 && Number(port) <= 65535))) {
    const fields = [
      `address: "${address}"`,
      ...(port === undefined ? [] : [`port: ${Number(port)}`]),
      ...(user === undefined || userProblem(user) !== undefined ? [] : [`user: "${user}"`]),
    ];
    return `must be the host alone. Write ${fields.join(", ")}.`;
  }
  if (/^[.-]/.test(text)) return `can't begin with "${text.charAt(0)}"`;
  const wrong = /[^A-Za-z0-9._-]/u.exec(text)?.[0];
  if (wrong === undefined) return "is not a valid IPv4 address";
  return `is not a host name or an IP address: ${wrong === " " ? "a blank" : JSON.stringify(wrong)} can't be in it`;
}

/** What is wrong with the name of an account. Undefined if nothing is wrong. Accounts of a directory service may have an "@". */
export function userProblem(text: string): string | undefined {
  return /^[A-Za-z0-9_][A-Za-z0-9_.@-]*\$?$/.test(text) ? undefined : "is not a valid account name";
}

function isAddress(text: string): boolean {
  if (text.includes(":")) return canonicalIpv6(text.replace(/%[A-Za-z0-9._-]+$/, "")) !== undefined;
  if (/^(\d+\.){3}\d+$/.test(text)) return canonicalIpv4(text) !== undefined;
  return /^[A-Za-z0-9_][A-Za-z0-9._-]*$/.test(text);
}

/**
 * The parts of "ssh://USER@HOST:PORT", in which only the host is required. A password in the URL is dropped, so that no message shows it.
 */
function partsOf(text: string): { address: string; port?: string; user?: string } {
  const login = text
    .trim()
    .replace(/^[a-z][a-z0-9+.-]*:\/\//i, "")
    .replace(/\/.*$/s, "");
  const at = login.lastIndexOf("@");
  const host = login.slice(at + 1);
  const [, six, name, port] = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(\d{1,5}))?$/.exec(host) ?? [];
  return {
    address: six ?? name ?? host,
    ...(port === undefined ? {} : { port }),
    ...(at < 0 ? {} : { user: login.slice(0, at).replace(/:.*$/s, "") }),
  };
}
