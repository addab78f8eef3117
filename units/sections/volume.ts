import type { KeySpecs, Many, Variables } from "../section.ts";

/**
 * `[Volume]` of a .volume file. The volume is made once: a change here does not reach one that is there already.
 *
 * @see podman-systemd.unit(5), "Volume units [Volume]"; podman-volume-create(1)
 */
export interface VolumeSection {
  /** The volume's name. Default: "systemd-" and the file's name. */
  volumeName?: string;
  /** What keeps it: "local", "image" or a plugin. Default: "local". */
  driver?: string;
  /** With the driver "image": the image, or an .image file. */
  image?: string;
  /** What is mounted: a device, a directory, "tmpfs". Default: none, a directory of podman's. */
  device?: string;
  /** With `device`: the file system's type, as mount(8) -t has it. Default: none. */
  type?: string;
  /** With `device`: mount options, as mount(8) -o has them. Default: none. */
  options?: string;
  /** Who owns it on the host: a number. Default: podman's user. */
  user?: number;
  /** The group that owns it on the host: a number. Default: podman's group. */
  group?: number;
  /** Whether at its first use the image's files at that place are copied in. Default: true. */
  copy?: boolean;
  /** Labels, as they are given. Default: none. */
  label?: Variables;
  /** Options of podman itself; each text is split into words. Default: none. */
  globalArgs?: Many;
  /** Further options of "podman volume create"; each text is split into words. Default: none. */
  podmanArgs?: Many;
}

export const volumeKeys = {
  volumeName: { directive: "VolumeName", kind: "value", since: "4.7" },
  driver: { directive: "Driver", kind: "value", since: "4.8" },
  image: { directive: "Image", kind: "value", since: "4.8" },
  device: { directive: "Device", kind: "value" },
  type: { directive: "Type", kind: "value" },
  options: { directive: "Options", kind: "value" },
  user: { directive: "User", kind: "value" },
  group: { directive: "Group", kind: "value" },
  copy: { directive: "Copy", kind: "value" },
  label: { directive: "Label", kind: "labels" },
  globalArgs: { directive: "GlobalArgs", kind: "repeated", since: "4.8" },
  podmanArgs: { directive: "PodmanArgs", kind: "repeated", since: "4.6" },
} as const satisfies KeySpecs<VolumeSection>;
