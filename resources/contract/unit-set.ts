import { z } from "zod";
import { map, mapOfSecrets, text, textMap } from "./fields.ts";
import { hooks } from "./hooks.ts";
import { host } from "./hosts.ts";
import { containerCheck, fileContent, imagePull, registryLogin, serviceState } from "./parts.ts";
import { probe } from "./probes.ts";
import { rolloutPolicy } from "./rollout.ts";

export const manager = z.enum(["system", "user"]);

/** Which service manager runs the units: the host's own (PID 1), or the one of an account (`systemctl --user`). */
export type Manager = z.input<typeof manager>;

export const unitSetInputs = z.strictObject({
  /**
   * Name in the fleet → how to log in to that host. All hosts have the same content. Always kept as a secret as a whole; {@link where}
   * is what a preview shows.
   * @range names of letters, digits, "-", "_", "." and ":"; 1 to 1000 hosts
   */
  hosts: mapOfSecrets(text("fleetName"), host),
  /**
   * Name → address of each host that takes part ("192.0.2.11:2222 via 198.51.100.7"). The provider sets it from {@link hosts}: leave it out.
   * @default made of `hosts`
   */
  where: map(text("fleetName"), text()).optional(),
  /** The set's name on each host: letters, digits, "-", "_" and ".", at most 100. Two sets of one manager can't share one. It can't change. */
  name: text("setName"),
  /** Which service manager runs the units: "system" is the host's own (PID 1), "user" the one of an account. */
  manager,
  /**
   * With manager "user", the account whose manager it is; required. With "system", the account that the set's services run
   * as (User= in their text); its images are pulled and its checks run as that account.
   */
  user: text("account").optional(),
  /**
   * Make the account on the host where it is not there: home directory, subuid and subgid ranges, no login shell. It is
   * removed with the last set of the one who made it. Only with `user`.
   * @default false, a missing account is an error
   */
  createUser: z.boolean().optional(),
  /**
   * Unit name → text: quadlets (.container, .network, .volume, .image, …) and plain units (.socket, .service, …).
   * With `user`, "@UID@" and "@HOME@" in a text are the account's UID and home directory, filled in on the host: a preview needs
   * none.
   */
  units: textMap(text("unitName"), "unitText"),
  /**
   * With manager "system" and `user`: units of the account's own manager. The transaction changes them before the host's units, and
   * stops them after those.
   * @default none
   */
  userUnits: textMap(text("unitName"), "unitText").optional(),
  /**
   * Path → file. Absolute, or "~/…" in the account's home directory: with manager "user" that of the manager; with "system"
   * that of `user`, where the file is the account's own.
   */
  files: map(text("hostPath"), fileContent).optional(),
  /**
   * Unit name → what it shall be. Quadlets are named by the service that they generate. A unit of the host's, of which the set
   * has no file, can be named as well: it stays as it is when the set goes.
   */
  services: map(text("unitName"), serviceState).optional(),
  /**
   * The same for units of the account's own manager, as {@link userUnits}. A set can't have one name in both managers.
   * @default none
   */
  userServices: map(text("unitName"), serviceState).optional(),
  /** Image reference → when to pull it. */
  images: map(text("image"), imagePull).optional(),
  /** Name → check. They are run when a file that they mount changes, and before a service is started or restarted. */
  checks: map(text("line"), containerCheck).optional(),
  /**
   * Listening address, as ListenStream= has it, placeholders included → request. It must be answered within 20 seconds, or the host goes back to
   * what it was. A unix socket needs curl on the host.
   * @default none
   */
  probes: map(text("listenStream"), probe).optional(),
  /** Registry ("registry.example.com") → login. */
  registries: map(text(), registryLogin).optional(),
  /**
   * The account's manager runs from boot on, without a login (loginctl(1), enable-linger). Only with `user`.
   * @default false, and true with `userUnits`
   */
  linger: z.boolean().optional(),
  /**
   * Take over files that are already on the host and belong to no set. Units that the host has from other files, and
   * containers, are never taken over: a name that one of them has is refused.
   * @default false, which refuses them
   */
  adopt: z.boolean().optional(),
  /**
   * Commands on each host, before and after it changes. A difference here alone runs none of them.
   * @default none
   */
  hooks: hooks.optional(),
  /**
   * How a change reaches the hosts.
   * @default one canary, then 50 hosts at a time; the first failure takes every host back
   */
  rollout: rolloutPolicy.optional(),
});

/** All the files of one component under one service manager, on all its hosts. */
export interface UnitSetInputs extends z.input<typeof unitSetInputs> {}
