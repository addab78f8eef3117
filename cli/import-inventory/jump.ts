/** A machine to go through, as ssh's ProxyJump names it. */
export interface JumpHost {
  readonly address: string;
  readonly user?: string;
  readonly port?: number;
}

/** What arguments of ssh say. */
interface SshArguments {
  readonly jump?: JumpHost;
  /** The options that say something else, without their values: those may be secrets. */
  readonly others: readonly string[];
}

/**
 * Finds the jump host in arguments of ssh, as `ansible_ssh_common_args` has them. Only the forms without quotes and with one jump host are
 * read.
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
