// A client that requests a page over HTTP/2 again and again, each time on a new connection, until a file exists:
// http2-load.ts HOST PORT NAME CA-FILE STOP-FILE. It treats a GOAWAY as RFC 9113, 6.8 says: a request that was not processed is made again.
// It writes { answered, again, failed: [what] } in JSON.
import { existsSync, readFileSync } from "node:fs";
import { type ClientHttp2Session, connect } from "node:http2";

const [host = "", port = "", name = "", trusted = "", stop = ""] = process.argv.slice(2);
const ca = readFileSync(trusted, "utf8");
const counts = { answered: 0, again: 0, failed: [] as string[] };

/** The status; "again" if the server says that it has not begun to process the request. */
function ask(): Promise<number | "again"> {
  return new Promise((resolve, reject) => {
    const begun = Date.now();
    const steps: string[] = [];
    const note = (what: string) => steps.push(`${what} after ${Date.now() - begun} ms`);
    const session: ClientHttp2Session = connect(`https://${name}:${port}`, { ca, host, servername: name });
    let unprocessed = false;
    const fail = (what: string) => {
      clearTimeout(timer);
      session.destroy();
      if (unprocessed) resolve("again");
      else reject(new Error(`${what}: ${steps.join(", ")}`));
    };
    const timer = setTimeout(() => fail("no answer"), 10_000);
    session.on("connect", () => note("connected"));
    session.on("goaway", (code, last) => {
      note(`GOAWAY ${code} ${last}`);
      unprocessed ||= code === 0 && last < 1;
    });
    session.on("error", (error: Error) => fail(error.message));
    session.on("close", () => fail("closed"));
    const request = session.request({ ":path": "/" });
    let status = 0;
    request.on("response", (headers) => (status = headers[":status"] ?? 0));
    request.on("error", (error: Error) => fail(error.message));
    request.on("end", () => {
      if (status === 0) return fail("ended without an answer");
      clearTimeout(timer);
      resolve(status);
      session.close();
    });
    request.resume();
  });
}

while (!existsSync(stop)) {
  try {
    const status = await ask();
    if (status === "again") counts.again += 1;
    else if (status === 200) counts.answered += 1;
    else counts.failed.push(`status ${status}`);
  } catch (error) {
    counts.failed.push((error as Error).message);
  }
}
console.log(JSON.stringify(counts));
