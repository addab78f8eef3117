import { type Input, output } from "@pulumi/pulumi/output.js";

/** Plain variables, which are written into the unit, and those that may be secret. */
export function splitEnvironment(environment: Record<string, Input<string>>) {
  const entries = Object.entries(environment);
  return {
    plain: Object.fromEntries(
      entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"),
    ),
    hidden: Object.fromEntries(entries.filter(([, value]) => typeof value !== "string")),
  };
}

/** The directory of a set's own files. */
export function baseDirectory(name: string, { user }: { user?: string | undefined }): string {
  return user === undefined ? `/etc/quadlet-fleet/${name}` : `~/.config/quadlet-fleet/${name}`;
}

/** "~/x" as a quadlet writes it. */
export function onHost(path: string): string {
  return path.replace(/^~(?=\/)/, "%h");
}

/** What a text that may still be unknown becomes; a known one at once, so that its diff can be read. */
export function lift<T>(value: Input<string>, use: (text: string) => T): Input<T> {
  return typeof value === "string" ? use(value) : output(value).apply<T>(use);
}

interface Labelled {
  selinuxLabel?: "private" | "shared" | "none" | undefined;
}

/** The option of a volume for SELinux, after others. */
export function volumeLabel({ selinuxLabel = "private" }: Labelled): string {
  return { private: ",Z", shared: ",z", none: "" }[selinuxLabel];
}

/** The same for one that several containers use. */
export function sharedLabel({ selinuxLabel }: Labelled): string {
  return selinuxLabel === "none" ? "" : ",z";
}

/** Whether nginx reads a file of conf.d as its configuration, and so as the account that it is started by. */
export function isConfiguration(file: string): boolean {
  return file.endsWith(".conf");
}
