import { type ArgumentProblem, pathText } from "../components/arguments/problems.ts";

/**
 * The labels by which hosts can be chosen, as a sentence. The hosts may be malformed.
 *
 * ```ts
 * labelsOf({ a: { labels: { role: "web" } }, b: { labels: { role: "db" } } }) // " The hosts have: role: web, db."
 * ```
 */
export function labelsOf(hosts: unknown): string {
  const values = new Map<string, Set<string>>();
  for (const host of Object.values(record(hosts)))
    for (const [label, value] of Object.entries(record(record(host).labels)))
      if (typeof value === "string") values.set(label, (values.get(label) ?? new Set()).add(value));
  if (values.size === 0) return " No host of this stack has labels.";
  return ` The hosts have: ${[...values].map(([label, all]) => `${label}: ${[...all].join(", ")}`).join("; ")}.`;
}

/** Adds the labels to the problems of a selection that is not a list, once for each selection. */
export function withLabels(problems: readonly ArgumentProblem[], configuration: object): ArgumentProblem[] {
  const all = record(configuration);
  const open = new Set(
    ["sites", "proxies"].flatMap((kind) =>
      Object.entries(record(all[kind])).flatMap(([name, args]) =>
        Array.isArray(record(args).hosts) || record(args).hosts === undefined
          ? []
          : [pathText([kind, name, "hosts"])],
      ),
    ),
  );
  return problems.map(({ path, message }) => {
    const selection = [...open].find((one) => path === one || path.startsWith(`${one}.`));
    if (selection === undefined) return { path, message };
    open.delete(selection);
    return { path, message: `${message}${/[.?]$/.test(message) ? "" : "."}${labelsOf(all.hosts)}` };
  });
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
