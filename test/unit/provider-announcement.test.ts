import assert from "node:assert/strict";
import { test } from "node:test";
import { announcement } from "../../provider/announcement.ts";
import { type PlainObject, unknown } from "../../provider/wire.ts";

const conf = "/etc/conf.d/default.conf";

function set(change: { units?: PlainObject; files?: PlainObject; services?: PlainObject } = {}): PlainObject {
  return {
    connection: { address: "192.0.2.1" },
    name: "web",
    manager: "system",
    units: {
      "web.container": "[Unit]\nDescription=web\n[Container]\nImage=x:1\n",
      "web.socket": "[Socket]\nListenStream=80\n",
      ...change.units,
    },
    files: { [conf]: { content: "one" }, ...change.files },
    services: { "web.socket": { enabled: true }, "web.service": { reloadOn: [conf] }, ...change.services },
  };
}

const cases: [string, PlainObject, string | undefined][] = [
  ["nothing changed", set(), undefined],
  [
    "a description",
    set({ units: { "web.container": "[Unit]\nDescription=other\n[Container]\nImage=x:1\n" } }),
    undefined,
  ],
  ["nginx's configuration", set({ files: { [conf]: { content: "two" } } }), "reloads web.service"],
  [
    "the image",
    set({ units: { "web.container": "[Container]\nImage=x:2\n" } }),
    "restarts web.service (its sockets stay open)",
  ],
  [
    "the address",
    set({ units: { "web.socket": "[Socket]\nListenStream=81\n" } }),
    "closes and opens web.socket ([::]:81 refuses for a moment); starts web.service anew",
  ],
  [
    "one more address",
    set({
      units: { "web-81.socket": "[Socket]\nListenStream=81\nService=web.service\n" },
      services: { "web-81.socket": {} },
    }),
    "starts web.service anew; opens web-81.socket",
  ],
  [
    "the image, with handover",
    set({
      units: { "web.container": "[Container]\nImage=x:2\n" },
      services: { "web.service": { reloadOn: [conf], handover: true } },
    }),
    "hands web.service over to its new version (no request waits)",
  ],
  [
    "the image of what there can't be two of, with handover",
    set({
      units: { "web.container": "[Container]\nImage=x:2\nPublishPort=90:90\n" },
      services: { "web.service": { reloadOn: [conf], handover: true } },
    }),
    "restarts web.service (its sockets stay open)",
  ],
  ["something that is not known yet", set({ files: { [conf]: { content: unknown } } }), undefined],
];

for (const [what, after, expected] of cases)
  test(what, () => assert.equal(announcement(set(), after), expected && `192.0.2.1: ${expected}`));
