/** A volume as in podman-run(1): SOURCE:TARGET[:OPTIONS], or only a TARGET. */
export interface Volume {
  /** A path of the host, the name of a volume or of its quadlet. */
  source?: string;
  /** In the container: cleaned of "//", "." and "..". */
  target: string;
}

/**
 * Reads a volume.
 *
 * @returns the volume, or what is wrong with it and what to write
 * @see podman-run(1), --volume; podman-systemd.unit(5), Volume=; GenVolumeMounts() in podman's pkg/specgen/volumes.go
 */
export function readVolume(text: string): Volume | string {
  const parts = text.split(":");
  if (parts.length > 3) return `"${text}" has too many ":". Write SOURCE:TARGET or SOURCE:TARGET:OPTIONS.`;
  const [source, target] = parts.length === 1 ? [undefined, text] : parts;
  const problem = source === undefined ? undefined : sourceProblem(source);
  if (problem !== undefined) return problem;
  // Only the host knows what a specifier stands for.
  if (target === undefined || !/^[/%]/.test(target))
    return `"${target}" must be a path in the container that begins with "/". Write SOURCE:/TARGET.`;
  if (cleanPath(target) === "/")
    return `"${text}" would be mounted at the root of the container, which is not possible. Choose a directory in it.`;
  return { ...(source === undefined ? {} : { source }), target: cleanPath(target) };
}

/** @example sourceProblem("./html") // '"./html" is relative …' */
function sourceProblem(source: string): string | undefined {
  if (source.startsWith("/") || source.startsWith("%")) return undefined;
  if (source === "") return 'has no source before its first ":". Write SOURCE:TARGET.';
  if (/^~(\/|$)/.test(source))
    return `"${source}" begins with "~", which podman does not know. Write "%h${source.slice(1)}", the account's home directory.`;
  if (/^\.{1,2}(\/|$)/.test(source)) {
    const rest = cleanPath(source);
    return `"${source}" is relative, and the host would look for it beside its unit file. Write the whole path on the host, for example "/srv${rest}" or "%h${rest}".`;
  }
  if (source.includes("/"))
    return `"${source}" is relative. Write the whole path on the host, for example "/${source}".`;
  if (!/^[A-Za-z0-9][\w.-]*$/.test(source.replaceAll(/%./g, "x")))
    return `"${source}" is neither a path nor the name of a volume: letters, digits, "_", "." and "-".`;
  return undefined;
}

/** As podman cleans the path of a volume: without "//", "." and "..". */
export function cleanPath(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}

/** Whether a path is in a directory, at any depth; the directory itself is not. */
export function isBelow(path: string, directory: string): boolean {
  return path !== directory && path.startsWith(directory === "/" ? "/" : `${directory}/`);
}
