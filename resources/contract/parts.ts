import { z } from "zod";
import { map, text } from "./fields.ts";

export const fileContent = z.strictObject({
  /** The text. */
  content: text(),
  /**
   * Permission bits as four octal digits.
   * @default "0644"
   */
  mode: text("mode").optional(),
  /**
   * Whether "@UID@" and "@HOME@" in it stand for the account's UID and home directory, as they do in units. Only with `user`.
   * @default false
   */
  placeholders: z.boolean().optional(),
});

/** A file of the set that is not a unit. */
export interface FileContent extends z.input<typeof fileContent> {}

export const serviceState = z.strictObject({
  /**
   * Started now and kept so.
   * @default true
   */
  active: z.boolean().optional(),
  /**
   * `systemctl enable`: started at boot by its [Install] section. Only for units that are no quadlets.
   * @default false
   */
  enabled: z.boolean().optional(),
  /** Keys of `files`: a change of one reloads the service (`systemctl reload`). */
  reloadOn: z.array(text()).optional(),
  /** Keys of `files` and `units`: a change of one restarts the service. Its own unit always does. */
  restartOn: z.array(text()).optional(),
  /**
   * Restart it without a failed request: the new version proves itself in its own network namespace (the rehearsal), then
   * shares the open sockets with the old one until that has answered its last request (the handover). A new configuration is
   * rehearsed as well before a reload, where there is a probe that can be asked in there. For a service that is
   * socket-activated by this set, runs one container, and may run twice for a moment. Where it can't be done (a published
   * port, a fixed address, the host's network) the service is restarted with its sockets open.
   * @default false
   */
  handover: z.boolean().optional(),
});

/** What a unit of the set shall be. A unit that is not named here is only installed. */
export interface ServiceState extends z.input<typeof serviceState> {}

export const pullPolicy = z.enum(["missing", "always", "never"]);

/** When an image is pulled. */
export type PullPolicy = z.input<typeof pullPolicy>;

export const imagePull = z.strictObject({
  /** When to pull it: "missing", where the host does not have it; "always", at every change of the set; "never", it must be there. */
  pull: pullPolicy,
});

/** An image that must be on the host before any service is started or restarted. */
export interface ImagePull extends z.input<typeof imagePull> {}

export const registryLogin = z.strictObject({
  /**
   * The account of the registry.
   * @range text
   * @example "deploy"
   * @see podman-login(1), --username
   */
  username: text(),
  /**
   * Its password or token. Always kept as a secret.
   * @range text
   * @example "…"
   * @see podman-login(1), --password-stdin
   */
  password: text(undefined, { secret: true }),
});

/** Login of a registry. It is used for the pull and not left on the host. */
export interface RegistryLogin extends z.input<typeof registryLogin> {}

export const containerCheck = z.strictObject({
  /** The image; it is pulled before. */
  image: text("image"),
  /** The command and its arguments, instead of the image's entry point. The container has no network. */
  command: z.array(text("line")),
  /** Directory of `files` → where the container sees the new version of it, read-only. */
  mounts: map(text("hostPath"), text("line")).optional(),
  /** More volumes, as podman writes them; placeholders as in `units`. */
  volumes: z.array(text("line")).optional(),
  /** The service whose start shows the same: where that is rehearsed, the check is made only to say why the rehearsal has failed. */
  service: text("line").optional(),
});

/** A command that must succeed in a container with the new files, before anything on the host is changed: `nginx -t`. */
export interface ContainerCheck extends z.input<typeof containerCheck> {}
