import { connect } from "node:net";
import { keyType } from "./known-hosts.ts";

/** A key of an agent: its public half. */
export interface AgentKey {
  type: string;
  blob: Buffer;
}

/** Milliseconds for an agent to list its keys: an agent that is forwarded over a broken connection never answers. */
const answerTime = 10_000;

/** The longest answer that OpenSSH takes (authfd.c). */
const longest = 256 * 1024;

/**
 * Asks an agent for its keys (draft-ietf-sshm-ssh-agent, section 4.4). ssh2's own request silently leaves out the types
 * that ssh2 does not support.
 *
 * @param path its socket
 * @throws Error that says why there is no answer.
 */
export function listAgent(path: string, milliseconds = answerTime): Promise<AgentKey[]> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    let received = Buffer.alloc(0);
    const finish = (end: () => void) => {
      clearTimeout(timer);
      socket.destroy();
      end();
    };
    const fail = (reason: string) => finish(() => reject(new Error(reason)));
    const timer = setTimeout(() => fail(`no answer within ${milliseconds / 1000} s`), milliseconds);
    socket.on("connect", () => socket.write(Buffer.from([0, 0, 0, 1, 11])));
    socket.on("data", (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 4) return;
      const length = received.readUInt32BE(0);
      if (length > longest) fail("its answer is not that of an ssh-agent");
      else if (received.length >= 4 + length)
        finish(() => readKeys(received.subarray(4, 4 + length), resolve, reject));
    });
    socket.on("end", () => fail("it ended the connection"));
    socket.on("error", (error: NodeJS.ErrnoException) => fail(reasons[error.code ?? ""] ?? error.message));
  });
}

const reasons: Record<string, string> = {
  ENOENT: "the socket does not exist",
  ECONNREFUSED: "no agent listens on the socket any more",
  EACCES: "this account may not use it",
};

function readKeys(answer: Buffer, resolve: (keys: AgentKey[]) => void, reject: (error: Error) => void): void {
  if (answer[0] !== 12 || answer.length < 5) {
    reject(new Error("it refuses to list its keys"));
    return;
  }
  const keys: AgentKey[] = [];
  let at = 5;
  const next = (): Buffer | undefined => {
    if (at + 4 > answer.length) return undefined;
    const start = at + 4;
    at = start + answer.readUInt32BE(at);
    return at <= answer.length ? answer.subarray(start, at) : undefined;
  };
  for (let left = answer.readUInt32BE(1); left > 0; left -= 1) {
    const blob = next();
    const comment = next();
    if (!blob || !comment) {
      reject(new Error("its answer is not that of an ssh-agent"));
      return;
    }
    keys.push({ type: keyType(blob), blob });
  }
  resolve(keys);
}
