import { failures, line } from "../../tools/load/report.ts";
import { startLoad } from "../../tools/load/index.ts";
import { logins } from "../../test/hosts/support/logins.ts";
import { type Stack, example2, hostEntry } from "../../test/hosts/support/stack.ts";
import type { Fleet, TestHost } from "../../tools/fleet/index.ts";
import { configuration, images } from "../job.ts";
import { controllerTime } from "../controller.ts";
import { hostTimes } from "../processor-time.ts";
import type { Row } from "./report.ts";

const [image, other] = images;
const site = "www";

/** The site, the answers of the hosts, and the results to report. */
export class Scene {
  readonly rows: Row[] = [];
  readonly problems: string[] = [];
  readonly #fleet: Fleet;
  readonly #stack: Stack;
  /** The special settings of single hosts, by name. */
  entries: Record<string, object> = {};

  constructor(fleet: Fleet, stack: Stack) {
    this.#fleet = fleet;
    this.#stack = stack;
  }

  want(page: string, change: object = {}): void {
    const hosts = Object.fromEntries(
      this.#fleet.hosts.map((host) => [host.name, hostEntry(this.#fleet, host, this.entries[host.name])]),
    );
    const nginx = { "default.conf": configuration(page) };
    const wanted = { ...example2, image, hosts: Object.keys(hosts), nginx, ...change };
    this.#stack.configure({ hosts, sites: { [site]: wanted } });
  }

  /** Measures an action, and adds a row. Returns the seconds. `among`: the hosts whose logins are counted. */
  async step(
    what: string,
    action: () => Promise<number>,
    end: "succeeds" | "fails" = "succeeds",
    among: readonly TestHost[] = this.#fleet.hosts,
  ): Promise<number> {
    const loginsBefore = await this.logins(among);
    const [began, used] = [performance.now(), hostTimes(this.#fleet.hosts)];
    let code = 1;
    const controller = await controllerTime(async () => void (code = await action()));
    const seconds = (performance.now() - began) / 1000;
    const hosts = hostTimes(this.#fleet.hosts).reduce(
      (sum, time, at) => sum + Math.max(0, time - (used[at] ?? 0)),
      0,
    );
    const logins = ((await this.logins(among)) - loginsBefore) / among.length;
    this.rows.push({ what, seconds, logins, controller, hosts });
    console.error(`bench: ${what}: ${seconds.toFixed(1)} s`);
    if ((code === 0) !== (end === "succeeds")) this.problems.push(`${what}: exit status ${code}`);
    return seconds;
  }

  /** Notes a problem if a host answers with another page. */
  async expect(
    what: string,
    pages: readonly string[],
    among: readonly TestHost[] = this.#fleet.hosts,
  ): Promise<void> {
    const wrong = await this.#others(pages, among);
    if (wrong.length > 0)
      this.problems.push(`${what}: not "page ${pages.join(" or ")}": ${wrong.join(", ")}`);
  }

  async logins(hosts: readonly TestHost[] = this.#fleet.hosts): Promise<number> {
    return (await Promise.all(hosts.map(logins))).flat().length;
  }

  async refresh(): Promise<number> {
    return (await this.#stack.run(["refresh", "--yes", "--skip-preview"], { check: false })).code;
  }

  async up(): Promise<number> {
    const { code, stdout } = await this.#stack.up({ check: false, timeoutMs: 1_800_000 });
    // Shows what failed, and where.
    if (code !== 0) console.error(/^Diagnostics:[^]*?(?=^Outputs:|^Resources:)/m.exec(stdout)?.[0]);
    return code;
  }

  /** Sends requests to every host until they are stopped. A failed request is noted as a problem. */
  async startLoad(): Promise<{ stop(): Promise<{ requests: number; failed: number }> }> {
    const hosts = this.#fleet.hosts.map(({ address }) => address);
    const request = { port: 80, paths: { "/": "^page " }, fresh: 1, kept: 1, pauseMs: 500 };
    const limits = { maxSeconds: 6000, maxRequests: 1_000_000 };
    const load = await startLoad(this.#fleet, { hosts, ...request, ...limits });
    return {
      stop: async () => {
        const report = await load.stop();
        const [requests, failed] = [report.fresh.requests + report.kept.requests, failures(report)];
        if (failed > 0) this.problems.push(`${failed} of ${requests} requests failed: ${line(report)}`);
        return { requests, failed };
      },
    };
  }

  /** Hooks that let the new image fail to start on these hosts, although its rehearsal succeeds. */
  refusing(hosts: readonly TestHost[]): object {
    const dropIn = `/etc/systemd/system/${site}.service.d`;
    const test = `! grep -q ${other} /etc/containers/systemd/${site}.container`;
    const write = `mkdir -p ${dropIn}; printf '[Service]\\nExecStartPre=/bin/sh -c "${test}"\\n' >${dropIn}/broken.conf`;
    const names = hosts.map(({ name }) => name).join("|");
    const script = `case $(uname -n) in ${names}) ${write}; systemctl daemon-reload ;; esac`;
    const mend = `rm -rf ${dropIn}; systemctl daemon-reload`;
    return { before: [{ command: ["sh", "-c", script] }], after: [{ command: ["sh", "-c", mend] }] };
  }

  /** Hosts that answer with a page that is none of these. */
  async #others(expected: readonly string[], hosts: readonly TestHost[]): Promise<string[]> {
    const found = await Promise.all(
      hosts.map(async ({ name, address }) => {
        const { stdout } = await this.#fleet.client(
          ["curl", "--silent", "--max-time", "10", `http://${address}/`],
          {
            check: false,
          },
        );
        return expected.some((page) => stdout.trim() === `page ${page}`) ? [] : [name];
      }),
    );
    return found.flat();
  }
}
