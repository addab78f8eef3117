import assert from "node:assert/strict";
import { test } from "node:test";
import { quoteExec } from "../../units/escape.ts";
import { renderContainer, renderService, renderSocket } from "../../units/render.ts";
import { type KeySpecs, section } from "../../units/section.ts";
import { unitKeys } from "../../units/sections/unit.ts";
import { UnwritableValueError } from "../../units/serialize.ts";

test("nothing: a field that is undefined is not there", () => {
  assert.deepEqual(section(unitKeys, "Unit", {}), { name: "Unit", entries: [] });
  assert.deepEqual(section(unitKeys, "Unit", { after: undefined, wants: [] }), { name: "Unit", entries: [] });
});

test("the order is that of the specs, not of the fields", () => {
  const { entries } = section(unitKeys, "Unit", { after: ["a.socket", "b.socket"], description: "x" });
  const expected = [
    { key: "Description", value: "x" },
    { key: "After", value: "a.socket b.socket" },
  ];
  assert.deepEqual(entries, expected);
});

test("one line each for what is repeated, an empty text as a reset, an empty list as nothing", () => {
  const execStartPre = ["", quoteExec(["/bin/echo", "a b"]), "-/bin/false"];
  const text = renderService({
    service: { execStartPre, restrictAddressFamilies: "", execStopPost: [], sockets: [] },
  });
  assert.equal(
    text,
    '[Service]\nExecStartPre=\nExecStartPre=/bin/echo "a b"\nExecStartPre=-/bin/false\nRestrictAddressFamilies=\n',
  );
});

for (const [what, write, message] of [
  [
    "a newline",
    () => renderContainer({ container: { image: "x\n[Service]" } }),
    "[Container] Image=: holds a newline",
  ],
  [
    "a space in a list",
    () => renderSocket({ socket: {}, unit: { after: ["a b"] } }),
    "[Unit] After=: an item of the list",
  ],
  [
    "an empty item",
    () => renderSocket({ socket: {}, install: { wantedBy: [""] } }),
    "[Install] WantedBy=: an item",
  ],
  [
    "no number",
    () => renderContainer({ container: { stopTimeout: NaN } }),
    "[Container] StopTimeout=: NaN is not a number",
  ],
  [
    "a variable's name",
    () => renderContainer({ container: { environment: { "A B": "" } } }),
    '[Container] Environment=: "A B"',
  ],
  [
    "a line end in a list",
    () => renderService({ service: { execStop: "a\r" } }),
    "[Service] ExecStop=: holds a",
  ],
  [
    "a field that is none",
    () => renderService({ service: Object.assign({ type: "oneshot" as const }, { runtimeDir: "x" }) }),
    "[Service] runtimeDir=: there is no such field.",
  ],
] as const) {
  test(`${what} is refused where it stands`, () => {
    assert.throws(
      write,
      (error) => error instanceof UnwritableValueError && error.message.startsWith(message),
    );
  });
}

test("a field without a spec, or with one of the wrong kind, does not compile", () => {
  interface Two {
    one?: string;
    many?: string | readonly string[];
  }
  // @ts-expect-error: "many" has no spec
  const missing: KeySpecs<Two> = { one: "value" };
  const wrong: KeySpecs<Two> = {
    one: "value",
    // @ts-expect-error: a list can't be written as a value
    many: "value",
  };
  assert.deepEqual(section(missing, "X", {}), section(wrong, "X", {}));
});
