import assert from "node:assert/strict";
import type { Fleet } from "../tools/fleet/index.ts";
import type { Contestant } from "./contestant.ts";
import { type Payload, type Wanted, clean, expectPage, images, inspect, urls } from "./job.ts";
import { type Kind, type Run, timed } from "./measure.ts";
import { MemoryWatch } from "./memory.ts";
import type { ThisProject } from "./this-project.ts";

/** The turns of the contestants, one after the other, on the same hosts. This project has the first turn. */
export class Race {
  readonly runs: Run[] = [];
  readonly memory = new MemoryWatch();
  readonly #fleet: Fleet;
  readonly #own: ThisProject;
  readonly #floor: Contestant;
  readonly #files: Payload;
  /** The final state of a host, which must be the same for all contestants. */
  #reference: string | undefined;

  /** @param floor is run after each unchanged run of `own` */
  constructor(fleet: Fleet, own: ThisProject, floor: Contestant, files: Payload) {
    this.#fleet = fleet;
    this.#own = own;
    this.#floor = floor;
    this.#files = files;
  }

  /**
   * One turn. The hosts are empty before it and after it.
   *
   * @param pairs how many unchanged runs and changes there are after the first run
   * @throws Error if a run fails, a page is not there or a host differs from what it is after this project's own turn.
   */
  async turn(contestant: Contestant, pairs: 1 | 2): Promise<void> {
    const [image, other] = images;
    const [first, ...pages] = pairs === 2 ? (["one", "two", "one"] as const) : (["two", "one"] as const);
    await this.#run(contestant, "first up", { page: first, image });
    if (contestant === this.#own) await this.#files.take(this.#fleet);
    for (const page of pages) {
      await this.#run(contestant, "unchanged up");
      if (contestant === this.#own) await this.#run(this.#floor, "unchanged up");
      await this.#run(contestant, "one-file change", { page, image });
    }
    await this.#run(contestant, "image change", { page: "one", image: other });
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

  async #run(contestant: Contestant, kind: Kind, wanted?: Wanted): Promise<void> {
    if (wanted) contestant.want(wanted);
    const run = await timed(this.#fleet, contestant.name, kind, () =>
      this.memory.during(() => contestant.run()),
    );
    this.runs.push(run);
    console.error(`bench: ${contestant.name}, ${kind}: ${((run.ended - run.began) / 1000).toFixed(2)} s`);
    if (wanted) await expectPage(this.#fleet, urls(this.#fleet), wanted.page);
    await contestant.settle?.();
  }
}
