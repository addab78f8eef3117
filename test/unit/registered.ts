/** What a component registers with the engine, which is a mock here. */
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

/** All resources of a component with this name except itself, and its outputs. One at a time. */
export async function register(
  name: string,
  shape: Shape,
): Promise<{ resources: Registration[]; urls: string[] }> {
  const registrations: Registration[] = [];
  await pulumi.runtime.setMocks({
    newResource: ({ type, name, inputs }) => {
      registrations.push({ type, name, inputs: inputs as WireObject });
      return { id: name, state: { ...(inputs as object), unitStates: {} } };
    },
    call: () => ({}),
  });
  let urls: string[];
  try {
    const component =
      shape.kind === "site"
        ? new SocketActivatedNginx(name, shape.args)
        : new ReverseProxyStack(name, shape.args);
    urls = await new Promise<string[]>((resolve) => component.urls.apply(resolve));
  } finally {
    // Until all of them are registered; a component is by itself, where it then refuses its arguments.
    await pulumi.runtime.disconnect();
  }
  const resources = registrations.filter(({ type }) => !componentTypes.includes(type));
  return { resources: resources.sort((one, other) => (one.name < other.name ? -1 : 1)), urls };
}
