import { unencodableCharacter } from "./characters.ts";

/** Text that no quoting can pass on unchanged. The message never contains the text, which may be a secret. */
export class UnquotableTextError extends Error {
  override name = "UnquotableTextError";
}

const escapes: Readonly<Record<string, string>> = {
  "\u0007": "\\a",
  "\b": "\\b",
  "\t": "\\t",
  "\n": "\\n",
  "\v": "\\v",
  "\f": "\\f",
  "\r": "\\r",
  '"': '\\"',
  "\\": "\\\\",
};

/**
 * Joins words into one line that is split into the same words again. A word is quoted only if necessary. `%` and `$` keep their meaning.
 * For words in which they have none, see {@link quoteExec}.
 *
 * @throws UnquotableTextError for NUL and for invalid Unicode
 * @see systemd.syntax(7), "Quoting"
 * @example quoteWords(["--label", "two words", "%n"]) // '--label "two words" %n'
 */
export function quoteWords(words: readonly string[]): string {
  return words.map((word, index) => quoteWord(word, `word ${index + 1}`)).join(" ");
}

/**
 * `%` → `%%`, `$` → `$$`: literal text for a command line, or for a key of a quadlet that podman makes an argument of a command line. It is
 * not quoted.
 *
 * @example escapeLiteral("$5, 10%") // "$$5, 10%%"
 */
export function escapeLiteral(text: string): string {
  return text.replaceAll("%", "%%").replaceAll("$", "$$$$");
}

/**
 * One argument of a command line (`ExecStart=` and the like) that arrives as exactly this text: no specifier, no
 * variable, no command separator.
 *
 * @throws UnquotableTextError for NUL and for invalid Unicode
 * @see systemd.service(5), "Command lines"
 * @example quoteExecArgument("cost: $5, 10%") // '"cost: $$5, 10%%"'
 */
function quoteExecArgument(text: string): string {
  return quoteWord(escapeLiteral(text), "an argument");
}

/**
 * As {@link quoteExecArgument}, in a unit whose placeholders `@UID@` and `@HOME@` are filled in on the host (resources/contract.ts): in
 * this text they stay as they are.
 *
 * @example quoteExecArgumentOnHost("@UID@ 5%") // '"\\x40UID@ 5%%"'
 */
export function quoteExecArgumentOnHost(text: string): string {
  return withoutPlaceholders(quoteExecArgument(text));
}

/** Escapes the "@" of placeholders in a quoted word. systemd and podman read the escape as "@". */
function withoutPlaceholders(word: string): string {
  return word.replaceAll(/@(?=(UID|HOME)@)/g, "\\x40");
}

/**
 * A whole command line for `ExecStart=` and the like. To ignore a failure, write `"-"` before it.
 *
 * @param argv the program (preferably its absolute path), and its arguments
 * @throws UnquotableTextError also for a program that systemd would misread: one with a `$` or a control character, or that starts with one
 *   of `-@:+!|`
 * @see systemd.service(5), "Command lines" and "Table 2. Special executable prefixes"
 * @example quoteExec(["/usr/bin/podman", "run", "--env", "NGINX=3;"]) // "/usr/bin/podman run --env NGINX=3;"
 */
export function quoteExec(argv: readonly string[]): string {
  const program = argv[0] ?? "";
  if (program === "")
    throw new UnquotableTextError("a command line needs a program: its first word is empty.");
  if (/^[-@:+!|]|[$\p{Cc}]/u.test(program)) {
    throw new UnquotableTextError(
      "a command line's program can't start with one of -@:+!|, nor hold a $ or a control character.",
    );
  }
  return argv.map(quoteExecArgument).join(" ");
}

/**
 * One `Environment=` value for `[Service]`, with specifiers: `%n` is the unit's name. `$` has no meaning there.
 *
 * @throws UnquotableTextError for a name that is not `[A-Za-z_][A-Za-z0-9_]*`, and for control characters except tab and newline, because
 *   systemd would drop the variable
 * @see systemd.exec(5), Environment=; env_value_is_valid() in systemd's src/basic/env-util.c
 * @example quoteEnvironment({ PODMAN_SYSTEMD_UNIT: "%n", A: "b c" }) // 'PODMAN_SYSTEMD_UNIT=%n "A=b c"'
 */
export function quoteEnvironment(variables: Readonly<Record<string, string>>): string {
  return assignments(variables, (value) => value);
}

/**
 * As {@link quoteEnvironment}, but for `[Container]`, with literal values: `%` and `$` are escaped, because podman makes the variable an
 * argument of ExecStart=, where systemd replaces `${NAME}`. Placeholders stay as they are, as with {@link quoteExecArgumentOnHost}.
 *
 * @example quoteContainerEnvironment({ PRICE: "${5}" }) // "PRICE=$${5}"
 */
export function quoteContainerEnvironment(variables: Readonly<Record<string, string>>): string {
  return withoutPlaceholders(assignments(variables, escapeLiteral));
}

/** bufio.MaxScanTokenSize of Go, minus the newline: podman refuses a file with a longer line. */
const longestLine = 64 * 1024 - 1;

/**
 * The text of a file for `[Container] EnvironmentFile=` and `podman run --env-file`: one `NAME=value` on each line. podman knows no quotes
 * there: the value is everything after the "=", including spaces, quotes and backslashes. (Not for EnvironmentFile= of a `[Service]`:
 * systemd reads quotes.)
 *
 * @throws UnquotableTextError for what such a file can't hold: a newline, NUL, a carriage return at the end, a line of 64 KiB or more, an
 *   invalid name
 * @see podman-run(1), --env-file; ParseFile() in podman's pkg/env/env.go
 * @example environmentFile({ TOKEN: 'a "b" $c' }) // 'TOKEN=a "b" $c\n'
 */
export function environmentFile(variables: Readonly<Record<string, string>>): string {
  return Object.entries(variables)
    .map(([name, value]) => {
      checkVariableName(name);
      const character =
        unencodableCharacter(value) ?? (/\n|\r$/.test(value) ? "newline or carriage return" : undefined);
      if (character !== undefined) {
        throw new UnquotableTextError(`${name} holds a ${character}, which a file of variables can't hold.`);
      }
      const line = `${name}=${value}`;
      if (new TextEncoder().encode(line).length > longestLine) {
        throw new UnquotableTextError(
          `${name} is too long: podman reads lines of up to ${longestLine} bytes.`,
        );
      }
      return `${line}\n`;
    })
    .join("");
}

function assignments(variables: Readonly<Record<string, string>>, escape: (value: string) => string): string {
  return Object.entries(variables)
    .map(([name, value]) => {
      checkVariableName(name);
      if (/(?![\t\n])\p{Cc}/u.test(value)) {
        throw new UnquotableTextError(`${name} holds a control character; systemd would drop the variable.`);
      }
      return quoteWord(`${name}=${escape(value)}`, name);
    })
    .join(" ");
}

/** systemd's rule (systemd.exec(5), Environment=), which holds for shells too. */
function checkVariableName(name: string): void {
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return;
  throw new UnquotableTextError(
    `"${name}" is not a valid name of a variable: it needs a letter or _, then letters, digits and _ (ASCII).`,
  );
}

/** @param what names the text in an error */
function quoteWord(text: string, what: string): string {
  const character = unencodableCharacter(text);
  if (character !== undefined)
    throw new UnquotableTextError(`${what} holds a ${character}, which can't be written.`);
  // A word ";" would end the command (systemd.service(5)).
  if (text !== "" && text !== ";" && !/[\s"'\\\p{Cc}]/u.test(text)) return text;
  return `"${text.replace(/["\\\p{Cc}]/gu, escapeCharacter)}"`;
}

function escapeCharacter(character: string): string {
  const code = character.charCodeAt(0);
  const numeric =
    code < 0x80 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
  return escapes[character] ?? numeric;
}
