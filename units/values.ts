import { parse } from "./parse.ts";

/**
 * The values of a key in a unit's text, in their order: of all sections of that name.
 *
 * @param file its name, for messages
 * @throws UnitSyntaxError
 * @example valuesOf("[Socket]\nListenStream=80\nListenStream=81\n", "web.socket", "Socket", "ListenStream") // ["80", "81"]
 */
export function valuesOf(text: string, file: string, section: string, key: string): string[] {
  return parse(text, file)
    .sections.filter(({ name }) => name === section)
    .flatMap(({ entries }) =>
      entries.flatMap((entry) => ("key" in entry && entry.key === key ? [entry.value] : [])),
    );
}
