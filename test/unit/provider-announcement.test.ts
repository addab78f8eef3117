import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { announcement } from "../../provider/announcement.ts";
import { type PlainObject, unknown } from "../../provider/wire.ts";

const conf = "/etc/conf.d/default.conf";

function set(change: { units?: PlainObject; files?: PlainObject; services?: PlainObject } = {}): PlainObject {
  return {
    hosts: { "web-1": { address: "192.0.2.1" } },
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
    "closes and opens web.socket ([::]:80, [::]:81 refuse for a moment); starts web.service again",
  ],
  [
    "more of the socket than its address",
    set({ units: { "web.socket": "[Socket]\nListenStream=80\nBacklog=100\n" } }),
    "closes and opens web.socket ([::]:80 refuses for a moment); starts web.service again",
  ],
  [
    "one more address",
    set({
      units: { "web-81.socket": "[Socket]\nListenStream=81\nService=web.service\n" },
      services: { "web-81.socket": {} },
    }),
    "starts web.service again; opens web-81.socket",
  ],
  [
    "one more container",
    set({ units: { "api.container": "[Container]\nImage=y:1\n" }, services: { "api.service": {} } }),
    "starts api.service",
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
  test(what, () => assert.equal(announcement(set(), after), expected && `${expected}`));

test("a service without a socket", () => {
  const job = (image: string) =>
    set({ units: { "job.container": `[Container]\nImage=${image}\n` }, services: { "job.service": {} } });
  assert.equal(announcement(job("x:1"), job("x:2")), "restarts job.service");
});

describe("with handover, of two addresses", () => {
  const service = { "web.service": { reloadOn: [conf], handover: true } };
  const second = (port: number) => ({
    units: {
      "web.container": `[Unit]\nRequires=web.socket web-81.socket\n[Container]\nImage=x:1\n`,
      "web-81.socket": `[Socket]\nListenStream=0.0.0.0:${port}\nService=web.service\n`,
    },
    services: { ...service, "web-81.socket": { enabled: true } },
  });
  const one = set({ services: service });
  const two = set(second(81));

  test("nothing changed", () => assert.equal(announcement(two, two), undefined));

  test("one moves: only that one refuses", () => {
    assert.equal(
      announcement(two, set(second(82))),
      "hands web.service over to its new version (on the other sockets no request waits); closes and opens web-81.socket (0.0.0.0:81, 0.0.0.0:82 refuse for a moment)",
    );
  });

  test("one comes", () => {
    assert.equal(
      announcement(one, two),
      "hands web.service over to its new version (on the other sockets no request waits); opens web-81.socket",
    );
  });

  test("one goes: it is named, as it runs until then", () => {
    assert.match(announcement(two, one) ?? "", /hands web\.service over .*web-81\.socket/);
  });

  test("one is no longer looked after, and its unit stays: it goes on", () => {
    const { services, ...rest } = two;
    assert.ok(services);
    assert.equal(announcement(two, { ...rest, services: service }), undefined);
  });

  test("a unit that nobody has looked after goes: it is stopped all the same", () => {
    const { services, ...rest } = two;
    assert.ok(services);
    assert.match(announcement({ ...rest, services: service }, one) ?? "", /closes web-81\.socket/);
  });
});
