import assert from "node:assert/strict";
import type { Fleet } from "../tools/fleet/index.ts";
import type { Contestant } from "./contestant.ts";
import { type Payload, clean, expectPage, inspect, takePayload } from "./job.ts";
import { type Kind, type Run, timed } from "./measure.ts";
import { MemoryWatch } from "./memory.ts";
import type { ThisProject } from "./this-project.ts";

/** The turns of the contestants, one after the other, on the same hosts. This project has the first one. */
export class Race {
  readonly runs: Run[] = [];
  readonly memory = new MemoryWatch();
  readonly #fleet: Fleet;
  readonly #own: ThisProject;
  readonly #files: Payload;
  /** What a host is like in the end: the same for all. */
  #reference: string | undefined;

  constructor(fleet: Fleet, own: ThisProject, files: Payload) {
    this.#fleet = fleet;
    this.#own = own;
    this.#files = files;
  }

  /**
   * From empty hosts to empty hosts.
   *
   * @param pairs how many unchanged runs and changes there are after the first run
   * @throws Error when a run fails, a page is not there or a host is not what it is after this project's own turn.
   */
  async turn(contestant: Contestant, pairs: 1 | 2): Promise<void> {
    const [first, ...pages] = pairs === 2 ? ["one", "two", "one"] : ["two", "one"];
    await this.#run(contestant, "first up", first);
    if (contestant === this.#own) await takePayload(this.#fleet, this.#files.directory);
    for (const page of pages) {
      await this.#run(contestant, "unchanged up");
      await this.#run(contestant, "one-file change", page);
    }
    if (contestant === this.#own) {
      this.runs.push(await timed(this.#fleet, this.#own.name, "refresh", () => this.#own.refresh()));
    }
    for (const seen of await inspect(this.#fleet)) {
      this.#reference ??= seen;
      assert.equal(
        seen,
        this.#reference,
        `${contestant.name} leaves a host other than ${this.#own.name} does`,
      );
    }
    await contestant.remove?.();
    await clean(this.#fleet);
  }

  async #run(contestant: Contestant, kind: Kind, page?: string): Promise<void> {
    if (page !== undefined) contestant.want(page);
    const run = await timed(this.#fleet, contestant.name, kind, () =>
      this.memory.during(() => contestant.run()),
    );
    this.runs.push(run);
    console.error(`bench: ${contestant.name}, ${kind}: ${((run.ended - run.began) / 1000).toFixed(2)} s`);
    if (page !== undefined) await expectPage(this.#fleet, page);
    await contestant.settle?.();
  }
}
