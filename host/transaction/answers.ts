import type { Channel } from "../ssh/connection.ts";
import type { Answer } from "../facts/facts.ts";

/** The longest line that is taken from a host, in bytes: a file's content in base64 is one line. */
const longest = 64 * 1024 * 1024;

/** The most that a host may answer in one session, in bytes: the plugin has other hosts to look after. */
const most = 256 * 1024 * 1024;

/** The most that a login may print in addition, in bytes. */
const mostBesides = 1024 * 1024;

/**
 * The script's answers, each a line of JSON. Other output of the login (a banner, for example) is left out.
 *
 * @throws Error if a line, or all output together, is longer than a host may send
 */
export async function* readAnswers(channel: Channel): AsyncGenerator<Answer, void> {
  let answers: Answer[] = [];
  let parts: Buffer[] = [];
  let [total, size, besides] = [0, 0, 0];
  let problem: string | undefined;
  let ended = false;
  let wake: () => void = () => undefined;
  const take = (line: Buffer) => {
    const answer = parse(line);
    if (answer) answers.push(answer);
    else besides += line.length + 1;
    if (besides > mostBesides)
      problem = `the host printed more than ${mostBesides} bytes besides its answers`;
  };
  channel.onStdout((chunk) => {
    total += chunk.length;
    if (total > most) problem ??= `the host answered with more than ${most} bytes`;
    let from = 0;
    for (let at = chunk.indexOf(10); at >= 0 && !problem; at = chunk.indexOf(10, from)) {
      const rest = chunk.subarray(from, at);
      take(parts.length === 0 ? rest : Buffer.concat([...parts, rest]));
      parts = [];
      size = 0;
      from = at + 1;
    }
    size += chunk.length - from;
    if (size > longest) problem ??= `the host answered with a line of more than ${longest} bytes`;
    if (problem === undefined) parts.push(chunk.subarray(from));
    wake();
  });
  void channel.ended.then(() => {
    ended = true;
    wake();
  });
  for (;;) {
    const ready = answers;
    answers = [];
    yield* ready;
    if (ready.length > 0) continue;
    if (problem !== undefined) throw new Error(problem);
    if (ended) return;
    await new Promise<void>((resolve) => (wake = resolve));
  }
}

const beginning = Buffer.from('{"event":"');

function parse(line: Buffer): Answer | undefined {
  if (!line.subarray(0, beginning.length).equals(beginning)) return undefined;
  try {
    return JSON.parse(line.toString("utf8")) as Answer;
  } catch {
    return undefined;
  }
}
