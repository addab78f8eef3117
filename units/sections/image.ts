import type { KeySpecs, Many } from "../section.ts";

/**
 * `[Image]` of an .image file: an image that is pulled by a service of its own, with its own login.
 *
 * @see podman-systemd.unit(5), "Image units [Image]"; podman-pull(1)
 */
export interface ImageSection {
  /** The image, best with its registry. */
  image: string;
  /** The name that a reference to the .image file stands for, where `image` is an archive. Default: `image`. */
  imageTag?: string;
  /** When to pull: "always", "missing", "never", "newer". Default: "always". */
  policy?: "always" | "missing" | "never" | "newer";
  /** A file with logins, containers-auth.json(5). Default: the user's. */
  authFile?: string;
  /** A directory with certificates for the registry. Default: /etc/containers/certs.d. */
  certDir?: string;
  /** Whether the registry has to have HTTPS and a valid certificate. Default: true. */
  tlsVerify?: boolean;
  /** The processor: "arm64". Default: the host's. */
  arch?: string;
  /** The operating system. Default: the host's. */
  os?: string;
  /** The processor's variant: "arm/v7". Default: the host's. */
  variant?: string;
  /** Whether all tags are pulled. Default: false. */
  allTags?: boolean;
  /** How often to try again after an HTTP error. Default: 3. */
  retry?: number;
  /** How long to wait before that: "5s". Default: 2 seconds, then longer each time. */
  retryDelay?: string;
  /** Options of podman itself; each text is split into words. Default: none. */
  globalArgs?: Many;
  /** Further options of "podman image pull"; each text is split into words. Default: none. */
  podmanArgs?: Many;
}

export const imageKeys = {
  image: { directive: "Image", kind: "value", since: "4.8" },
  imageTag: { directive: "ImageTag", kind: "value", since: "4.8" },
  policy: { directive: "Policy", kind: "value", since: "5.6" },
  authFile: { directive: "AuthFile", kind: "value", since: "4.8" },
  certDir: { directive: "CertDir", kind: "value", since: "4.8" },
  tlsVerify: { directive: "TLSVerify", kind: "value", since: "4.8" },
  arch: { directive: "Arch", kind: "value", since: "4.8" },
  os: { directive: "OS", kind: "value", since: "4.8" },
  variant: { directive: "Variant", kind: "value", since: "4.8" },
  allTags: { directive: "AllTags", kind: "value", since: "4.8" },
  retry: { directive: "Retry", kind: "value", since: "5.5" },
  retryDelay: { directive: "RetryDelay", kind: "value", since: "5.5" },
  globalArgs: { directive: "GlobalArgs", kind: "repeated", since: "4.8" },
  podmanArgs: { directive: "PodmanArgs", kind: "repeated", since: "4.8" },
} as const satisfies KeySpecs<ImageSection>;
