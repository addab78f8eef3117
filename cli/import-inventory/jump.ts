/** A jump host, as in ssh's ProxyJump. */
export interface JumpHost {
  readonly address: string;
  readonly user?: string;
  readonly port?: number;
}

/** What was read from arguments of ssh. */
interface SshArguments {
  readonly jump?: JumpHost;
  /** All other options, without their values, which may be secrets. */
  readonly others: readonly string[];
}

/**
 * Finds the jump host in arguments of ssh, as in `ansible_ssh_common_args`. Reads only arguments without quotes and with one jump host.
 *
 * @example sshArguments("-o ProxyJump=admin@bastion:2222") // { jump: { address: "bastion", user: "admin", port: 2222 }, others: [] }
 */
export function sshArguments(text: string): SshArguments {
  if (/["'\\]/.test(text)) return { others: ["quotes are not supported"] };
  const others: string[] = [];
  let jump: JumpHost | undefined;
  // An option and its value are one word or two.
  for (const [option] of text.matchAll(/-[oJ]\s*[^\s-]\S*|\S+/g)) {
    const given = /^(?:-J\s*|-o\s*[Pp]roxy[Jj]ump=)(\S+)$/.exec(option)?.[1];
    const found = given === undefined || jump ? undefined : jumpHost(given);
    if (found) jump = found;
    else others.push(/^-o\s*\w+|^-\w/.exec(option)?.[0] ?? "…");
  }
  return { ...(jump && { jump }), others };
}

function jumpHost(text: string): JumpHost | undefined {
  const [, user, six, name, port] =
    /^(?:ssh:\/\/)?(?:([^@,]+)@)?(?:\[([^\],]+)\]|([^@:,[\]]+))(?::(\d+))?$/.exec(text) ?? [];
  const address = six ?? name;
  if (address === undefined || /^none$/i.test(text)) return undefined;
  return { address, ...(user && { user }), ...(port && { port: Number(port) }) };
}
