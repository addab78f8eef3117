import assert from "node:assert/strict";
import { test } from "node:test";
import { quoteWords } from "../../units/escape.ts";
import { parse } from "../../units/parse.ts";
import { renderContainer, renderNetwork, renderService, renderSocket } from "../../units/render.ts";
import { splitWords } from "./units-readers.ts";

function lines(...text: string[]): string {
  return text.map((line) => `${line}\n`).join("");
}

test("nothing: only a quadlet's own section is there", () => {
  assert.equal(renderContainer({ container: {} }), "[Container]\n");
  assert.equal(
    renderNetwork({ network: {}, unit: {}, service: {}, install: {}, quadlet: {} }),
    "[Network]\n",
  );
  assert.equal(renderSocket({ socket: {} }), "[Socket]\n");
  assert.equal(renderService({ service: {} }), "");
});

test("example1.container of the reference, with its image corrected", () => {
  const text = renderContainer({
    unit: { requires: "example1.socket", after: ["example1.socket"] },
    container: {
      image: "docker.io/library/nginx",
      environment: { NGINX: "3;" },
      volume: "%h/nginx_conf_d:/etc/nginx/conf.d:Z",
      network: "none",
    },
    install: { wantedBy: "default.target" },
  });
  const expected = lines(
    "[Unit]",
    "Requires=example1.socket",
    "After=example1.socket",
    "",
    "[Container]",
    "Image=docker.io/library/nginx",
    "Environment=NGINX=3;",
    "Volume=%h/nginx_conf_d:/etc/nginx/conf.d:Z",
    "Network=none",
    "",
    "[Install]",
    "WantedBy=default.target",
  );
  assert.equal(text, expected);
});

test("example1.socket of the reference", () => {
  const text = renderSocket({
    unit: { description: "Example 1" },
    socket: { listenStream: "0.0.0.0:8080" },
    install: { wantedBy: "sockets.target" },
  });
  const expected = lines(
    "[Unit]",
    "Description=Example 1",
    "",
    "[Socket]",
    "ListenStream=0.0.0.0:8080",
    "",
    "[Install]",
    "WantedBy=sockets.target",
  );
  assert.equal(text, expected);
});

test("example3.service of the reference", () => {
  const run = [
    "/usr/bin/podman",
    "run",
    "--cidfile=/run/user/1000/%N.cid",
    "--cgroups=split",
    "--rm",
    "--env",
    "NGINX=3;",
  ];
  const text = renderService({
    unit: {
      wants: "network-online.target",
      requires: "user@1000.service",
      after: ["network-online.target", "user@1000.service"],
      requiresMountsFor: "/run/user/1000/containers",
    },
    service: {
      user: "test",
      environment: { PODMAN_SYSTEMD_UNIT: "%n" },
      killMode: "mixed",
      execStop: "/usr/bin/podman rm -f -i --cidfile=/run/user/1000/%N.cid",
      execStopPost: "-/usr/bin/podman rm -f -i --cidfile=/run/user/1000/%N.cid",
      delegate: true,
      type: "notify",
      notifyAccess: "all",
      syslogIdentifier: "%N",
      execStart: quoteWords([
        ...run,
        "-d",
        "--replace",
        "--name",
        "systemd-%N",
        "--sdnotify=conmon",
        "docker.io/library/nginx",
      ]),
    },
  });
  const expected = lines(
    "[Unit]",
    "Wants=network-online.target",
    "Requires=user@1000.service",
    "After=network-online.target user@1000.service",
    "RequiresMountsFor=/run/user/1000/containers",
    "",
    "[Service]",
    "Type=notify",
    "NotifyAccess=all",
    "User=test",
    "Environment=PODMAN_SYSTEMD_UNIT=%n",
    "ExecStart=/usr/bin/podman run --cidfile=/run/user/1000/%N.cid --cgroups=split --rm --env NGINX=3; -d " +
      "--replace --name systemd-%N --sdnotify=conmon docker.io/library/nginx",
    "ExecStop=/usr/bin/podman rm -f -i --cidfile=/run/user/1000/%N.cid",
    "ExecStopPost=-/usr/bin/podman rm -f -i --cidfile=/run/user/1000/%N.cid",
    "KillMode=mixed",
    "Delegate=true",
    "SyslogIdentifier=%N",
  );
  assert.equal(text, expected);

  // The reference's own lines, continued with backslashes, have the same words.
  const reference = String.raw`[Service]
ExecStart=/usr/bin/podman run \
     --cidfile=/run/user/1000/%N.cid \
     --cgroups=split \
     --rm \
     --env "NGINX=3;" \
      -d \
     --replace \
     --name systemd-%N \
     --sdnotify=conmon \
     docker.io/library/nginx
`;
  assert.deepEqual(execStart(text), execStart(reference));
});

function execStart(text: string): string[] {
  const entries = parse(text, "web.service").sections.flatMap((section) => section.entries);
  const found = entries.find((entry) => "key" in entry && entry.key === "ExecStart");
  assert.ok(found !== undefined && "value" in found);
  return splitWords(found.value).map(({ text: word }) => word);
}

test("a production container: the sections' order, hardening", () => {
  const text = renderContainer({
    unit: { description: "100%% of the site", requires: ["web.socket", "web-443.socket"] },
    container: {
      image: "web.image",
      readOnly: true,
      dropCapability: ["all"],
      addCapability: ["CAP_SETUID", "CAP_SETGID"],
      stopSignal: "SIGQUIT",
      stopTimeout: 60,
      notify: "healthy",
      globalArgs: ["--runtime=runc"],
    },
    service: { timeoutStopSec: 70, sockets: ["web.socket", "web-443.socket"] },
    quadlet: { defaultDependencies: false },
  });
  const expected = lines(
    "[Unit]",
    "Description=100%% of the site",
    "Requires=web.socket web-443.socket",
    "",
    "[Container]",
    "Image=web.image",
    "ReadOnly=true",
    "DropCapability=all",
    "AddCapability=CAP_SETUID CAP_SETGID",
    "StopSignal=SIGQUIT",
    "StopTimeout=60",
    "Notify=healthy",
    "GlobalArgs=--runtime=runc",
    "",
    "[Service]",
    "Sockets=web.socket web-443.socket",
    "TimeoutStopSec=70",
    "",
    "[Quadlet]",
    "DefaultDependencies=false",
  );
  assert.equal(text, expected);
});

test("a network", () => {
  assert.equal(
    renderNetwork({ network: { internal: true }, service: { restart: "on-failure" } }),
    "[Network]\nInternal=true\n\n[Service]\nRestart=on-failure\n",
  );
});
