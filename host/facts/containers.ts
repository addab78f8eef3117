/** A container of podman, no matter who created it. */
export interface ContainerFact {
  name: string;
  /** The unit that runs it, from podman's label PODMAN_SYSTEMD_UNIT; "" for none. */
  unit: string;
  running: boolean;
  image: string;
}

/** Whose podman: that of the user who runs the manager, or that of the account that services of the host's manager run as. */
export type Podman = "manager" | "account";

/**
 * Reads lines of "NAME|STATE|UNIT|IMAGE" from `podman ps`. Pure.
 *
 * @see podman-ps(1), --format
 */
export function readContainers(found: string): ContainerFact[] {
  return found
    .split("\n")
    .filter(Boolean)
    .map((line) => {
      const [name = "", state = "", unit = "", ...image] = line.split("|");
      return { name, unit, running: state === "running" || state === "paused", image: image.join("|") };
    });
}
