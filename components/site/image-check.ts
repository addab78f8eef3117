import { imageProblem, isRegistry } from "../../units/image.ts";
import type { ArgumentProblem } from "../arguments/problems.ts";

/** Problems of an image reference, the argument `path`; `requireDigest` as in the arguments. */
export function checkImage(image: string, requireDigest: boolean, path = "image"): ArgumentProblem[] {
  const malformed = imageProblem(image);
  if (malformed !== undefined) return [{ path, message: malformed }];
  const [registry = "", ...rest] = image.split("/");
  if (rest.length === 0 || !isRegistry(registry)) {
    const full = rest.length === 0 ? `docker.io/library/${image}` : `docker.io/${image}`;
    return [
      {
        path,
        message: `"${image}" names no registry, so each host would choose one by itself. Write for example "${full}".`,
      },
    ];
  }
  if (requireDigest && !/@sha256:[0-9a-f]{64}$/.test(image)) {
    return [
      {
        path,
        message: `"${image}" has no digest, and requireDigest is set. Write ${image.split("@")[0]}@sha256:… (podman image inspect --format '{{.Digest}}').`,
      },
    ];
  }
  return [];
}
