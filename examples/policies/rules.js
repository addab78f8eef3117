// The rules: pure functions of what `readUnitSet` says of a set. Change them, or add your own.

/** @typedef {import("quadlet-fleet/policies").UnitSetContent} UnitSetContent */

const imagesByDigest = {
  name: "images-by-digest",
  description: "Each image has a digest, so all hosts run the same one, whatever its tag names later.",
  /** @param {UnitSetContent} content */
  problems: ({ images }) =>
    images
      .filter((image) => !/@sha256:[0-9a-f]{64}$/.test(image))
      .map(
        (image) =>
          `The image ${image} has no digest. Write ${nameOf(image)}@sha256:…, as \`skopeo inspect docker://${image}\` says it.`,
      ),
};

const tlsOnly = {
  name: "tls-only",
  description: "Addresses that other machines reach have TLS, or only redirect to https.",
  /** @param {UnitSetContent} content */
  problems: ({ listeners }) =>
    listeners
      .filter(({ serves }) => serves !== "tls" && serves !== "redirect")
      .map(({ unit, address, serves }) =>
        serves === "plain"
          ? `${unit} answers on ${address} without TLS. Write tls: { …, redirect: true }, or listen on 127.0.0.1.`
          : `${unit} listens on ${address}, and it can't be seen that this has TLS. Put nginx in front of it, or listen on 127.0.0.1.`,
      ),
};

const hardened = {
  name: "hardened-in-production",
  description: "In production, all containers are hardened.",
  configSchema: {
    properties: {
      stacks: { type: "array", items: { type: "string" }, default: ["production"] },
    },
  },
  /** @param {UnitSetContent} content @param {{ stack: string, stacks?: string[] }} where */
  problems: ({ containers }, { stack, stacks = ["production"] }) =>
    containers
      .filter(({ isHardened }) => !isHardened && stacks.includes(stack))
      .map(
        ({ unit }) => `${unit} is not hardened, and the stack ${stack} is production. Write hardened: true.`,
      ),
};

const verified = {
  name: "verified",
  description: "Each deploy asks for a page on each address. A version that does not answer is rolled back.",
  /** @param {UnitSetContent} content */
  problems: ({ listeners }) =>
    listeners
      .filter(({ isVerified }) => !isVerified)
      .map(
        ({ unit, address }) =>
          `A deploy does not check that ${unit} answers on ${address}. Leave out verify: false.`,
      ),
};

export const rules = [imagesByDigest, tlsOnly, hardened, verified];

/** "docker.io/library/nginx:1.29" → "docker.io/library/nginx" */
function nameOf(image) {
  return image.replace(/@.*$/, "").replace(/:[^/:]*$/, "");
}
