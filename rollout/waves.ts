import { naturally } from "./fold.ts";
import type { Member } from "./member.ts";
import type { Limits } from "./policy.ts";

type Placed = Pick<Member, "name" | "leaves">;
type Width = Pick<Limits, "canary" | "canaryHosts" | "maxParallel">;

/** The hosts that go first: those named in the policy, otherwise the first ones in natural order. */
export function canaries<T extends Placed>(hosts: readonly T[], limits: Width): T[] {
  const staying = hosts
    .filter(({ leaves }) => !leaves)
    .sort((left, right) => naturally(left.name, right.name));
  const chosen = staying.filter(({ name }) => limits.canaryHosts.includes(name));
  return chosen.length > 0 ? chosen : staying.slice(0, limits.canary);
}

/**
 * The order of a rollout: canaries, other hosts, hosts that lose the set. No wave has more than `maxParallel` hosts.
 *
 * @param hosts the hosts with something to do
 */
export function waves<T extends Placed>(hosts: readonly T[], limits: Width): T[][] {
  const first = canaries(hosts, limits);
  const others = hosts
    .filter((host) => !first.includes(host))
    .sort((left, right) => naturally(left.name, right.name));
  return [first, others.filter(({ leaves }) => !leaves), others.filter(({ leaves }) => leaves)].flatMap(
    (part) =>
      Array.from({ length: Math.ceil(part.length / limits.maxParallel) }, (_, index) =>
        part.slice(index * limits.maxParallel, (index + 1) * limits.maxParallel),
      ),
  );
}
