import { factsOf, isTemplate, kindOf, stemOf } from "../../units/kinds.ts";
import { madeUnit } from "../../units/made.ts";
import { podmanRuns } from "../../units/podman-run.ts";
import { valuesOf } from "../../units/values.ts";
import { isAccounts, plainName } from "../account-units.ts";
import type { Desired, DesiredFile } from "../desired.ts";
import { standInsOf } from "../plan/stand-ins.ts";

/** The service manager that has units, and the account. */
type Keeper = Pick<Desired, "manager" | "account">;

/** Where log lines of a set are on each of its hosts. */
export type Source =
  | (Keeper & { readonly kind: "journal"; readonly units: readonly string[] })
  | (Keeper & { readonly kind: "access log"; readonly unit: string; readonly files: readonly string[] });

/**
 * Where the log lines of a set are. The journal has those of all its units and of their stand-ins. Pure.
 *
 * @param only only this unit of the set, and its stand-ins
 */
export function sourcesOf(desired: Desired, only?: string): Source[] {
  const units = unitsOf(desired).filter((unit) => only === undefined || unit === only);
  const paired = new Set(
    desired.services.filter(({ handover }) => handover).map(({ unit }) => plainName(unit)),
  );
  const journals = [...Map.groupBy(units, (unit) => keeperOf(desired, unit).manager)].map(
    ([manager, its]): Source => ({
      ...{ kind: "journal", manager, account: desired.account },
      units: its.flatMap((unit) => [unit, ...(paired.has(unit) ? standInsOf(unit) : [])]),
    }),
  );
  const logs = unitFiles(desired).flatMap((file): Source[] => {
    const unit = madeUnit(file.key, file.content);
    const directory = logDirectory(file);
    if (directory === undefined || !units.includes(unit)) return [];
    const keeper = keeperOf(desired, unit);
    const files = logRoots[keeper.manager].map((root) => `${root}/${directory}/access.log`);
    return [{ kind: "access log", ...keeper, unit, files }];
  });
  return [...journals, ...logs];
}

/** The manager that has a unit, and its account. */
export function keeperOf(desired: Desired, unit: string): Keeper {
  const { manager, account } = desired;
  const isOfAccount = unitFiles(desired).some(
    (file) => isAccounts(file.unit ?? "") && madeUnit(file.key, file.content) === unit,
  );
  return { manager: isOfAccount ? "user" : manager, account };
}

/** The units of a set in both managers, by systemd's names. A template is not a unit. */
export function unitsOf(desired: Desired): string[] {
  return unitFiles(desired)
    .filter(({ key }) => !isTemplate(key))
    .map(({ key, content }) => madeUnit(key, content));
}

/** The units of a set that run a container, or may run one. */
export function containerUnits(desired: Desired): string[] {
  return unitFiles(desired)
    .filter(({ key, content }) => {
      const kind = kindOf(key);
      if (kind === undefined || isTemplate(key)) return false;
      const { runs } = factsOf(kind);
      return runs === "container" || podmanRuns(key, content).length > 0;
    })
    .map(({ key, content }) => madeUnit(key, content));
}

/** The unit that a name means: "www" means "www.service", unless a unit has exactly that name. */
export function unitNamed(name: string, units: readonly string[]): string | undefined {
  return units.find((unit) => unit === name) ?? units.find((unit) => unit === `${stemOf(name)}.service`);
}

function unitFiles({ files }: Desired): DesiredFile[] {
  return files.filter(({ unit }) => unit !== undefined);
}

/**
 * Where a unit's `LogsDirectory=` is, for each manager: `%L` (systemd.unit(5)). The second directory of an account
 * is that before systemd 254.
 */
const logRoots = {
  system: ["/var/log"],
  user: ["~/.local/state/log", "~/.config/log"],
};

/** "quadlet-fleet/NAME" if nginx's access log is a file on the host (components/site/access-log.ts). */
function logDirectory({ key, content }: DesiredFile): string | undefined {
  return valuesOf(content, key, "Service", "LogsDirectory").find((value) =>
    /^quadlet-fleet\/[^/\s]+$/.test(value),
  );
}
