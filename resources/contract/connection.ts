import { z } from "zod";
import { marks, text, textOrFlag, wholeNumber } from "./fields.ts";

const hostAddress = { what: "the name of the host or its IP address", example: '"192.0.2.11"' };

export const sudo = z.strictObject({
  /**
   * The login's password, for a sudo that asks for it. Always kept as a secret.
   * @default none: sudo must be NOPASSWD
   * @range one line
   * @example "…"
   * @see sudoers(5), NOPASSWD
   */
  password: text(undefined, { secret: true }).optional(),
});

/** How to become root after a login that is not root's. */
export interface Sudo extends z.input<typeof sudo> {}

export const credentials = z.strictObject({
  /**
   * The host's public key, as in `ssh-keyscan` or /etc/ssh/ssh_host_ed25519_key.pub. A host whose key is not known is refused.
   * @default none: {@link knownHostsFile} decides
   * @range a type and a key; a comment may follow
   * @example "ssh-ed25519 AAAA…"
   * @see ssh-keyscan(1)
   */
  hostKey: text("hostKey").optional(),
  /**
   * A file of known hosts. Not read where there is a {@link hostKey}. It must have a plain key of the host: @cert-authority
   * lines are passed over, as host certificates are not supported.
   * @default UserKnownHostsFile of the ssh configuration, or ~/.ssh/known_hosts
   * @range a path on the machine that runs Pulumi; "~/" is its home directory
   * @example "/etc/ssh/ssh_known_hosts"
   * @see sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"
   */
  knownHostsFile: text("localFile").optional(),
  /**
   * The file of the key to log in with, offered before all others. A public key's file, or a private key whose passphrase is not
   * given, chooses that key of the agent, and no other key is offered. Prefer it to {@link privateKey}.
   * @default IdentityFile of the ssh configuration and the keys of the agent; without such a line the agent's keys, then ~/.ssh/id_rsa,
   * id_ecdsa and id_ed25519: all that are there are offered in one login
   * @range a path on the machine that runs Pulumi; "~/" is its home directory
   * @example "~/.ssh/id_ed25519"
   * @see ssh_config(5), IdentityFile
   */
  identityFile: text("identityFile").optional(),
  /**
   * A private key's text, for machines without files. Always kept as a secret. {@link identityFile} is not read then.
   * @default none
   * @range a key of OpenSSH or in PEM, PKCS#8 included; Ed25519, ECDSA or RSA
   * @example "-----BEGIN OPENSSH PRIVATE KEY-----\n…"
   * @see ssh-keygen(1)
   */
  privateKey: text("privateKey", { secret: true }).optional(),
  /**
   * What decrypts the private key. Always kept as a secret.
   * @default none: the agent may have the key
   * @range as it was given to ssh-keygen
   * @example "…"
   * @see ssh-keygen(1), -N
   */
  passphrase: text(undefined, { secret: true }).optional(),
  /**
   * The ssh-agent whose keys are offered, after {@link identityFile} or {@link privateKey}: true for that of $SSH_AUTH_SOCK, false
   * for none. Its FIDO keys and certificates are not supported. An agent given by its path must answer.
   * @default IdentityAgent of the ssh configuration, or $SSH_AUTH_SOCK
   * @range true, false or the path of its socket; "~/" is the home directory
   * @example "~/.1password/agent.sock"
   * @see ssh-agent(1)
   */
  agent: textOrFlag("the path of an agent's socket").optional(),
  /**
   * Whether to log in by the ssh configuration of the machine that runs Pulumi: true for ~/.ssh/config and /etc/ssh/ssh_config,
   * false for none, or one file in their place. It is followed for HostName, Port, User, IdentityFile, IdentitiesOnly,
   * IdentityAgent, ProxyJump, UserKnownHostsFile and HostKeyAlias; a ProxyCommand is an error. A field of the connection
   * wins over it. A preview never reads it: it is read when the host is logged in to, by the `ssh` of that machine
   * (`ssh -G`), and what it says is kept nowhere. `smokeTest` does not follow it.
   * @default true; for a jump host that of the host behind it
   * @range true, false or a path on the machine that runs Pulumi; "~/" is its home directory
   * @example false
   * @example "./ssh_config"
   * @see ssh_config(5)
   */
  sshConfig: textOrFlag("the path of a file").optional(),
});

/** What proves who we are to a host, and who the host is to us. Nothing of it ever causes a change on a host. */
export interface Credentials extends z.input<typeof credentials> {}

const jumpEndpoint = z.strictObject({
  ...credentials.shape,
  /**
   * Host name or IP address, as seen from where Pulumi runs, or from its own {@link jump} host.
   * @range a host name, a name of the ssh configuration, an IPv4 or an IPv6 address; without user and port
   * @example "198.51.100.7"
   * @see ssh(1), -J
   */
  address: text("address", hostAddress),
  /**
   * TCP port of its sshd.
   * @default that of the ssh configuration, or 22
   * @range 1 to 65535
   * @example 2222
   * @see sshd_config(5), Port
   */
  port: wholeNumber(1, 65535).optional(),
  /**
   * The account to log in with.
   * @default that of the ssh configuration, or "root"
   * @range an account of it
   * @example "jump"
   * @see ssh_config(5), User
   */
  user: text("account").optional(),
});

/** A schema with a getter has no type before this one has. */
export interface FurtherJumpHost extends z.input<typeof jumpEndpoint> {
  jump?: FurtherJumpHost;
}

export const jumpHost = z.strictObject({
  ...jumpEndpoint.shape,
  /**
   * Another machine to go through on the way to this one. In a stack file, hosts that name one another as `jump` do the same.
   * @default none, or ProxyJump of the ssh configuration
   * @range at most three in a row
   * @example { address: "203.0.113.9", hostKey: "ssh-ed25519 AAAA…" }
   * @see ssh_config(5), ProxyJump
   */
  get jump(): z.ZodOptional<z.ZodType<FurtherJumpHost, FurtherJumpHost>> {
    return jumpHost.optional();
  },
});

/** A machine to go through (ssh -J). It is verified like the host itself. */
export interface JumpHost extends z.input<typeof jumpHost> {}

export const connection = z.strictObject({
  ...credentials.shape,
  /**
   * Host name or IP address. The set moves to another address with the next `up`.
   * @range a host name, a name of the ssh configuration, an IPv4 or an IPv6 address; without user and port
   * @example "web-1.example.com"
   * @see ssh_config(5), Hostname
   */
  address: text("address", hostAddress),
  /**
   * TCP port of sshd.
   * @default that of the ssh configuration, or 22
   * @range 1 to 65535
   * @example 2222
   * @see sshd_config(5), Port
   */
  port: wholeNumber(1, 65535).optional(),
  /**
   * The account to log in with.
   * @default that of the ssh configuration, or "root"
   * @range an account of the host
   * @example "deploy"
   * @see ssh_config(5), User
   */
  user: text("account").optional(),
  /**
   * Log in through this machine. In a stack file it may be the name of another host.
   * @default none, or ProxyJump of the ssh configuration
   * @example { address: "198.51.100.7", user: "jump", hostKey: "ssh-ed25519 AAAA…" }
   * @see ssh_config(5), ProxyJump
   */
  jump: jumpHost.optional(),
  /**
   * Become root by sudo after the login.
   * @default false
   * @example true
   * @example { password: "…" }
   * @see sudo(8)
   */
  sudo: z.union([z.boolean(), sudo]).register(marks, { what: "true, false or { password: … }" }).optional(),
  /**
   * Seconds for the connection: TCP, key exchange and login together.
   * @default 15
   * @range 1 to 600
   * @example 30
   * @see ssh_config(5), ConnectTimeout
   */
  connectTimeout: wholeNumber(1, 600).optional(),
  /**
   * Seconds for the preparation of a change on the host, image pulls included, and again for its activation.
   * @default 600
   * @range 1 to 86400
   * @example 1800
   */
  commandTimeout: wholeNumber(1, 86400).optional(),
});

/** Where a host is and how to log in to it. */
export interface Connection extends z.input<typeof connection> {}
