/** The state in which an error leaves a host, and the sentence for it in the message. For "unknown", each error has its own sentence. */
const states = {
  untouched: "Nothing was changed on it.",
  "taken back": "It was rolled back: the host is as it was before, and the same services run.",
  unknown: undefined,
};
type Leaves = keyof typeof states;

/** The cure if the state of a host is not known. */
export const upAgain = "Run `pulumi up` again: it looks at the host first and does only what is missing.";

/**
 * What went wrong on one host, for the person at the keyboard: which host, what, what state it is in now, what to do.
 * The message never holds a secret: no file content, no key, no command line.
 */
export class HostError extends Error {
  readonly leaves: Leaves;
  /**
   * - "unreachable": no TCP connection, or no SSH server at its other end. Only this one may mean that the host is gone.
   * - "local": a problem of the machine that runs Pulumi, such as a key without its passphrase.
   * - a word of transaction/refusal.ts: why the host refused the session.
   *
   * Undefined for everything else, such as a refused login or a different host key.
   */
  readonly reason: string | undefined;
  /** What went wrong, without the host, its state and the cure. */
  readonly problem: string;
  /** The message without the host: a fleet groups its hosts by it. */
  readonly withoutHost: string;
  /** Whether it is the error of a jump host, which says nothing about the host behind it. */
  readonly isOnTheWay: boolean;

  constructor(
    host: string,
    problem: string,
    options: {
      state?: string;
      cure?: string;
      leaves?: Leaves;
      reason?: string;
      isOnTheWay?: boolean;
      cause?: unknown;
    } = {},
  ) {
    const { leaves = "untouched", state = states[leaves] } = options;
    // A host's text must not control the terminal that shows it.
    const withoutHost = printable([problem, state, options.cure].filter(Boolean).join("\n"));
    super(printable(`${host}: ${withoutHost}`), { cause: options.cause });
    this.withoutHost = withoutHost;
    this.name = "HostError";
    this.problem = printable(problem);
    this.isOnTheWay = options.isOnTheWay ?? false;
    this.leaves = leaves;
    this.reason = options.reason;
  }
}

/** A problem of the machine that runs Pulumi, found before the host was dialled. */
export function localError(host: string, problem: string, cure?: string): HostError {
  return new HostError(host, problem, { reason: "local", state: "The host was not contacted.", cure });
}

/** The error of a host whose jump host has failed. */
export function onTheWay(host: string, thrown: unknown): unknown {
  if (!(thrown instanceof HostError)) return thrown;
  const { message, reason } = thrown;
  // The jump host's message says what state it is in, and what to do.
  return new HostError(host, `its jump host could not be logged in to.\n${message}`, {
    state: "",
    reason,
    isOnTheWay: true,
    cause: thrown,
  });
}

/** The text of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** A host's text without control characters, which a terminal would take for commands. */
export function printable(text: string): string {
  return text.replace(/[^\P{Cc}\n\t]/gu, "");
}
