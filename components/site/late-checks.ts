import { warn } from "@pulumi/pulumi/log/index.js";
import { type Input, all, output, unsecret } from "@pulumi/pulumi/output.js";
import type { Resource } from "@pulumi/pulumi/resource.js";
import type { SocketActivatedNginxArgs } from "./arguments.ts";
import { checkConfiguration } from "./check.ts";
import { checkImage } from "./image-check.ts";
import { ArgumentError } from "../arguments/problems.ts";
import { lateTls } from "../tls/check.ts";

/**
 * The same checks for what was not known when the component was made: they run as soon as it is.
 *
 * @param what the component, for errors
 */
export function lateChecks(
  what: string,
  name: string,
  args: SocketActivatedNginxArgs,
  component: Resource,
): SocketActivatedNginxArgs {
  const late = {
    ...args,
    image: lateImage(what, "image", args.image, args.requireDigest),
    ...(args.tls === undefined ? {} : { tls: lateTls(what, args.tls, component) }),
  };
  if (!args.nginx || Object.values(args.nginx).every((text) => typeof text === "string")) return late;
  const checked = unsecret(
    output(args.nginx).apply((nginx) => {
      const { errors, warnings } = checkConfiguration(args.name ?? name, args, nginx);
      if (errors.length > 0)
        throw new ArgumentError(
          what,
          errors.map(({ message }) => ({ path: "nginx", message })),
        );
      for (const { message } of warnings) void warn(message, component);
      return true;
    }),
  );
  const nginx = Object.entries(args.nginx).map(([file, text]): [string, Input<string>] => [
    file,
    // What is plain stays plain, so that its diff can be read; the others wait for the check.
    typeof text === "string" ? text : all([text, checked]).apply(([content]) => content),
  ]);
  return { ...late, nginx: Object.fromEntries(nginx) };
}

/** An image that is checked as soon as it is known. */
export function lateImage(
  what: string,
  path: string,
  image: Input<string>,
  requireDigest = false,
): Input<string> {
  if (typeof image === "string") return image;
  return output(image).apply((reference) => {
    const problems = checkImage(reference, requireDigest);
    if (problems.length > 0)
      throw new ArgumentError(
        what,
        problems.map(({ message }) => ({ path, message })),
      );
    return reference;
  });
}
