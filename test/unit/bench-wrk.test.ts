import assert from "node:assert/strict";
import { test } from "node:test";
import { parseWrk, wrkCommand } from "../../bench/runtime/wrk.ts";

// Written by wrk 4.1.0 of Debian 12.
const fine = `Running 2s test @ http://10.231.0.11:8081/
  1 threads and 32 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency   334.53us  374.31us   6.92ms   97.53%
    Req/Sec    95.18k     6.65k  104.84k    80.00%
  Latency Distribution
     50%  303.00us
     75%  392.00us
     90%  474.00us
     99%    2.32ms
  189315 requests in 2.00s, 116.09MB read
Requests/sec:  94637.29
Transfer/sec:     58.03MB
`;
const notFound = `Running 3s test @ http://127.0.0.1:18099/404
  1 threads and 8 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency   803.87us    2.74ms  38.37ms   94.14%
    Req/Sec    59.60k    23.41k   74.87k    83.33%
  Latency Distribution
     50%  104.00us
     75%  116.00us
     90%    1.27ms
     99%   16.18ms
  178508 requests in 3.01s, 25.37MB read
  Non-2xx or 3xx responses: 178508
Requests/sec:  59225.61
Transfer/sec:      8.42MB
`;
const broken = `Running 3s test @ http://127.0.0.1:18099/break
  1 threads and 8 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     0.00us    0.00us   0.00us    -nan%
    Req/Sec     0.00      0.00     0.00      -nan%
  Latency Distribution
     50%    0.00us
     75%    0.00us
     90%    0.00us
     99%    0.00us
  0 requests in 3.00s, 0.00B read
  Socket errors: connect 0, read 55632, write 0, timeout 0
Requests/sec:      0.00
Transfer/sec:       0.00B
`;

test("what wrk wrote", () => {
  assert.deepEqual(parseWrk(fine), { requests: 189315, perSecond: 94637.29, p99: 2.32, failed: 0 });
});

test("each unit of a time becomes milliseconds, also with wrk's space behind it", () => {
  const p99 = (text: string) => parseWrk(fine.replace("2.32ms", text)).p99;
  assert.deepEqual(
    ["380.00us", "2.32ms", "1.49s ", "2.00m ", "1.00h "].map(p99),
    [0.38, 2.32, 1490, 120_000, 3_600_000],
  );
});

test("a status from 400 on and what breaks are failures", () => {
  assert.equal(parseWrk(notFound).failed, 178508);
  const errors = "\n  Socket errors: connect 1, read 20, write 300, timeout 4000\nRequests/sec";
  assert.equal(parseWrk(fine.replace("\nRequests/sec", errors)).failed, 4321);
  assert.equal(parseWrk(notFound.replace("\nRequests/sec", errors)).failed, 178508 + 4321);
});

test("no answer, and anything else than wrk's text, is an error", () => {
  assert.throws(() => parseWrk(broken), /^Error: wrk: no request was answered:\n.*read 55632/s);
  assert.throws(() => parseWrk(""), /not what wrk --latency writes/);
  // Without --latency, wrk prints no distribution.
  assert.throws(() => parseWrk(fine.replace(/ {2}Latency Distribution\n( +\d+%.*\n)+/, "")), /not what wrk/);
});

test("the command", () => {
  const options = { url: "http://192.0.2.11:8080/", threads: 2, connections: 32, seconds: 3 };
  const command = "wrk --latency --threads 2 --connections 32 --duration 3s";
  assert.equal(wrkCommand({ ...options, fresh: false }).join(" "), `${command} ${options.url}`);
  assert.deepEqual(wrkCommand({ ...options, fresh: true }).slice(-3), [
    "--header",
    "Connection: close",
    options.url,
  ]);
});
