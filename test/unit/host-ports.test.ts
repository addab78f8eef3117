import assert from "node:assert/strict";
import { test } from "node:test";
import { openPorts } from "../../host/facts/ports.ts";

// Lines of /proc/net/tcp and /proc/net/tcp6, as Linux 6.12 on x86-64 prints them.
const any4 =
  "   0: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 21348 1 0000000000000000 100 0 0 10 0";
const one4 =
  "  12: 0B0200C0:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 39102 1 0000000000000000 100 0 0 10 0";
const any6 =
  "   1: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 21350 1 0000000000000000 100 0 0 10 0";
const loop6 =
  "   2: 00000000000000000000000001000000:0277 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 8417 1 0000000000000000 100 0 0 10 0";
const one6 =
  "   3: B80D0120000000000000000001000000:01BB 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000    33        0 8419 1 0000000000000000 100 0 0 10 0";
const mapped =
  "   4: 0000000000000000FFFF00000100007F:2382 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000   113        0 9000 1 0000000000000000 100 0 0 10 0";

const holders = "21348 nginx (process 812)\n8417 systemd (process 1)\n9000 my daemon (process 9)\n";

test("each line: its address, its port, and who has it", () => {
  assert.deepEqual(openPorts(`${[any4, one4, any6, loop6, one6, mapped].join("\n")}\n`, holders), [
    { address: { family: "ipv4", address: "0.0.0.0", port: 80 }, holder: "nginx (process 812)" },
    { address: { family: "ipv4", address: "192.0.2.11", port: 8080 }, holder: "" },
    { address: { family: "ipv6", address: "::", port: 80 }, holder: "" },
    { address: { family: "ipv6", address: "::1", port: 631 }, holder: "systemd (process 1)" },
    { address: { family: "ipv6", address: "2001:db8::1", port: 443 }, holder: "" },
    { address: { family: "ipv6", address: "::ffff:127.0.0.1", port: 9090 }, holder: "my daemon (process 9)" },
  ]);
});

test("nobody listens", () => {
  assert.deepEqual(openPorts("", ""), []);
  assert.deepEqual(openPorts("", holders), []);
});

test("what is no address is left out", () => {
  assert.deepEqual(openPorts("x\n 0: 0000:0050 00000000:0000 0A\n\n", ""), []);
});
