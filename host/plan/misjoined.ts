import { compareVersions, joinsLinesSince, misjoinedLine } from "../../units/versions.ts";
import type { DesiredFile } from "../desired.ts";
import type { Facts } from "../facts/facts.ts";

/** Quadlets whose lines an old podman on the host would join in another way, or whose end it would never reach. Pure. */
export function misjoined({ podman }: Facts, payload: readonly DesiredFile[]): string[] {
  const { version } = podman;
  if (version === undefined || compareVersions(version, joinsLinesSince) >= 0) return [];
  return payload.flatMap(({ key, unit, content }) => {
    const line = unit === undefined ? undefined : misjoinedLine(key, content);
    if (line === undefined) return [];
    return [
      `${key}:${line}: a comment or an empty line among lines that a "\\" joins needs podman ${joinsLinesSince}, and the host has ${version}, whose generator may hang on it. Remove this line, or update podman.`,
    ];
  });
}
