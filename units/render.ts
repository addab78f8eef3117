import type { Section } from "./model.ts";
import { type KeySpecs, section } from "./section.ts";
import { type ContainerSection, containerKeys } from "./sections/container.ts";
import { type InstallSection, installKeys } from "./sections/install.ts";
import { type NetworkSection, networkKeys } from "./sections/network.ts";
import { type QuadletSection, quadletKeys } from "./sections/quadlet.ts";
import { type ServiceSection, serviceKeys } from "./sections/service.ts";
import { type SocketSection, socketKeys } from "./sections/socket.ts";
import { type TimerSection, timerKeys } from "./sections/timer.ts";
import { type UnitSection, unitKeys } from "./sections/unit.ts";
import { serialize } from "./serialize.ts";

/** What every unit file may have. A section that is left out, or has no fields, is not written. */
export interface CommonSections {
  unit?: UnitSection;
  install?: InstallSection;
}

/** What every quadlet may have. podman does not support another account there, and refuses User= from 5.6 on. */
export interface QuadletSections extends CommonSections {
  service?: Omit<ServiceSection, "user">;
  quadlet?: QuadletSection;
}

/**
 * The text of a .container file.
 *
 * @throws UnwritableValueError for what a unit file can't hold
 * @see podman-systemd.unit(5)
 * @example
 * ```ts
 * renderContainer({ container: { image: "docker.io/library/nginx", environment: { NGINX: "3;" } } });
 * // "[Container]\nImage=docker.io/library/nginx\nEnvironment=NGINX=3;\n"
 * ```
 */
export function renderContainer(sections: QuadletSections & { container: ContainerSection }): string {
  return render(sections, section(containerKeys, "Container", sections.container));
}

/** The text of a .network file. @throws UnwritableValueError @see podman-systemd.unit(5) */
export function renderNetwork(sections: QuadletSections & { network: NetworkSection }): string {
  return render(sections, section(networkKeys, "Network", sections.network));
}

/** The text of a .socket file. @throws UnwritableValueError @see systemd.socket(5) */
export function renderSocket(sections: CommonSections & { socket: SocketSection }): string {
  return render(sections, section(socketKeys, "Socket", sections.socket));
}

/** The text of a .timer file. @throws UnwritableValueError @see systemd.timer(5) */
export function renderTimer(sections: CommonSections & { timer: TimerSection }): string {
  return render(sections, section(timerKeys, "Timer", sections.timer));
}

/** The text of a .service file. @throws UnwritableValueError @see systemd.service(5) */
export function renderService(sections: CommonSections & { service: ServiceSection }): string {
  return render(sections);
}

/** The text of a .target file. @throws UnwritableValueError @see systemd.target(5) */
export function renderTarget(sections: CommonSections): string {
  return render(sections);
}

/** A quadlet needs its own section even when it is empty: podman would otherwise refuse the file. */
function render(sections: QuadletSections, own?: Section): string {
  return serialize({
    sections: [
      ...optional(unitKeys, "Unit", sections.unit),
      ...(own === undefined ? [] : [own]),
      ...optional(serviceKeys, "Service", sections.service),
      ...optional(installKeys, "Install", sections.install),
      ...optional(quadletKeys, "Quadlet", sections.quadlet),
    ],
  });
}

function optional<Fields extends object>(
  specs: KeySpecs<Fields>,
  name: string,
  fields: Fields | undefined,
): Section[] {
  const written = section(specs, name, fields ?? ({} as Fields));
  return written.entries.length === 0 ? [] : [written];
}
