/** Sorts names as a person does: web-2 before web-10. */
export function naturally(left: string, right: string): number {
  const [some, others] = [pieces(left), pieces(right)];
  for (const [index, piece] of some.entries()) {
    const other = others[index];
    if (other === undefined) return 1;
    const order = isNumber(piece) && isNumber(other) ? byValue(piece, other) : byText(piece, other);
    if (order !== 0) return order;
  }
  return some.length - others.length;
}

/**
 * Shortens a list of names. Names that differ only in their last number become one range.
 *
 * @example fold(["web-3", "web-2", "web-1", "db"]) // "db, web-[1-3]"
 */
export function fold(names: readonly string[]): string {
  const families = new Map<string, { before: string; after: string; numbers: string[] }>();
  const alone: string[] = [];
  for (const name of new Set(names)) {
    const { before, number, after } = lastNumber(name);
    if (number === undefined) {
      alone.push(name);
      continue;
    }
    const key = JSON.stringify([before, after]);
    const family = families.get(key) ?? { before, after, numbers: [] };
    family.numbers.push(number);
    families.set(key, family);
  }
  const folded = [...families.values()].flatMap(({ before, after, numbers }) =>
    // web-01 and web-1 are different hosts.
    byWidth(numbers).map((same) => ({
      first: `${before}${same[0] ?? ""}${after}`,
      text: same.length === 1 ? `${before}${same[0] ?? ""}${after}` : `${before}[${ranges(same)}]${after}`,
    })),
  );
  return [...folded, ...alone.map((name) => ({ first: name, text: name }))]
    .sort((left, right) => naturally(left.first, right.first))
    .map(({ text }) => text)
    .join(", ");
}

/** The names that {@link fold} shortened. */
export function unfold(folded: string): string[] {
  return folded.split(/, /).flatMap((part) => {
    const [, before = "", list, after = ""] = /^([^[]*)\[([^\]]*)\](.*)$/s.exec(part) ?? [];
    if (list === undefined) return part === "" ? [] : [part];
    return list.split(",").flatMap((range) => {
      const [first = "", last = first] = range.split("-");
      const many = Number(BigInt(last) - BigInt(first)) + 1;
      return Array.from({ length: many }, (_, index) => {
        const number = String(BigInt(first) + BigInt(index)).padStart(first.length, "0");
        return `${before}${number}${after}`;
      });
    });
  });
}

/** Groups hosts by equal text, the largest group first. */
export function grouped<T extends { readonly name: string; readonly why: string }>(
  said: readonly T[],
): { readonly why: string; readonly names: string[] }[] {
  return [...Map.groupBy(said, ({ why }) => why)]
    .map(([why, same]) => ({ why, names: same.map(({ name }) => name).sort(naturally) }))
    .sort(
      (left, right) =>
        right.names.length - left.names.length || naturally(left.names[0] ?? "", right.names[0] ?? ""),
    );
}

function pieces(name: string): string[] {
  return name.match(/\d+|\D+/g) ?? [];
}

function isNumber(piece: string): boolean {
  return /^\d/.test(piece);
}

function byText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Compares numbers of any length. For equal values, the shorter text comes first. */
function byValue(left: string, right: string): number {
  const difference = BigInt(left) - BigInt(right);
  return difference === 0n ? left.length - right.length : difference < 0n ? -1 : 1;
}

function lastNumber(name: string): { before: string; number: string | undefined; after: string } {
  const found = /^(.*?)(\d+)(\D*)$/s.exec(name);
  return { before: found?.[1] ?? "", number: found?.[2], after: found?.[3] ?? "" };
}

/** Groups numbers that are padded to the same width (08, 09, 10), and all numbers without padding (8, 9, 10). */
function byWidth(numbers: readonly string[]): string[][] {
  const padded = new Set(numbers.filter((number) => /^0\d/.test(number)).map((number) => number.length));
  const widths = Map.groupBy(numbers, ({ length }) => (padded.has(length) ? length : 0));
  return [...widths.values()].map((same) => same.sort(byValue));
}

/** @param numbers sorted by value */
function ranges(numbers: readonly string[]): string {
  const runs: { first: string; last: string }[] = [];
  for (const number of numbers) {
    const run = runs.at(-1);
    if (run && BigInt(run.last) + 1n === BigInt(number)) run.last = number;
    else runs.push({ first: number, last: number });
  }
  return runs.map(({ first, last }) => (first === last ? first : `${first}-${last}`)).join(",");
}
