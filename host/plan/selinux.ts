import type { Desired } from "../desired.ts";
import type { Facts } from "../facts/facts.ts";

/**
 * Types that no container may read (container_selinux(8)). A new directory where this project keeps configuration gets one of them. An
 * administrator's own policy may differ, but has other types.
 */
const closed = [
  "admin_home_t",
  "config_home_t",
  "default_t",
  "etc_t",
  "unlabeled_t",
  "user_home_dir_t",
  "user_home_t",
  "var_lib_t",
  "var_t",
];

/** Directories of the set that its containers could not read on this host, where SELinux is enforcing. Pure. */
export function closedBySelinux({ labels }: Facts, desired: Desired): string[] {
  const mounts = desired.checks.flatMap((check) => Object.entries(check.mounts));
  return mounts.flatMap(([directory, target]) => {
    const type = labels.get(directory)?.split(":")[2] ?? "";
    if (!closed.includes(type) || isRelabelled(desired, target)) return [];
    return [
      `${directory} has the SELinux type ${type}, which containers may not read, and SELinux is enforcing. Use selinuxLabel "private", or label it on the host: semanage fcontext -a -t container_file_t '${directory}(/.*)?' && restorecon -R ${directory}`,
    ];
  });
}

/** Whether the containers that mount it relabel it (podman-run(1), --volume, "z" and "Z"), or have no label themselves. */
function isRelabelled({ files }: Desired, target: string): boolean {
  const texts = files.filter(({ unit }) => unit !== undefined).map(({ content }) => content);
  const volumes = texts.flatMap((text) =>
    [...text.matchAll(/:(\/[^\s:"]*)(?::([^\s"]*))?(?=[\s"]|$)/gm)].filter(([, at]) => at === target),
  );
  return (
    texts.some((text) => /SecurityLabelDisable=true|--security-opt[ =]label=disable/.test(text)) ||
    volumes.every(([, , options = ""]) => options.split(",").some((option) => ["z", "Z"].includes(option)))
  );
}
