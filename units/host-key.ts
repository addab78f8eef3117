/**
 * What looks wrong in the text of a host key, and what to do. Undefined if nothing does.
 *
 * @param text as in *.pub files: type, key and an optional comment
 * @example hostKeyProblem("ssh-ed25519 AAAA…") // "is a placeholder, not a key. Get the host's own: …"
 */
export function hostKeyProblem(text: string): string | undefined {
  if (/…|\.\.\./.test(text)) return `is a placeholder, not a key. Get the host's own: ${howToGet}`;
  const [first = "", type] = text.trim().split(/\s+/);
  if (type !== undefined && /^(ssh|ecdsa|sk)-/.test(type) && !/^(ssh|ecdsa|sk)-/.test(first))
    return `begins with "${first}", as in a file of known hosts. Remove that: "${type} AAAA…".`;
  if (!/^\S+ [A-Za-z0-9+/]+=*( .*)?$/.test(text))
    return `must be a type and a key, such as "ssh-ed25519 AAAA…": ${howToGet}`;
  return undefined;
}

const howToGet =
  "`ssh-keyscan -t ed25519 ADDRESS` prints it after the address. Compare it with /etc/ssh/ssh_host_ed25519_key.pub on the host.";
