/** The package schema (pulumi.com/docs, "Package schema"): resources/contract.ts in the engine's words. */
export function schema(version: string): object {
  return {
    name: "quadlet",
    version,
    displayName: "Quadlet Fleet",
    description: "Systemd units, podman quadlets and their files on Linux hosts, over SSH.",
    license: "Apache-2.0",
    config: { variables: credentials },
    provider: {
      description: "Credentials given here override those of every connection. An import has no others.",
      inputProperties: credentials,
    },
    types: {
      "quadlet:index:Connection": type(
        {
          ...endpoint,
          jump: { $ref: "#/types/quadlet:index:JumpHost", description: "Log in through this machine." },
          sudo: {
            oneOf: [{ type: "boolean" }, { $ref: "#/types/quadlet:index:Sudo" }],
            description: "Become root by sudo after the login. Default: false.",
          },
          connectTimeout: integer("Seconds for TCP, key exchange and login together. 1 to 600. Default: 15."),
          commandTimeout: integer(
            "Seconds for one whole transaction, image pulls included. 1 to 86400. Default: 600.",
          ),
        },
        ["address"],
      ),
      "quadlet:index:JumpHost": type(
        {
          ...endpoint,
          jump: { $ref: "#/types/quadlet:index:JumpHost", description: "Another machine on the way to it." },
        },
        ["address"],
      ),
      "quadlet:index:Sudo": type(
        { password: secret("The login's password, for a sudo that asks for it.") },
        [],
      ),
      "quadlet:index:FileContent": type(
        {
          content: text("The text."),
          mode: text('Permission bits as four octal digits. Default: "0644".'),
          placeholders: boolean('"@UID@" and "@HOME@" in it are filled in on the host. Default: false.'),
        },
        ["content"],
      ),
      "quadlet:index:ServiceState": type(
        {
          active: boolean("Started now and kept so. Default: true."),
          enabled: boolean("Started at boot by its [Install] section. Not for quadlets. Default: false."),
          reloadOn: list("Keys of `files`: a change of one reloads the service."),
          restartOn: list("Keys of `files` and `units`: a change of one restarts the service."),
          handover: boolean("Restart it by rehearsal and handover, so that nobody notices. Default: false."),
        },
        [],
      ),
      "quadlet:index:ImagePull": type({ pull: text('"missing", "always" or "never".') }, ["pull"]),
      "quadlet:index:ContainerCheck": type(
        {
          image: text("The image; it is pulled before."),
          command: list("The command and its arguments, instead of the image's entry point."),
          mounts: map({ type: "string" }, "Directory of `files` → where the container sees it."),
          volumes: list("More volumes, as podman writes them."),
          service: text(
            "The service whose start shows the same: where that is rehearsed, the check only says why it failed.",
          ),
        },
        ["image", "command"],
      ),
      "quadlet:index:Probe": type(
        {
          path: text('What is asked for. Default: "/".'),
          hostName: text('The Host header. Default: "localhost".'),
          status: integer("The status that the answer must have. Default: any below 500."),
          body: text("Text that the answer must contain, on one line."),
          address: text('Where a socket on all IPv4 addresses is asked. Default: "127.0.0.1".'),
        },
        [],
      ),
      "quadlet:index:RegistryLogin": type(
        { username: text("The account."), password: secret("Its password.") },
        ["username", "password"],
      ),
      "quadlet:index:FileState": type(
        { sha256: text("Digest of the content."), mode: text("Permission bits.") },
        ["sha256", "mode"],
      ),
      "quadlet:index:UnitState": type(
        {
          load: text("LoadState."),
          active: text("ActiveState."),
          enabled: text("UnitFileState."),
          dropIns: list("Files that change what the unit's own file says."),
          needsReload: boolean("True where systemd has not read its files since they changed."),
        },
        ["load", "active", "enabled"],
      ),
    },
    resources: {
      "quadlet:index:UnitSet": {
        description:
          "All the files of one component under one service manager of one host, applied as one transaction.",
        inputProperties: {
          connection: {
            $ref: "#/types/quadlet:index:Connection",
            description: "Where the host is and how to log in.",
          },
          name: text("The set's name on the host."),
          manager: text('"system" or "user".'),
          user: text(
            'The account: whose manager it is, with manager "user"; that the services run as, with "system".',
          ),
          createUser: boolean("Make the account where it is not there. Default: false, which is an error."),
          units: map(
            { type: "string" },
            'Unit name → text. With a user, "@UID@" and "@HOME@" in it are filled in on the host.',
          ),
          files: map({ $ref: "#/types/quadlet:index:FileContent" }, 'Path, absolute or "~/…" → file.'),
          services: map({ $ref: "#/types/quadlet:index:ServiceState" }, "Unit name → what it shall be."),
          images: map({ $ref: "#/types/quadlet:index:ImagePull" }, "Image reference → when to pull it."),
          checks: map(
            { $ref: "#/types/quadlet:index:ContainerCheck" },
            "Name → a command that must succeed before anything is changed.",
          ),
          probes: map(
            { $ref: "#/types/quadlet:index:Probe" },
            "Listening address → a request that must be answered after a start, restart or reload.",
          ),
          registries: map({ $ref: "#/types/quadlet:index:RegistryLogin" }, "Registry → login."),
          linger: boolean("The user manager runs from boot on, without a login."),
          adopt: boolean(
            "Take over files that are on the host already and belong to nobody; never units from other files, nor containers. Default: false.",
          ),
        },
        requiredInputs: ["connection", "name", "manager", "units"],
        properties: {
          owner: text("Who the set belongs to, as the host has it."),
          fileStates: map({ $ref: "#/types/quadlet:index:FileState" }, "Path → what was seen."),
          unitStates: map({ $ref: "#/types/quadlet:index:UnitState" }, "Unit → what systemd says of it."),
          unseen: text("Why the last refresh could not reach the host. Left out where it could."),
          unfinished: boolean("True where an `up` has left something half done. The next one puts it right."),
        },
        required: ["owner", "fileStates", "unitStates"],
      },
    },
  };
}

const text = (description: string) => ({ type: "string", description });
const secret = (description: string) => ({ type: "string", description, secret: true });
const integer = (description: string) => ({ type: "integer", description });
const boolean = (description: string) => ({ type: "boolean", description });
const list = (description: string) => ({ type: "array", items: { type: "string" }, description });
const map = (values: object, description: string) => ({
  type: "object",
  additionalProperties: values,
  description,
});
const type = (properties: object, required: string[]) => ({ type: "object", properties, required });

const credentials = {
  hostKey: text('The host\'s public key, "ssh-ed25519 AAAA…".'),
  knownHostsFile: text("A known_hosts file. Default: that of the ssh configuration, or ~/.ssh/known_hosts."),
  identityFile: text("Path of the file of a private key, or of a public key that chooses one of the agent."),
  privateKey: secret("A private key's text."),
  passphrase: secret("What decrypts the private key."),
  agent: text("The path of an ssh-agent's socket. Default: $SSH_AUTH_SOCK."),
  sshConfig: text(
    "false: ~/.ssh/config and /etc/ssh/ssh_config are not followed; a path: this file in their place. Default: true.",
  ),
};

const endpoint = {
  ...credentials,
  address: text("Host name or IP address."),
  port: integer("TCP port of sshd. Default: that of the ssh configuration, or 22."),
  user: text("The account to log in with. Default: that of the ssh configuration, or root."),
};
