import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseListenStream } from "../../units/nginx/address.ts";
import { answersPlainHttp } from "../../units/nginx/plain.ts";

function answers(text: string, address = "0.0.0.0:80", name = "default.conf"): boolean {
  return answersPlainHttp([{ name, text }], parseListenStream(address));
}

describe("a plain request gets an answer", () => {
  const cases: [string, string, string?][] = [
    ["by plain HTTP", "server { listen 80; }"],
    ["by TLS: a plain 400", "server { listen 80 ssl; }"],
    ["by TLS that speaks HTTP/2, too", "server { listen 80 ssl http2; }"],
    ["where only another address is told the client", "server { listen 80; listen 81 proxy_protocol; }"],
    ["where only another one speaks HTTP/2 only", "server { listen 80; } server { listen [::]:80 http2; }"],
    ["on a unix socket", "server { listen unix:/run/web.sock; }", "/run/web.sock"],
    ["as far as it can be seen: an include of the image's", "include /etc/nginx/more/*.conf;"],
    ["without any listen that it names", "server { listen 81; }"],
  ];
  for (const [what, text, address] of cases) test(what, () => assert.equal(answers(text, address), true));
});

describe("a plain request gets none", () => {
  const cases: [string, string, string?][] = [
    ["from who wants to be told the client", "server { listen 80 proxy_protocol; }"],
    ["by TLS behind that", "server { listen 80 ssl proxy_protocol; }"],
    ["by HTTP/2 alone", "server { listen 80 http2; }"],
    [
      "where one of several servers on the address says so",
      "server { listen 80; } server { listen *:80 proxy_protocol; }",
    ],
    ["on a unix socket", "server { listen unix:/run/web.sock proxy_protocol; }", "/run/web.sock"],
    ["on one of a range of ports", "server { listen 8080-8090 proxy_protocol; }", "0.0.0.0:8085"],
  ];
  for (const [what, text, address] of cases) test(what, () => assert.equal(answers(text, address), false));
});

test("a file that nginx does not read does not count", () => {
  assert.equal(answers("server { listen 80 proxy_protocol; }", "0.0.0.0:80", "off.conf.disabled"), true);
});
