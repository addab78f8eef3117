import assert from "node:assert/strict";
import { test } from "node:test";
import { type Container, containerSection, podmanRun } from "../../components/site/container.ts";

// One description of a container, and the two ways to write it.

const plain: Container = {
  image: "registry.example/nginx:1",
  volumes: { own: [], given: [] },
  environment: {},
};

test("a container of which only the image is given", () => {
  assert.deepEqual(containerSection(plain), {
    image: "registry.example/nginx:1",
    volume: [],
    environment: {},
  });
  assert.equal(podmanRun(plain, ["--rm"]), "/usr/bin/podman run --rm registry.example/nginx:1");
});

test("a container with everything", () => {
  const whole: Required<Container> = {
    ...plain,
    runtime: "runc",
    stop: { signal: "SIGQUIT", timeout: 60 },
    network: "none",
    startedBy: "conmon",
    hardened: true,
    unlabelled: true,
    volumes: { own: ["%t/web:/run/web"], given: ["%h/50%% off:/srv:ro", "/srv:/b"] },
    environment: { A: "b c" },
    environmentFile: "~/.config/web/environment",
    pull: "never",
  };
  assert.deepEqual(containerSection(whole), {
    image: "registry.example/nginx:1",
    globalArgs: "--runtime=runc",
    stopSignal: "SIGQUIT",
    stopTimeout: 60,
    network: ["none"],
    tmpfs: "/var/cache/nginx",
    readOnly: true,
    noNewPrivileges: true,
    dropCapability: "all",
    addCapability: ["CHOWN", "KILL", "SETGID", "SETUID"],
    securityLabelDisable: true,
    volume: ["%t/web:/run/web", "%h/50%% off:/srv:ro", "/srv:/b"],
    environment: { A: "b c" },
    environmentFile: ["%h/.config/web/environment"],
    pull: "never",
  });
  assert.equal(
    podmanRun(whole, ["--rm"]),
    [
      "/usr/bin/podman --runtime=runc run --rm --stop-signal SIGQUIT --stop-timeout 60 --network none --sdnotify=conmon -d",
      "--read-only --tmpfs /var/cache/nginx --security-opt=no-new-privileges --cap-drop all",
      "--cap-add CHOWN --cap-add KILL --cap-add SETGID --cap-add SETUID --security-opt=label=disable",
      '--volume %t/web:/run/web --volume "@HOME@/50%% off:/srv:ro" --volume /srv:/b',
      '--env "A=b c" --env-file @HOME@/.config/web/environment --pull=never registry.example/nginx:1',
    ].join(" "),
  );
});
