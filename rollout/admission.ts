/** A rollout that asks to be admitted. */
interface Entrant {
  /** The name that waiting rollouts report. */
  readonly name: string;
  /** Taken all at once, so that no rollout holds some keys while it waits for others. */
  readonly keys: readonly string[];
  /** Whether it shares its keys with no other rollout. */
  readonly isExclusive?: boolean;
}

export interface Gate {
  /**
   * Admits a rollout when all its keys are free. If they are free now, they are taken before this function returns.
   *
   * @param waits is called with the names of the rollouts for which this one must wait
   * @param signal ends the waiting
   * @returns a function that gives the keys back, or undefined if the signal ended the waiting
   */
  enter(
    entrant: Entrant,
    signal: AbortSignal,
    waits: (names: readonly string[]) => void,
  ): Promise<(() => void) | undefined>;
}

/** Orders the rollouts of one run. A rollout in `activate` never asks for `prepare`, so there is no deadlock. */
export interface Admission {
  /** From prepare to the end: at most four rollouts on a host, and one for each image tag on it. */
  readonly prepare: Gate;
  /**
   * From activation to the end. A rollout over several hosts has these hosts for itself, so that not more of them change at a time than it
   * allows, and no other site disturbs its canary. Rollouts on only one host run at the same time.
   */
  readonly activate: Gate;
}

const rolloutsPerHost = 4;

export function admission(): Admission {
  return {
    prepare: gate((key) => (isTag(key) ? 1 : rolloutsPerHost)),
    activate: gate(() => rolloutsPerHost),
  };
}

/** The key of an image tag on a host. */
export function tagKey(host: string, tag: string): string {
  return `${host}\0${tag}`;
}

function isTag(key: string): boolean {
  return key.includes("\0");
}

/** First come, first served. A rollout overtakes an earlier one only if they share no key. */
function gate(width: (key: string) => number): Gate {
  type Place = { readonly name: string; readonly keys: ReadonlySet<string>; readonly isExclusive: boolean };
  const inside = new Set<Place>();
  const waiting = new Map<Place, (leave: () => void) => void>();

  const holdersOf = (key: string) => [...inside].filter(({ keys }) => keys.has(key));
  const isFull = (key: string, isExclusive: boolean) => {
    const holders = holdersOf(key);
    const most = isExclusive || holders.some((holder) => holder.isExclusive) ? 1 : width(key);
    return holders.length >= most;
  };
  const fits = ({ keys, isExclusive }: Place) => [...keys].every((key) => !isFull(key, isExclusive));
  /** Rollouts that came earlier and wait for one of the same keys. */
  const ahead = (place: Place) => {
    const all = [...waiting.keys()];
    const before = waiting.has(place) ? all.slice(0, all.indexOf(place)) : all;
    return before.filter(({ keys }) => [...keys].some((key) => place.keys.has(key)));
  };
  const mayEnter = (place: Place) => fits(place) && ahead(place).length === 0;
  const take = (place: Place) => {
    inside.add(place);
    return () => {
      if (inside.delete(place)) admitOthers();
    };
  };
  const admitOthers = () => {
    for (const [place, admit] of waiting) {
      if (!mayEnter(place)) continue;
      waiting.delete(place);
      admit(take(place));
    }
  };

  return {
    enter({ name, keys, isExclusive = false }, signal, waits) {
      const place = { name, keys: new Set(keys), isExclusive };
      if (mayEnter(place)) return Promise.resolve(take(place));
      if (signal.aborted) return Promise.resolve(undefined);
      const full = keys.filter((key) => isFull(key, isExclusive)).flatMap(holdersOf);
      waits([...new Set([...full, ...ahead(place)].map((other) => other.name))]);
      return new Promise((resolve) => {
        const giveUp = () => {
          waiting.delete(place);
          resolve(undefined);
          admitOthers();
        };
        waiting.set(place, (leave) => {
          signal.removeEventListener("abort", giveUp);
          resolve(leave);
        });
        signal.addEventListener("abort", giveUp, { once: true });
      });
    },
  };
}
