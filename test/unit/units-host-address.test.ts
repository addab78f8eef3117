import assert from "node:assert/strict";
import { test } from "node:test";
import { addressProblem, userProblem } from "../../units/host-address.ts";

test("an address: a name, an alias of ssh, IPv4 and IPv6", () => {
  const right = ["web-1", "web_1.example.com.", "192.0.2.11", "2001:db8::1", "::1", "fe80::1%eth0", "10"];
  for (const text of right) assert.equal(addressProblem(text), undefined, text);
});

const alone: [string, string][] = [
  ["deploy@web-1:2222", 'address: "web-1", port: 2222, user: "deploy"'],
  ["deploy@web-1", 'address: "web-1", user: "deploy"'],
  ["web-1:22", 'address: "web-1", port: 22'],
  ["ssh://web-1", 'address: "web-1"'],
  ["ssh://deploy@web-1:2222/", 'address: "web-1", port: 2222, user: "deploy"'],
  ["ssh://deploy:secret@web-1", 'address: "web-1", user: "deploy"'],
  ["https://web-1.example.com/a/b", 'address: "web-1.example.com"'],
  ["[2001:db8::1]", 'address: "2001:db8::1"'],
  ["root@[2001:db8::1]:22", 'address: "2001:db8::1", port: 22, user: "root"'],
  ["root@2001:db8::1", 'address: "2001:db8::1", user: "root"'],
  ["alice@corp.example@web-1", 'address: "web-1", user: "alice@corp.example"'],
  ["@web-1", 'address: "web-1"'],
  [" web-1\n", 'address: "web-1"'],
];
for (const [text, fields] of alone)
  test(`more than an address: ${JSON.stringify(text)}`, () => {
    assert.equal(addressProblem(text), `must be the host alone. Write ${fields}.`);
  });

test("no address at all", () => {
  const empty = 'is empty: give the name of the host or its IP address, as in "192.0.2.11"';
  const wrong = (what: string) => `is not a host name or an IP address: ${what} can't be in it`;
  const cases: [string, string][] = [
    ["", empty],
    [" ", empty],
    ["web 1", wrong("a blank")],
    ["web\t1", wrong('"\\t"')],
    ["web-1:ssh", wrong('":"')],
    ["web-1:70000", wrong('":"')],
    ["web-1:0", wrong('":"')],
    ["2001:db8:::1", wrong('":"')],
    ["user@", wrong('"@"')],
    ["bücher.example", wrong('"ü"')],
    ["web-1,web-2", wrong('","')],
    ["-oProxyCommand=x", 'can\'t begin with "-"'],
    ["192.0.2.300", "is not a valid IPv4 address"],
    [".example.com", 'can\'t begin with "."'],
  ];
  for (const [text, problem] of cases) assert.equal(addressProblem(text), problem, text);
});

test("the name of an account", () => {
  for (const text of ["root", "_www", "deploy.1-a", "alice@corp.example", "machine$", "0"])
    assert.equal(userProblem(text), undefined, text);
  for (const text of ["", "two words", "-l", "a:b", "a\n", "$a", "a/b"])
    assert.equal(userProblem(text), "is not a valid account name", text);
});
