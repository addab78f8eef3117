import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { closedBySelinux } from "../../host/plan/selinux.ts";
import { desired, settled, unit } from "./host-plan-facts.ts";

const directory = "/etc/quadlet-fleet/web/conf.d";
const check = {
  name: "nginx -t",
  image: "registry.example/nginx:1",
  command: ["nginx", "-t"],
  mounts: { [directory]: "/etc/nginx/conf.d" },
  volumes: [],
};

function closed(type: string | undefined, volume: string, more = ""): string[] {
  const text = `[Container]\nImage=registry.example/nginx:1\nVolume=${volume}\n${more}`;
  const state = desired({ files: [unit("web.container", text)], checks: [check] });
  const labels = new Map(type === undefined ? [] : [[directory, `system_u:object_r:${type}:s0`]]);
  return closedBySelinux({ ...settled(state), labels }, state);
}
const plain = `${directory}:/etc/nginx/conf.d:ro`;

describe("no objection", () => {
  test("where SELinux is not enforcing", () => assert.deepEqual(closed(undefined, plain), []));
  test("where podman relabels", () => {
    assert.deepEqual([closed("etc_t", `${plain},Z`), closed("etc_t", `${plain},z`)], [[], []]);
  });
  test("where somebody has labelled it for containers", () => {
    assert.deepEqual(closed("container_file_t", plain), []);
  });
  test("where the container has no label", () => {
    assert.deepEqual(closed("etc_t", plain, "SecurityLabelDisable=true\n"), []);
  });
  test("to the label of a kernel without SELinux", () => {
    const state = desired({ checks: [check] });
    assert.deepEqual(closedBySelinux({ ...settled(state), labels: new Map([[directory, "?"]]) }, state), []);
  });
});

test("a directory that containers may not read: by its type, with what to do", () => {
  for (const volume of [plain, `${directory}:/etc/nginx/conf.d`])
    assert.deepEqual(closed("etc_t", volume), [
      `${directory} has the SELinux type etc_t, which containers may not read, and SELinux is enforcing. Use selinuxLabel "private", or label it on the host: semanage fcontext -a -t container_file_t '${directory}(/.*)?' && restorecon -R ${directory}`,
    ]);
});

test("the same for a service that runs podman itself", () => {
  const text = (options: string) =>
    `[Service]\nExecStart=/usr/bin/podman run --volume ${directory}:/etc/nginx/conf.d:ro${options} --env "A=b" image\n`;
  const found = [",Z", ""].map((options) => {
    const state = desired({ files: [unit("web.service", text(options))], checks: [check] });
    const labels = new Map([[directory, "system_u:object_r:user_home_t:s0"]]);
    return closedBySelinux({ ...settled(state), labels }, state).length;
  });
  assert.deepEqual(found, [0, 1]);
});
