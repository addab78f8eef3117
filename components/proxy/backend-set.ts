import { type Input, all, output } from "@pulumi/pulumi/output.js";
import { renderNetwork, renderTarget } from "../../units/render.ts";
import { awaitFirstPodman } from "../site/first-podman.ts";
import type { Backend, ReverseProxyStackArgs } from "./arguments.ts";
import { renderBackend } from "./backend-container.ts";
import { containerNames, hasNetwork, hasSockets, isInternal, proxyNames } from "./names.ts";
import { backendAdditions, backendSite, renderSocketsUnit, socketsUnit } from "./backend-sockets.ts";
import { type Rendered, render } from "../site/render.ts";
import { retried, unlimited } from "../site/restarting.ts";

/** The part of the account's own manager: what the backends share, the backends, and the target that stands for them. */
export function renderBackends(name: string, args: ReverseProxyStackArgs): Rendered {
  const { target } = proxyNames(name, args);
  const parts = Object.entries(args.backends).flatMap(([backend, options]) =>
    containerNames(backend, options).map((container) =>
      options.nginx === undefined
        ? renderBackend({ name, backend, container, options, args })
        : renderNginx(name, container, options, args),
    ),
  );
  const shared = [
    ...(hasNetwork(args) ? [renderSharedNetwork(name, args)] : []),
    ...(hasSockets(args)
      ? [{ units: { [socketsUnit(name)]: renderSocketsUnit(name) }, services: { [socketsUnit(name)]: {} } }]
      : []),
    {
      // What it stands for names it (WantedBy=), and a target starts after what it wants: started, they are.
      units: {
        [target]: renderTarget({
          unit: { description: `Backends of ${name}` },
          install: { wantedBy: ["default.target"] },
        }),
      },
      services: { [target]: { enabled: true } },
    },
  ];
  return { ...[...shared, ...parts].reduce(merge, nothing), images: imagesOf(args) };
}

type Part = Partial<Rendered>;

const nothing: Rendered = { units: {}, files: {}, services: {}, checks: {}, probes: {}, images: {} };

/** Two parts of one set, in their order. */
export function merge(one: Rendered, other: Part): Rendered {
  return {
    units: { ...one.units, ...other.units },
    files: { ...one.files, ...other.files },
    services: { ...one.services, ...other.services },
    checks: { ...one.checks, ...other.checks },
    probes: mergeMaps(one.probes, other.probes ?? {}),
    images: mergeMaps(one.images, other.images ?? {}),
  };
}

/** What is known stays so, for its diff. */
function mergeMaps<T>(one: Input<Record<string, T>>, other: Input<Record<string, T>>) {
  if (isKnown(one) && isKnown(other)) return { ...one, ...other };
  return all([one, other]).apply(
    ([first, second]): Record<string, T> => ({ ...first, ...second }) as Record<string, T>,
  );
}

function isKnown<T>(map: Input<Record<string, T>>): map is Record<string, T> {
  return Object.getPrototypeOf(map) === Object.prototype;
}

function renderSharedNetwork(name: string, args: ReverseProxyStackArgs): Part {
  const { network } = proxyNames(name, args);
  return {
    units: {
      [`${network}.network`]: renderNetwork({
        unit: { description: `Network of ${name} and its backends`, ...unlimited },
        network: { internal: isInternal(args) },
        // podman leaves the network when its service stops (podman#23678); fails, and stays, where a container has it.
        service: {
          execStartPre: awaitFirstPodman("%t"),
          execStopPost: `-/usr/bin/podman network rm systemd-${network}`,
          ...retried,
        },
        // To make a network needs none.
        quadlet: { defaultDependencies: false },
      }),
    },
    services: { [`${network}-network.service`]: {} },
  };
}

/** A backend that is nginx: what a SocketActivatedNginx is made of. */
function renderNginx(name: string, container: string, options: Backend, args: ReverseProxyStackArgs): Part {
  const { target } = proxyNames(name, args);
  const site = backendSite(name, container, options, args);
  const { checks, ...rendered } = render(container, site, backendAdditions(name, target, container));
  const named = Object.entries(checks).map(([check, what]) => [`${check} of ${container}`, what]);
  return { ...rendered, checks: Object.fromEntries(named) as Rendered["checks"] };
}

function imagesOf({ backends, pull = "missing" }: ReverseProxyStackArgs): Rendered["images"] {
  const references = Object.values(backends).map(({ image }) => image);
  const images = (all: readonly string[]) => Object.fromEntries(all.map((image) => [image, { pull }]));
  return isPlain(references) ? images(references) : output(all(references)).apply(images);
}

function isPlain(references: readonly Input<string>[]): references is string[] {
  return references.every((image) => typeof image === "string");
}
