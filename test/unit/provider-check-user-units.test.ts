import assert from "node:assert/strict";
import { test } from "node:test";
import { checkUnitSet } from "../../provider/check.ts";
import type { PlainObject } from "../../provider/wire.ts";

// Inputs of a set of the host's manager with units of the account's manager.

const app = { "app.container": "[Container]\nImage=docker.io/library/httpd\n" };
const right: PlainObject = {
  hosts: { "web-1": { address: "192.0.2.11" } },
  ...{
    name: "web",
    manager: "system",
    user: "test",
    units: { "web.service": "[Service]\nExecStart=/bin/true\n" },
  },
  ...{ userUnits: app, userServices: { "app.service": { restartOn: ["app.container"] } } },
};

const cases: [string, PlainObject, string[]][] = [
  ["right ones", {}, []],
  [
    "in a set of that manager",
    { manager: "user" },
    [
      `userUnits: needs manager "system" and an account (user)`,
      `userServices: needs manager "system" and an account (user)`,
    ],
  ],
  [
    "which are not to linger",
    { linger: false },
    ["linger: can't be false with userUnits, because they run from boot on"],
  ],
  [
    "with a name that the host's manager has as well, or a file",
    {
      units: { "app.service": "[Service]\nExecStart=/bin/true\n" },
      services: { "app.service": {} },
      files: { "~/.config/containers/systemd/app.container": { content: "" } },
    },
    [
      `userUnits["app.container"]: app.service is also in units. Choose another name: a set can't have one name in both managers`,
      `userServices["app.service"]: app.service is also in services. Choose another name: a set can't have one name in both managers`,
      'files["~/.config/containers/systemd/app.container"]: is also a unit of this set',
    ],
  ],
  [
    "of a file name that the host's manager has as well, for another unit",
    { units: { "app.container": "[Container]\nImage=docker.io/library/httpd\nServiceName=front\n" } },
    [
      `userUnits["app.container"]: app.container is also in units. Choose another name: a set can't have one name in both managers`,
    ],
  ],
  [
    "restarted for a file that is not there",
    { userServices: { "app.service": { restartOn: ["/etc/webb"] } } },
    ['userServices["app.service"].restartOn: "/etc/webb" is not a file or unit of this set'],
  ],
  [
    "with a name that is none",
    { userUnits: { "~app": "" } },
    [`userUnits["~app"]: "~app" is not a valid unit name: it must end in one of`],
  ],
];

for (const [what, change, expected] of cases)
  test(`units of the account's manager, ${what}`, () => {
    const found = checkUnitSet({ ...right, ...change }).map(({ path, reason }) => `${path}: ${reason}`);
    assert.deepEqual(
      found.map((line) => line.replace(/(must end in one of).*/, "$1")),
      expected,
    );
  });
