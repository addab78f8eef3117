import assert from "node:assert/strict";
import { test } from "node:test";
import { listens } from "../../units/socket-addresses.ts";

const texts = (unit: string) =>
  listens(unit, "web.socket").map(({ address, ipv6Only }) =>
    address.family === "unix" ? address.path : `${address.address}:${address.port}${ipv6Only ? " only" : ""}`,
  );

test("the addresses of a socket unit", () => {
  assert.deepEqual(
    texts("[Socket]\nListenStream=80\nListenStream=127.0.0.1:81\nListenStream=/run/a.sock\n"),
    [":::80", "127.0.0.1:81", "/run/a.sock"],
  );
  assert.deepEqual(texts("[Socket]\nListenStream=[::]:80\nBindIPv6Only=ipv6-only\n"), [":::80 only"]);
});

test("an empty assignment takes back those before it", () => {
  assert.deepEqual(texts("[Socket]\nListenStream=80\nListenStream=\nListenStream=0.0.0.0:81\n"), [
    "0.0.0.0:81",
  ]);
});

test("so does an empty one of any other Listen…=, as systemd keeps them in one list", () => {
  assert.deepEqual(texts("[Socket]\nListenStream=80\nListenDatagram=\nListenStream=0.0.0.0:81\n"), [
    "0.0.0.0:81",
  ]);
  assert.deepEqual(texts("[Socket]\nListenStream=0.0.0.0:80\nBacklog=\n"), ["0.0.0.0:80"]);
});

test("none where there is none, and none of what somebody has written by hand that can't be read", () => {
  assert.deepEqual(texts("[Socket]\nListenFIFO=/run/f\n"), []);
  assert.deepEqual(texts("[Socket]\nListenStream=vsock::80\n"), []);
  assert.deepEqual(texts("[Socket]\nListenStream=80\noops\n"), []);
});
