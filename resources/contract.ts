/**
 * The contract between the program's side and the provider's side of `quadlet:index:UnitSet`: plain data, no code.
 * The schema in provider/schema.ts says the same to the engine and to other languages.
 */

/** The type token of the resource. */
export const unitSetType = "quadlet:index:UnitSet";

/** Which service manager runs the units: the host's own (PID 1), or the one of an account (`systemctl --user`). */
export type Manager = "system" | "user";

/** How to become root after a login that is not root's. */
export interface Sudo {
  /**
   * The login's password, for a sudo that asks for it. Always kept as a secret.
   * @default none: sudo must be NOPASSWD
   * @range one line
   * @example "…"
   * @see sudoers(5), NOPASSWD
   */
  password?: string;
}

/** A machine to go through (ssh -J). It is verified like the host itself. */
export interface JumpHost extends Credentials {
  /**
   * Host name or IP address, as seen from where Pulumi runs, or from its own {@link jump} host.
   * @range a host name, a name of the ssh configuration, an IPv4 or an IPv6 address; without user and port
   * @example "198.51.100.7"
   * @see ssh(1), -J
   */
  address: string;
  /**
   * TCP port of its sshd.
   * @default that of the ssh configuration, or 22
   * @range 1 to 65535
   * @example 2222
   * @see sshd_config(5), Port
   */
  port?: number;
  /**
   * The account to log in with.
   * @default that of the ssh configuration, or "root"
   * @range an account of it
   * @example "jump"
   * @see ssh_config(5), User
   */
  user?: string;
  /**
   * Another machine to go through on the way to this one. In a stack file, hosts that name one another as `jump` do the same.
   * @default none, or ProxyJump of the ssh configuration
   * @range at most three in a row
   * @example { address: "203.0.113.9", hostKey: "ssh-ed25519 AAAA…" }
   * @see ssh_config(5), ProxyJump
   */
  jump?: JumpHost;
}

/** What proves who we are to a host, and who the host is to us. Nothing of it ever causes a change on a host. */
export interface Credentials {
  /**
   * The host's public key, as in `ssh-keyscan` or /etc/ssh/ssh_host_ed25519_key.pub. A host whose key is not known is refused.
   * @default none: {@link knownHostsFile} decides
   * @range a type and a key; a comment may follow
   * @example "ssh-ed25519 AAAA…"
   * @see ssh-keyscan(1)
   */
  hostKey?: string;
  /**
   * A file of known hosts. Not read where there is a {@link hostKey}. It must have a plain key of the host: @cert-authority
   * lines are passed over, as host certificates are not supported.
   * @default UserKnownHostsFile of the ssh configuration, or ~/.ssh/known_hosts
   * @range a path on the machine that runs Pulumi; "~/" is its home directory
   * @example "/etc/ssh/ssh_known_hosts"
   * @see sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"
   */
  knownHostsFile?: string;
  /**
   * The file of the key to log in with, offered before all others. A public key's file, or a private key whose passphrase is not
   * given, chooses that key of the agent, and no other key is offered. Prefer it to {@link privateKey}.
   * @default IdentityFile of the ssh configuration and the keys of the agent; without such a line the agent's keys, then ~/.ssh/id_rsa,
   * id_ecdsa and id_ed25519: all that are there are offered in one login
   * @range a path on the machine that runs Pulumi; "~/" is its home directory
   * @example "~/.ssh/id_ed25519"
   * @see ssh_config(5), IdentityFile
   */
  identityFile?: string;
  /**
   * A private key's text, for machines without files. Always kept as a secret. {@link identityFile} is not read then.
   * @default none
   * @range a key of OpenSSH or in PEM, PKCS#8 included; Ed25519, ECDSA or RSA
   * @example "-----BEGIN OPENSSH PRIVATE KEY-----\n…"
   * @see ssh-keygen(1)
   */
  privateKey?: string;
  /**
   * What decrypts the private key. Always kept as a secret.
   * @default none: the agent may have the key
   * @range as it was given to ssh-keygen
   * @example "…"
   * @see ssh-keygen(1), -N
   */
  passphrase?: string;
  /**
   * The ssh-agent whose keys are offered, after {@link identityFile} or {@link privateKey}: true for that of $SSH_AUTH_SOCK, false
   * for none. Its FIDO keys and certificates are not supported. An agent given by its path must answer.
   * @default IdentityAgent of the ssh configuration, or $SSH_AUTH_SOCK
   * @range true, false or the path of its socket; "~/" is the home directory
   * @example "~/.1password/agent.sock"
   * @see ssh-agent(1)
   */
  agent?: string | boolean;
  /**
   * Whether to log in by the ssh configuration of the machine that runs Pulumi: true for ~/.ssh/config and /etc/ssh/ssh_config,
   * false for none, or one file in their place. It is followed for HostName, Port, User, IdentityFile, IdentitiesOnly,
   * IdentityAgent, ProxyJump, UserKnownHostsFile and HostKeyAlias; a ProxyCommand is an error. A field of the connection
   * wins over it. A preview never reads it: it is read when the host is logged in to, by the `ssh` of that machine
   * (`ssh -G`), and what it says is kept nowhere. `commands` and `smokeTest` do not follow it.
   * @default true; for a jump host that of the host behind it
   * @range true, false or a path on the machine that runs Pulumi; "~/" is its home directory
   * @example false
   * @example "./ssh_config"
   * @see ssh_config(5)
   */
  sshConfig?: string | boolean;
}

/** Where a host is and how to log in to it. */
export interface Connection extends Credentials {
  /**
   * Host name or IP address. Another address is another host: the resource is replaced.
   * @range a host name, a name of the ssh configuration, an IPv4 or an IPv6 address; without user and port
   * @example "web-1.example.com"
   * @see ssh_config(5), Hostname
   */
  address: string;
  /**
   * TCP port of sshd.
   * @default that of the ssh configuration, or 22
   * @range 1 to 65535
   * @example 2222
   * @see sshd_config(5), Port
   */
  port?: number;
  /**
   * The account to log in with.
   * @default that of the ssh configuration, or "root"
   * @range an account of the host
   * @example "deploy"
   * @see ssh_config(5), User
   */
  user?: string;
  /**
   * Log in through this machine. In a stack file it may be the name of another host.
   * @default none, or ProxyJump of the ssh configuration
   * @example { address: "198.51.100.7", user: "jump", hostKey: "ssh-ed25519 AAAA…" }
   * @see ssh_config(5), ProxyJump
   */
  jump?: JumpHost;
  /**
   * Become root by sudo after the login.
   * @default false
   * @example true
   * @example { password: "…" }
   * @see sudo(8)
   */
  sudo?: boolean | Sudo;
  /**
   * Seconds for the connection: TCP, key exchange and login together.
   * @default 15
   * @range 1 to 600
   * @example 30
   * @see ssh_config(5), ConnectTimeout
   */
  connectTimeout?: number;
  /**
   * Seconds for one whole transaction on the host, image pulls included.
   * @default 600
   * @range 1 to 86400
   * @example 1800
   */
  commandTimeout?: number;
}

/** A file of the set that is not a unit. */
export interface FileContent {
  /** The text. */
  content: string;
  /**
   * Permission bits as four octal digits.
   * @default "0644"
   */
  mode?: string;
  /**
   * Whether "@UID@" and "@HOME@" in it stand for the account's UID and home directory, as they do in units. Only with `user`.
   * @default false
   */
  placeholders?: boolean;
}

/** What a unit of the set shall be. A unit that is not named here is only installed. */
export interface ServiceState {
  /**
   * Started now and kept so.
   * @default true
   */
  active?: boolean;
  /**
   * `systemctl enable`: started at boot by its [Install] section. Only for units that are no quadlets.
   * @default false
   */
  enabled?: boolean;
  /** Keys of `files`: a change of one reloads the service (`systemctl reload`). */
  reloadOn?: string[];
  /** Keys of `files` and `units`: a change of one restarts the service. Its own unit always does. */
  restartOn?: string[];
  /**
   * Restart it so that nobody notices: the new version proves itself in a network namespace of its own (the rehearsal), then
   * shares the open sockets with the old one until that has answered its last request (the handover). A new configuration is
   * rehearsed as well before a reload, where there is a probe that can be asked in there. For a service that is
   * socket-activated by this set, runs one container, and may run twice for a moment. Where it can't be done (a published
   * port, a fixed address, the host's network) the service is restarted with its sockets open.
   * @default false
   */
  handover?: boolean;
}

/** A GET request, and what its answer must be. */
export interface HttpRequest {
  /**
   * What is asked for.
   * @default "/"
   * @range "/" and printable ASCII, no blank
   * @example "/health"
   */
  path?: string;
  /**
   * The Host header.
   * @default "localhost"
   * @range letters, digits and ".:[]_-"
   * @example "www.example.com"
   */
  hostName?: string;
  /**
   * The status that the answer must have.
   * @default any below 500
   * @range 100 to 599
   * @example 200
   */
  status?: number;
  /**
   * Text that the answer must contain.
   * @default any
   * @range one line, not empty
   * @example "Welcome to nginx!"
   */
  body?: string;
}

/** A request that must be answered through a socket after a service was started, restarted or reloaded. */
export interface Probe extends HttpRequest {
  /**
   * Where a socket on all IPv4 addresses is asked. Another address than the usual one is for a program that answers otherwise there.
   * @default "127.0.0.1"
   * @range an address that begins with "127."
   * @example "127.0.0.2"
   */
  address?: string;
}

/** An image that must be on the host before any service is started or restarted. */
export interface ImagePull {
  /** "missing": pulled where the host does not have it; "always": at every change of the set; "never": must be there. */
  pull: "missing" | "always" | "never";
}

/** Login of a registry. It is used for the pull and not left on the host. */
export interface RegistryLogin {
  /**
   * The account of the registry.
   * @range text
   * @example "deploy"
   * @see podman-login(1), --username
   */
  username: string;
  /**
   * Its password or token. Always kept as a secret.
   * @range text
   * @example "…"
   * @see podman-login(1), --password-stdin
   */
  password: string;
}

/** A command that must succeed in a container with the new files, before anything on the host is changed: `nginx -t`. */
export interface ContainerCheck {
  /** The image; it is pulled before. */
  image: string;
  /** The command and its arguments, instead of the image's entry point. The container has no network. */
  command: string[];
  /** Directory of `files` → where the container sees the new version of it, read-only. */
  mounts?: Record<string, string>;
  /** More volumes, as podman writes them; placeholders as in `units`. */
  volumes?: string[];
  /** The service whose start shows the same: where that is rehearsed, the check is made only to say why the rehearsal has failed. */
  service?: string;
}

/** All the files of one component under one service manager of one host. */
export interface UnitSetInputs {
  connection: Connection;
  /** The set's name on the host: letters, digits, "-", "_" and ".", at most 100. Two sets of one manager can't share one. */
  name: string;
  manager: Manager;
  /**
   * With manager "user", the account whose manager it is; required. With "system", the account that the set's services run
   * as (User= in their text); its images are pulled and its checks run as that account.
   */
  user?: string;
  /**
   * Make the account on the host where it is not there: home directory, subuid and subgid ranges, no login shell. It is
   * removed with the last set of the one who made it. Only with `user`.
   * @default false, a missing account is an error
   */
  createUser?: boolean;
  /**
   * Unit name → text: quadlets (.container, .network, .volume, .image, …) and plain units (.socket, .service, …).
   * With `user`, "@UID@" and "@HOME@" in a text are the account's UID and home directory, filled in on the host: a preview needs
   * none.
   */
  units: Record<string, string>;
  /**
   * Path → file. Absolute, or "~/…" in the account's home directory: with manager "user" that of the manager; with "system"
   * that of `user`, where the file is the account's own.
   */
  files?: Record<string, FileContent>;
  /**
   * Unit name → what it shall be. Quadlets are named by the service that they generate. A unit of the host's, of which the set
   * has no file, can be named as well: it stays as it is when the set goes.
   */
  services?: Record<string, ServiceState>;
  /** Image reference → when to pull it. */
  images?: Record<string, ImagePull>;
  /** Name → check. They are run when a file that they mount changes, and before a service is started or restarted. */
  checks?: Record<string, ContainerCheck>;
  /**
   * Listening address, as ListenStream= has it, placeholders included → request. It must be answered within 20 seconds, or the host goes back to
   * what it was. A unix socket needs curl on the host.
   * @default none
   */
  probes?: Record<string, Probe>;
  /** Registry ("registry.example.com") → login. */
  registries?: Record<string, RegistryLogin>;
  /**
   * The account's manager runs from boot on, without a login (loginctl(1), enable-linger). Only with `user`.
   * @default false
   */
  linger?: boolean;
  /**
   * Take over files that are on the host already and belong to nobody. Units that the host has from other files, and
   * containers, are never taken over: a name that one of them has is refused.
   * @default false, which refuses them
   */
  adopt?: boolean;
}

/** What was seen of a file. */
export interface FileState {
  /** Hexadecimal SHA-256 of the content; secret where the content is. */
  sha256: string;
  mode: string;
}

/** What systemd says of a unit (org.freedesktop.systemd1(5)). */
export interface UnitState {
  load: string;
  active: string;
  enabled: string;
  /** Files that change what the unit's own file says (systemd.unit(5), "drop-in"). Left out where there are none. */
  dropIns?: string[];
  /** True where systemd has not read the unit's files since they changed; else left out. */
  needsReload?: boolean;
}

/** What was observed on the host after the last operation. Nothing in it changes by itself. */
export interface UnitSetOutputs {
  /** Who the set belongs to, as the host has it. */
  owner: string;
  /** Path on the host → state, units included. */
  fileStates: Record<string, FileState>;
  /** Unit → state. */
  unitStates: Record<string, UnitState>;
  /** Why the last refresh could not reach the host; everything else is from the time before it. Left out where it could. */
  unseen?: string;
  /** True where an `up` has left something half done on the host. The next one puts it right. Left out everywhere else. */
  unfinished?: boolean;
}
