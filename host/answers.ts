import type { Channel } from "./connection.ts";
import type { Answer } from "./facts.ts";

/** The longest line that is taken from a host, in bytes: a file's content in base64 is one. */
const longest = 64 * 1024 * 1024;

/** The most that a host may answer in one session, in bytes: the plugin has other hosts to look after. */
const most = 256 * 1024 * 1024;

/**
 * The script's answers, one a line of JSON. What a login prints besides (a banner, say) is left out.
 *
 * @throws Error for a line that no script of ours would write.
 */
export async function* readAnswers(channel: Channel): AsyncGenerator<Answer, void> {
  const lines: string[] = [];
  let parts: Buffer[] = [];
  let size = 0;
  let ended = false;
  let wake: () => void = () => undefined;
  let total = 0;
  channel.onStdout((chunk) => {
    total += chunk.length;
    if (total > most) {
      lines.length = 0;
      wake();
      return;
    }
    let from = 0;
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
      lines.push(Buffer.concat([...parts, chunk.subarray(from, at)]).toString("utf8"));
      parts = [];
      size = 0;
      from = at + 1;
    }
    if (size > longest) return;
    parts.push(chunk.subarray(from));
    size += chunk.length - from;
    wake();
  });
  void channel.ended.then(() => {
    ended = true;
    wake();
  });
  for (;;) {
    const line = lines.shift();
    const answer = line === undefined ? undefined : parse(line);
    if (answer) yield answer;
    else if (total > most) throw new Error(`the host answered with more than ${most} bytes`);
    else if (size > longest) throw new Error(`the host answered with a line of more than ${longest} bytes`);
    else if (line === undefined && ended) return;
    else if (line === undefined) await new Promise<void>((resolve) => (wake = resolve));
  }
}

function parse(line: string): Answer | undefined {
  if (!line.startsWith('{"event":"')) return undefined;
  try {
    return JSON.parse(line) as Answer;
  } catch {
    return undefined;
  }
}
