import http from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { isWildcard } from "../../units/nginx/address.ts";
import type { Activated, Committed, Member, Prepared, Reverted, Watched } from "../../rollout/member.ts";
import { type Probe, probeTarget } from "../desired.ts";
import { messageOf, printable } from "../errors.ts";
import { goBack } from "./go-back.ts";

/** Milliseconds: how long an address may give wrong answers, the pause between two requests, and the limit for one request. */
export const patience = { all: 20_000, pause: 1000, one: 5000 };

/** Characters of an answer that are read. */
const longest = 1_000_000;

/** A member whose pages are also requested from this machine: no other check covers what is between the two (a firewall, a route). */
export class OutsideChecked implements Member {
  readonly #member: Member;
  readonly #address: string;
  readonly #probes: readonly Probe[];

  /** @param address the host's address, as this machine reaches it */
  constructor(member: Member, address: string, probes: readonly Probe[]) {
    this.#member = member;
    this.#address = address;
    this.#probes = probes;
  }

  get name() {
    return this.#member.name;
  }
  get host() {
    return this.#member.host;
  }
  get tags() {
    return this.#member.tags;
  }
  get leaves() {
    return this.#member.leaves;
  }
  get has() {
    return this.#member.has;
  }
  get silence() {
    return this.#member.silence;
  }

  prepare(signal: AbortSignal): Promise<Prepared> {
    return this.#member.prepare(signal);
  }

  async activate(): Promise<Activated> {
    const answer = await this.#member.activate();
    if (answer.kind !== "held") return answer;
    const why = await this.#ask(patience.all);
    if (why === undefined) return answer;
    return await goBack(this.#member, why);
  }

  async watch(seconds: number): Promise<Watched> {
    const answer = await this.#member.watch(seconds);
    if (answer.kind !== "healthy") return answer;
    const why = await this.#ask(0);
    return why === undefined ? answer : { kind: "unhealthy", why };
  }

  commit(): Promise<Committed> {
    return this.#member.commit();
  }

  revert(): Promise<Reverted> {
    return this.#member.revert();
  }

  /** @returns what is wrong with the first address that gives no right answer in time */
  async #ask(milliseconds: number): Promise<string | undefined> {
    const until = Date.now() + milliseconds;
    const found = await Promise.all(
      this.#probes.map(async (probe) => {
        for (;;) {
          const problem = await problemOf(this.#address, probe);
          if (problem === undefined || Date.now() >= until) return problem;
          await sleep(patience.pause);
        }
      }),
    );
    return found.find((problem) => problem !== undefined);
  }
}

/** Returns what is wrong with one answer. Asks without TLS, as the host does. */
async function problemOf(
  host: string,
  { listen, path, hostName, status, body }: Probe,
): Promise<string | undefined> {
  const target = probeTarget(listen);
  if (target.family === "unix") return undefined;
  const address = isWildcard(target) ? host : target.address;
  const where = `from outside, ${address.includes(":") ? `[${address}]` : address}:${target.port}${path}`;
  try {
    const answer = await request(address, target.port, path, hostName);
    if (status === undefined ? answer.status >= 500 : answer.status !== status)
      return `${where} answers ${answer.status}, not ${status ?? "below 500"}`;
    if (body !== undefined && !answer.body.includes(body))
      return `${where} answers without ${JSON.stringify(body)} in it`;
    return undefined;
  } catch (thrown) {
    return `${where} gives no answer: ${printable(messageOf(thrown))}`;
  }
}

function request(
  host: string,
  port: number,
  path: string,
  hostName: string,
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(patience.one);
    const options = { host, port, path, headers: { Host: hostName }, agent: false, signal };
    const asked = http.get(options, (answer) => {
      let body = "";
      answer.on("error", reject);
      answer.setEncoding("utf8");
      answer.on("data", (text: string) => {
        if (body.length < longest) body += text;
        else answer.destroy();
      });
      answer.on("close", () => resolve({ status: answer.statusCode ?? 0, body }));
    });
    asked.on("error", reject);
  });
}
