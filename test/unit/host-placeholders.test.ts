import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fill, fillText, hasPlaceholders, unfillText } from "../../host/placeholders.ts";
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

describe("filled in", () => {
  test("everywhere in the text", () => assert.equal(fillText(template, account), filled));

  test("a home directory is no specifier and no pattern of the replacement", () => {
    assert.equal(fillText("A=@HOME@\n", { uid: 1, home: "/srv/100%/$&" }), "A=/srv/100%%/$&\n");
  });

  test("a text without placeholders stays as it is", () => {
    assert.equal(fillText("[Unit]\nA=UID @ HOME\n", account), "[Unit]\nA=UID @ HOME\n");
  });

  const text = { key: conf, path: conf, content: "# @UID@", mode: "0644" };
  const set = desired({ account: "test", files: [text, unit("web.service", template)] });

  test("of a set: in units, and in no other file", () => {
    assert.deepEqual(
      fill(set, account).files.map(({ content }) => content),
      ["# @UID@", filled],
    );
    assert.equal(set.files[1]?.content, template, "the set itself was changed");
  });

  test("nothing where units name no account", () => {
    const root = { ...set, account: undefined };
    const user = { ...set, manager: "user" as const };
    assert.deepEqual([fill(root, account), fill(user, account)], [root, user]);
    assert.deepEqual([set, root, user].map(hasPlaceholders), [true, false, false]);
  });
});

describe("read back", () => {
  test("an unchanged text is the one that was written", () => {
    assert.equal(unfillText(filled, template, account), template);
  });

  test("what was edited is shown as it is, and the rest as it was written", () => {
    const edited = filled
      .replace("/run/user/1006/containers", "/srv")
      .replace("[Service]", "[Service]\nRestart=no");
    assert.equal(
      unfillText(edited, template, account),
      template.replace("/run/user/@UID@/containers", "/srv").replace("[Service]", "[Service]\nRestart=no"),
    );
  });

  test("another account's id is an edit", () => {
    const other = filled.replaceAll("1006", "1007");
    assert.match(unfillText(other, template, account), /^Requires=user@1007\.service$/m);
  });
});
