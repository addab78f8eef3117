import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fill } from "../../host/plan/placeholders.ts";
import { conf, desired, unit } from "./host-plan-facts.ts";

const account = { uid: 1006, home: "/home/test" };
const template = `[Unit]
Requires=user@@UID@.service
RequiresMountsFor=/run/user/@UID@/containers

[Service]
ExecStart=/usr/bin/podman run -v @HOME@/conf.d:/etc/nginx/conf.d --cidfile=/run/user/@UID@/%N.cid
`;
const filled = `[Unit]
Requires=user@1006.service
RequiresMountsFor=/run/user/1006/containers

[Service]
ExecStart=/usr/bin/podman run -v /home/test/conf.d:/etc/nginx/conf.d --cidfile=/run/user/1006/%N.cid
`;

const service = { ...unit("web.service", template), placeholders: true };

describe("filled in", () => {
  test("a home directory is no specifier and no pattern of the replacement", () => {
    const odd = { uid: 1, home: "/srv/100%/$&" };
    const texts = [
      { ...service, content: "A=@HOME@\n" },
      { ...text, content: "root @HOME@;\n", placeholders: true },
    ];
    const { files } = fill(desired({ account: "test", files: texts }), odd);
    assert.deepEqual(
      files.map(({ content }) => content),
      ["A=/srv/100%%/$&\n", "root /srv/100%/$&;\n"],
    );
  });

  test("a text without placeholders stays as it is", () => {
    const set = desired({ account: "test", files: [{ ...service, content: "[Unit]\nA=UID @ HOME\n" }] });
    assert.deepEqual(fill(set, account).files, set.files);
  });

  const text = { key: conf, path: conf, content: "listen unix:/run/user/@UID@/web;", mode: "0644" };
  const probe = { listen: "/run/user/@UID@/web", path: "/", hostName: "localhost" };
  const set = desired({ account: "test", files: [text, service], probes: [probe] });

  test("of a set: in units, in no other file, and in the addresses of probes", () => {
    const done = fill(set, account);
    assert.deepEqual(
      done.files.map(({ content }) => content),
      [text.content, filled],
    );
    assert.equal(done.probes[0]?.listen, "/run/user/1006/web");
    assert.equal(set.files[1]?.content, template, "the set itself was changed");
  });

  test("in a file that asks for it", () => {
    const done = fill({ ...set, files: [{ ...text, placeholders: true }] }, account);
    assert.equal(done.files[0]?.content, "listen unix:/run/user/1006/web;");
  });

  test("nothing where there is no account", () => {
    const root = { ...set, account: undefined };
    assert.equal(fill(root, account), root);
  });
});
