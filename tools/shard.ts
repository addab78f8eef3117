/**
 * One part of a list, as `node --test --test-shard` names it: "2/3" is the second of three. Neighbours are in different parts. Pure.
 *
 * @throws Error if `shard` is not a part
 */
export function shardOf<T>(all: readonly T[], shard: string): T[] {
  const [, index = 0, total = 0] = (/^(\d+)\/(\d+)$/.exec(shard) ?? []).map(Number);
  if (index < 1 || index > total) throw new Error(`"${shard}" is not a shard: 1/3 is the first of three.`);
  return all.filter((_, at) => at % total === index - 1);
}
