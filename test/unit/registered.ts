/** The resources that a component registers with the engine, which is a mock here. */
import * as pulumi from "@pulumi/pulumi";
import {
  ReverseProxyStack,
  type ReverseProxyStackArgs,
  SocketActivatedNginx,
  type SocketActivatedNginxArgs,
} from "../../components/index.ts";
import type { WireObject } from "../../provider/wire.ts";

/** A component and its arguments. */
export type Shape =
  { kind: "site"; args: SocketActivatedNginxArgs } | { kind: "proxy"; args: ReverseProxyStackArgs };

export interface Registration {
  type: string;
  name: string;
  /** As the engine gets them: secrets are marked. */
  inputs: WireObject;
}

const componentTypes = ["quadlet:index:SocketActivatedNginx", "quadlet:index:ReverseProxyStack"];

/** All resources that a component registers, including itself, in order, and its outputs. One component at a time. */
export async function registrations(
  make: () => SocketActivatedNginx | ReverseProxyStack,
): Promise<{ all: Registration[]; urls: string[] }> {
  const all: Registration[] = [];
  await pulumi.runtime.setMocks({
    newResource: ({ type, name, inputs }) => {
      all.push({ type, name, inputs: inputs as WireObject });
      return { id: name, state: { ...(inputs as object), unitStates: {} } };
    },
    call: () => ({}),
  });
  try {
    const component = make();
    const urls = await new Promise<string[]>((resolve) => component.urls.apply(resolve));
    return { all, urls };
  } finally {
    // Waits until all are registered. If the component refuses its arguments, it is the only one.
    await pulumi.runtime.disconnect();
  }
}

/** All resources of a component with this name except the component itself, by their names, and its outputs. */
export async function register(
  name: string,
  shape: Shape,
): Promise<{ resources: Registration[]; urls: string[] }> {
  const { all, urls } = await registrations(() =>
    shape.kind === "site"
      ? new SocketActivatedNginx(name, shape.args)
      : new ReverseProxyStack(name, shape.args),
  );
  const resources = all.filter(({ type }) => !componentTypes.includes(type));
  return { resources: resources.sort((one, other) => (one.name < other.name ? -1 : 1)), urls };
}
