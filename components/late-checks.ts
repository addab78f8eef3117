import * as pulumi from "@pulumi/pulumi";
import type { SocketActivatedNginxArgs } from "./arguments.ts";
import { checkConfiguration, checkImage } from "./check.ts";
import { ArgumentError } from "./problems.ts";

/**
 * The same checks for what was not known when the component was made: they run as soon as it is.
 *
 * @param what the component, for errors
 */
export function lateChecks(
  what: string,
  name: string,
  args: SocketActivatedNginxArgs,
  component: pulumi.Resource,
): SocketActivatedNginxArgs {
  const image = lateImage(what, "image", args.image, args.requireDigest);
  if (!args.nginx || Object.values(args.nginx).every((text) => typeof text === "string"))
    return { ...args, image };
  const checked = pulumi.unsecret(
    pulumi.output(args.nginx).apply((nginx) => {
      const { errors, warnings } = checkConfiguration(args.name ?? name, args.listen, nginx);
      if (errors.length > 0)
        throw new ArgumentError(
          what,
          errors.map(({ message }) => ({ path: "nginx", message })),
        );
      for (const { message } of warnings) void pulumi.log.warn(message, component);
      return true;
    }),
  );
  const nginx = Object.entries(args.nginx).map(([file, text]): [string, pulumi.Input<string>] => [
    file,
    // What is plain stays plain, so that its diff can be read; the others wait for the check.
    typeof text === "string" ? text : pulumi.all([text, checked]).apply(([content]) => content),
  ]);
  return { ...args, image, nginx: Object.fromEntries(nginx) };
}

/** An image that is checked as soon as it is known. */
export function lateImage(
  what: string,
  path: string,
  image: pulumi.Input<string>,
  requireDigest = false,
): pulumi.Input<string> {
  if (typeof image === "string") return image;
  return pulumi.output(image).apply((reference) => {
    const problems = checkImage(reference, requireDigest);
    if (problems.length > 0)
      throw new ArgumentError(
        what,
        problems.map(({ message }) => ({ path, message })),
      );
    return reference;
  });
}
