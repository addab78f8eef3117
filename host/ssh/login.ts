import type { AnyAuthMethod, ConnectConfig, ParsedKey, SignCallback, SigningRequestOptions } from "ssh2";
import type { Endpoint } from "./endpoint.ts";
import { HostError, messageOf } from "../errors.ts";
import { type KeyRing, type Offer, add, describe } from "./keys.ts";

/** One login. It offers keys one after the other. Its error lists the keys that were offered and those that were not. */
export class Login {
  readonly #name: string;
  readonly #endpoint: Endpoint;
  readonly #keys: KeyRing;
  readonly #seconds: number;
  #offered = 0;
  /** The key that an agent was asked to sign with, and has not signed with yet. */
  #signing: Offer | undefined;
  /** The login methods in sshd's last answer. */
  #allowed: readonly string[] = [];
  #accepted: Offer | undefined;
  /** The first data from the host. */
  #greeting = "";

  constructor(name: string, endpoint: Endpoint, keys: KeyRing, seconds: number) {
    this.#name = name;
    this.#endpoint = endpoint;
    this.#keys = { offers: [...keys.offers], leftOut: [...keys.leftOut], more: keys.more };
    this.#seconds = seconds;
  }

  /** To be called with the first data from the host. */
  readonly received = (data: Buffer): void => {
    this.#greeting = data.toString("latin1", 0, 1024);
  };

  /** ssh2 calls this for the first login method, and after each refused one. */
  readonly handler: NonNullable<Extract<ConnectConfig["authHandler"], (...args: never[]) => unknown>> = (
    allowed: readonly string[] | null,
    partial: boolean | null,
    next,
  ) => {
    // "none" first, as ssh(1) does: the answer lists the possible methods, and some servers need no other.
    if (allowed === null) {
      next({ type: "none", username: this.#username });
      return;
    }
    this.#allowed = allowed;
    if (partial) this.#accepted = this.#keys.offers[this.#offered - 1];
    this.#next().then(
      (way) => next(way as AnyAuthMethod),
      () => next(false as unknown as AnyAuthMethod),
    );
  };

  /** The error of a failed login, for the person at the keyboard. */
  failure(cause: unknown): HostError {
    const { level, code } = cause as { level?: string; code?: string };
    const reason = messageOf(cause);
    if (this.#signing && (level === "agent" || level === "client-timeout"))
      return this.#unsigned(this.#signing, cause);
    if (level === "client-authentication" || /too many authentication failures/i.test(reason))
      return this.#refused(reason, cause);
    const [barred] = bars.exec(this.#greeting) ?? [];
    if (barred !== undefined)
      return new HostError(
        this.#name,
        `its sshd refuses connections from this machine for now: "${barred}".`,
        {
          cure: "Run it again in a minute. sshd does so after refused logins, and when too many begin at once: PerSourcePenalties and MaxStartups in sshd_config(5).",
          cause,
        },
      );
    if (/^SSH-/m.test(this.#greeting)) {
      const what =
        level === "client-timeout"
          ? `the login did not finish within ${this.#seconds} s.`
          : `the host answers, and the login failed: ${reason}.`;
      const cure =
        level === "client-timeout"
          ? "Try it with ssh. connectTimeout changes the limit."
          : "Try it with ssh, and see what the host's sshd says: journalctl --unit=ssh --unit=sshd";
      return new HostError(this.#name, what, { cure, cause });
    }
    if (level === "client-timeout")
      return this.#unreachable(
        `no SSH connection within ${this.#seconds} s.`,
        "Check the address, the port, the host's firewall, and that it is up. connectTimeout changes the limit.",
        cause,
      );
    const { words, isLocal } = ofSocket(cause, code);
    if (isLocal)
      return new HostError(this.#name, `this machine can't connect to it: ${words}.`, {
        reason: "local",
        cure: "Check the network of the machine that runs Pulumi.",
        cause,
      });
    return this.#unreachable(
      `no SSH connection: ${words}.`,
      "Check the address, the port and the host's sshd.",
      cause,
    );
  }

  get #username(): string {
    return this.#endpoint.user ?? "root";
  }

  /** The next key to offer, or false. */
  async #next(): Promise<AnyAuthMethod | false> {
    if (!this.#allowed.includes("publickey")) return false;
    const { offers, more } = this.#keys;
    if (this.#offered === offers.length && more) {
      this.#keys.more = undefined;
      add(this.#keys, await more());
    }
    const offer = offers[this.#offered];
    if (!offer) return false;
    this.#offered += 1;
    const username = this.#username;
    return "key" in offer.signer
      ? { type: "publickey", username, key: offer.signer.key }
      : { type: "agent", username, agent: await this.#agentFor(offer, offer.signer.agent) };
  }

  /** An agent that shows ssh2 one key only: this class decides which keys are offered, and when. */
  async #agentFor(offer: Offer, path: string) {
    const { default: ssh2 } = await import("ssh2");
    const key = ssh2.utils.parseKey(offer.blob) as ParsedKey;
    const signing = (now: Offer | undefined) => (this.#signing = now);
    return new (class extends ssh2.OpenSSHAgent {
      override getIdentities(done: (error: null, keys: ParsedKey[]) => void): void {
        done(null, [key]);
      }
      override sign(
        publicKey: ParsedKey,
        data: Buffer,
        options: SigningRequestOptions | SignCallback = {},
        done?: SignCallback,
      ): boolean {
        signing(offer);
        return super.sign(publicKey, data, options as SigningRequestOptions, (error, signature) => {
          if (!error) signing(undefined);
          done?.(error, signature);
        });
      }
    })(path);
  }

  #unsigned(offer: Offer, cause: unknown): HostError {
    const why =
      (cause as { level?: string }).level === "agent"
        ? messageOf(cause)
        : `no answer within ${this.#seconds} s`;
    return new HostError(
      this.#name,
      `the host accepts a key, but the agent did not sign with it (${why}): ${describe(offer)}.`,
      {
        reason: "local",
        cure: "Unlock the agent or answer its prompt, and run it again. Another key: the connection's identityFile.",
        cause,
      },
    );
  }

  #refused(reason: string, cause: unknown): HostError {
    const { offers, leftOut } = this.#keys;
    const offered = offers.slice(0, this.#offered);
    const tooMany = /too many/i.test(reason);
    const ways = this.#allowed.join(", ");
    const list = (title: string, lines: string[]) =>
      lines.length === 0 ? [] : [title, ...lines.map((line) => `  ${line}`)];
    const [problem, cure] = this.#accepted
      ? [
          `the login was refused: a key was accepted, ${describe(this.#accepted)}, and sshd wants more (${ways}).`,
          "Only a login by one key is supported. See AuthenticationMethods in sshd_config(5).",
        ]
      : offered.length === 0
        ? [
            `the login was refused: sshd allows no login by key for this account, only ${ways || "none"}.`,
            "See PubkeyAuthentication and AuthenticationMethods in the host's sshd_config(5).",
          ]
        : tooMany
          ? [
              `the login was refused: sshd allows no more than ${offered.length} keys to be tried (Too many authentication failures).`,
              "Name the right key in the connection's identityFile: it is offered first. The file of a public key chooses that key of the agent. The limit is MaxAuthTries in sshd_config(5).",
            ]
          : [
              "the login was refused.",
              `Check that one of the keys is in ~${this.#username}/.ssh/authorized_keys of the host, and that sshd allows this account.`,
            ];
    return new HostError(
      this.#name,
      [
        problem,
        ...list("Offered:", offered.map(describe)),
        ...list("No longer tried:", tooMany ? offers.slice(this.#offered).map(describe) : []),
        ...list("Not offered:", leftOut),
      ].join("\n"),
      { cure, cause },
    );
  }

  #unreachable(problem: string, cure: string, cause: unknown): HostError {
    return new HostError(this.#name, problem, { reason: "unreachable", cure, cause });
  }
}

/** What sshd sends instead of its version when it refuses a connection (sshd.c). */
const bars = /^(Not allowed at this time|Exceeded MaxStartups)/m;

/** Errors of connect(2) and getaddrinfo(3) that are about this machine, not about the host. */
const localCodes = [
  "EAI_AGAIN",
  "ENETUNREACH",
  "ENETDOWN",
  "EADDRNOTAVAIL",
  "EACCES",
  "EPERM",
  "EMFILE",
  "ENFILE",
];

/** For a name with several addresses there is an error for each address, and no common message. */
function ofSocket(cause: unknown, code: string | undefined): { words: string; isLocal: boolean } {
  const errors = cause instanceof AggregateError ? (cause.errors as { code?: string }[]) : [{ code }];
  const words = cause instanceof AggregateError ? errors.map(messageOf).join(", ") : messageOf(cause);
  return { words, isLocal: errors.every((error) => localCodes.includes(error.code ?? "")) };
}
