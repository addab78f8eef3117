import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { SocketActivatedNginxArgs } from "../../components/site/arguments.ts";
import { type Claim, claimsOfProxy, claimsOfSite } from "../../components/claims.ts";
import type { ReverseProxyStackArgs } from "../../components/proxy/arguments.ts";
import { renderBackends } from "../../components/proxy/backend-set.ts";
import { nginxOf, proxyAdditions } from "../../components/proxy/render.ts";
import { type Rendered, render } from "../../components/site/render.ts";
import { madeUnit } from "../../units/made.ts";
import { caddy, page, args as unix } from "./proxy-unix-example.ts";

// The claimed names are those of the units that are written.

const site: SocketActivatedNginxArgs = {
  connection: { address: "192.0.2.11" },
  manager: "system",
  image: "docker.io/library/nginx:latest",
  listen: ["0.0.0.0:80", "[::]:80", "/run/web.sock"],
};
const { backends, ...rest } = unix;
const tcp = { image: site.image, serverName: "tcp.example.com", port: 80, replicas: 2 };

/** The units as systemd names them, and those that a handover needs for a moment. */
function written({ units, services }: Pick<Rendered, "units" | "services">): string[] {
  const standIns = Object.entries(services)
    .filter(([, { handover }]) => handover === true)
    .flatMap(([unit]) =>
      ["handover", "rehearsal"].map((what) => unit.replace(".service", `-${what}.service`)),
    );
  return [...Object.keys(units).map((unit) => madeUnit(unit, undefined)), ...standIns].sort();
}

function units(claims: readonly Claim[], account?: string): string[] {
  return claims
    .filter((claim) => claim.what === "a unit" && claim.account === account)
    .map(({ name }) => name)
    .sort();
}

describe("a site", () => {
  const cases: Record<string, Partial<SocketActivatedNginxArgs>> = {
    "Example 1": { manager: "user", user: "test" },
    "Example 2": {},
    "Example 3": { user: "test" },
    "with ACME": {
      manager: "user",
      user: "test",
      accessLog: {},
      tls: { acme: { names: ["www.example.com"] } },
    },
    "hardened, with TLS": {
      user: "test",
      hardened: true,
      network: "none",
      tls: { certificate: "c", key: "k", listen: ["0.0.0.0:443"] },
    },
  };
  for (const [what, change] of Object.entries(cases))
    test(what, () => {
      const args = { ...site, ...change };
      const account = args.manager === "user" ? args.user : undefined;
      const claims = claimsOfSite("web", args);
      assert.deepEqual(units(claims, account), written(render("web", args)));
      assert.ok(claims.every((claim) => claim.what !== "a unit" || claim.account === account));
    });
});

describe("a proxy", () => {
  const all = { tcp, caddy, page, handed: { ...caddy, socketActivated: true } };
  const cases: Record<string, Partial<ReverseProxyStackArgs>> = {
    "without a network": {},
    "Example 4": { manager: "system", backends: { tcp } },
    "of all kinds": { backends: all, network: { internal: false } },
    hardened: { backends: all, hardened: true },
  };
  for (const [what, change] of Object.entries(cases))
    test(what, () => {
      const args: ReverseProxyStackArgs = { ...rest, backends, ...change };
      const owners = claimsOfProxy("front", args);
      assert.deepEqual(
        owners.map(({ path }) => path.join(".")),
        ["", ...Object.keys(args.backends).map((backend) => `backends.${backend}`)],
      );
      const claims = owners.flatMap((owner) => owner.claims);
      const ofNginx = written(render("front", nginxOf("front", args), proxyAdditions("front", args)));
      const ofBackends = written(renderBackends("front", args));
      const isUser = args.manager === "user";
      assert.deepEqual(units(claims), isUser ? [] : ofNginx);
      assert.deepEqual(units(claims, "test"), (isUser ? [...ofNginx, ...ofBackends] : ofBackends).sort());
    });
});
