/**
 * What looks wrong in the reference of an image, and what to write. Undefined if nothing does.
 *
 * @param text "docker.io/library/nginx:1.29", with or without a digest
 * @see the grammar in github.com/distribution/reference, reference.go, which podman uses
 * @example imageProblem("docker://docker.io/library/nginx") // '"docker://…" has a transport, … Write "docker.io/library/nginx".'
 */
export function imageProblem(text: string): string | undefined {
  const at = (what: string, ...right: string[]) => {
    const [example = "docker.io/library/nginx:1.29"] = right.filter((one) => imageProblem(one) === undefined);
    return `${JSON.stringify(text)} ${what}. Write ${right.includes(example) ? "" : "for example "}"${example}".`;
  };
  const [scheme] = /^[a-z][a-z0-9+.-]*:\/\//i.exec(text) ?? [];
  if (scheme !== undefined) {
    const what = /^https?:/i.test(scheme) ? "is the address of a page" : "has a transport";
    return at(`${what} ("${scheme}"), and must be the name of an image`, text.slice(scheme.length));
  }
  const [transport] = transports.exec(text) ?? [];
  if (transport !== undefined)
    return at(`has a transport ("${transport}"), and hosts get their images from a registry`);
  if (/[\s\p{Cc}]/u.test(text))
    return at("has a blank or a control character", text.replaceAll(/[\s\p{Cc}]/gu, ""));

  const [rest = "", ...digests] = text.split("@");
  const [, name = "", tag] = /^(.*?)(?::([^/:]*))?$/s.exec(rest) ?? [];
  if (name.length > 255)
    return `"${name.slice(0, 30)}…" has ${name.length} characters, and the name of an image can have at most 255.`;
  const tail = text.slice(name.length);
  const [first = "", ...others] = name.split("/");
  const hasRegistry = others.length > 0 && isRegistry(first);
  const path = hasRegistry ? others.join("/") : name;
  if (path !== path.toLowerCase()) {
    const right = `${hasRegistry ? `${first}/` : ""}${path.toLowerCase()}${tail}`;
    return at("has capital letters, which only its registry and its tag may have", right);
  }
  if ((hasRegistry && !registry.test(first)) || !repository.test(path))
    return at("is not the name of an image");
  if (tag !== undefined && !/^\w[\w.-]{0,127}$/.test(tag))
    return at(`has "${tag}" as its tag, which is not valid`, name);
  if (digests.length > 1 || !digests.every((one) => digest.test(one)))
    return `${JSON.stringify(text)} has a digest that is not valid: it must be "sha256:" and 64 digits of 0-9 and a-f. Copy the whole digest.`;
  return undefined;
}

/** Whether the first part of a name is a registry. */
export function isRegistry(first: string): boolean {
  return first === "localhost" || /[.:]/.test(first);
}

/** The transports of containers-transports(5) that are written without "//". */
const transports =
  /^(containers-storage|dir|docker-archive|docker-daemon|oci|oci-archive|ostree|sif|tarball):(?!\d+\/)/;

const registry =
  /^([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*|\[[A-Fa-f0-9:]+\])(:[0-9]+)?$/;
const part = String.raw`[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`;
const repository = new RegExp(`^${part}(/${part})*$`);
const digest = /^(sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})$/;
