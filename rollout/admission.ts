/** Who wants in. */
export interface Entrant {
  /** What others are told to wait for. */
  readonly name: string;
  /** All that is taken together: nobody holds a part and waits for the rest. */
  readonly keys: readonly string[];
}

export interface Gate {
  /**
   * Lets a rollout in when all its keys are free. If they are now, they are taken before this returns.
   *
   * @param waits is called with the names of those it waits for, if it has to wait
   * @param signal ends the waiting
   * @returns how to leave, or undefined if the waiting was ended
   */
  enter(
    entrant: Entrant,
    signal: AbortSignal,
    waits: (names: readonly string[]) => void,
  ): Promise<(() => void) | undefined>;
}

/** The order among the rollouts of one run. A rollout in `activate` never asks for `prepare`: so nobody waits in a circle. */
export interface Admission {
  /** Preparing: four rollouts a host, one for an image tag of a host. */
  readonly prepare: Gate;
  /** Activation to commit: one rollout a host. */
  readonly activate: Gate;
}

const preparingPerHost = 4;

export function admission(): Admission {
  return {
    prepare: gate((key) => (isTag(key) ? 1 : preparingPerHost)),
    activate: gate(() => 1),
  };
}

/** The key of an image tag on a host. */
export function tagKey(host: string, tag: string): string {
  return `${host}\0${tag}`;
}

function isTag(key: string): boolean {
  return key.includes("\0");
}

/** First come, first served. Who shares no key with those who wait since longer may overtake them. */
function gate(width: (key: string) => number): Gate {
  type Place = { readonly name: string; readonly keys: ReadonlySet<string> };
  const inside = new Set<Place>();
  const waiting = new Map<Place, (leave: () => void) => void>();

  const holdersOf = (key: string) => [...inside].filter(({ keys }) => keys.has(key));
  const fits = ({ keys }: Place) => [...keys].every((key) => holdersOf(key).length < width(key));
  /** Those who wait since longer for something that this one wants. */
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
    enter({ name, keys }, signal, waits) {
      const place = { name, keys: new Set(keys) };
      if (mayEnter(place)) return Promise.resolve(take(place));
      if (signal.aborted) return Promise.resolve(undefined);
      const full = keys.filter((key) => holdersOf(key).length >= width(key)).flatMap(holdersOf);
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
