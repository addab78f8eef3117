import type { Desired, Former } from "../../host/desired.ts";
import type { Order } from "../../host/transaction/order.ts";
import { isSocket } from "../../units/kinds.ts";
import { madeUnit } from "../../units/made.ts";
import { listens } from "../../units/socket-addresses.ts";
import type { Keeper } from "../../resources/contract.ts";
import type { Part } from "../fleet.ts";
import { reveals } from "../version.ts";
import type { Place } from "../rollout-host.ts";
import { emptyState } from "../state.ts";
import { targetOf } from "../target.ts";
import type { Context, Earlier } from "./context.ts";

/** One host of a rollout, with what is known about it from the last operation. */
export function placeOf(context: Context, part: Part, wanted: Desired, earlier: Earlier): Place {
  const { name, way, leaves, has } = part;
  const { desired: before = wanted } = earlier;
  const keeper = keeperOf(part, earlier);
  const target = targetOf(context.connection, way.host, name);
  const removal = (from: Keeper) => ({ ...emptyState(before), manager: from.manager, account: from.user });
  if (leaves || keeper === undefined || !isOther(keeper, wanted)) {
    const desired = leaves && keeper ? removal(keeper) : wanted;
    return { name, has, target, order: orderOf(part, desired, earlier, () => true) };
  }
  const paths = new Set(wanted.files.map(({ path }) => path));
  return {
    name,
    has,
    target,
    former: orderOf(part, removal(keeper), earlier, () => true),
    // Only files with the same path in both sets pass to the new one. All others are removed with the former set.
    order: orderOf(part, { ...wanted, former: formerOf(before, wanted) }, earlier, (path) => paths.has(path)),
  };
}

/** The manager and account under which the host has the set, if it has it. */
export function keeperOf({ knownAs, has }: Part, { desired, known }: Earlier): Keeper | undefined {
  if (has === "nothing" || knownAs === undefined || !desired) return undefined;
  const { manager, account } = desired;
  return (
    known.exceptions[knownAs]?.keeper ?? { manager, ...(account === undefined ? {} : { user: account }) }
  );
}

/** Whether the set moves from this keeper to another service manager. Each account has its own manager. */
export function isOther({ manager, user }: Keeper, wanted: Pick<Desired, "manager" | "account">): boolean {
  return manager !== wanted.manager || (manager === "user" && user !== wanted.account);
}

function orderOf(
  { name, knownAs = name, has }: Part,
  desired: Desired,
  { desired: before, known }: Earlier,
  isOwn: (path: string) => boolean,
): Order {
  const paths = has === "nothing" ? [] : (before?.files.map(({ path }) => path) ?? []);
  return {
    desired: {
      ...desired,
      formerOwners: before?.formerOwners ?? [],
      secrets: [...new Set([...desired.secrets, ...(before?.secrets ?? [])])],
      forgetsFormer: reveals(before?.version ?? "{}", desired.version ?? "{}"),
    },
    known: paths.filter(isOwn),
    before: before?.services ?? [],
    // The drift may be a replaced image, so the images are looked up again.
    images: known.drift[knownAs] !== undefined,
  };
}

function formerOf({ files, account }: Desired, wanted: Desired): Former {
  const units = files.filter(({ unit }) => unit !== undefined);
  return {
    // "~/" is a different directory for each account.
    paths: files
      .map(({ path }) => path)
      .filter((path) => account === wanted.account || !path.startsWith("~/")),
    units: units.map(({ key, content }) => madeUnit(key, content)),
    addresses: units
      .filter(({ key }) => isSocket(key))
      .flatMap(({ key, content }) => listens(content, key).map(({ address }) => address)),
  };
}
