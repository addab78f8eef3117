import { readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

/** More than any configuration or certificate has. If a disk image is named by mistake, it is not read into memory. */
const mostBytes = 1024 * 1024;

/**
 * The text of a file on the machine that runs Pulumi, or what is wrong with it. No message quotes the content.
 *
 * @param given the path in the stack file: relative to the project, absolute, or below "~/"
 * @param project the project's directory
 */
export function readText(given: string, project: string): { text: string } | { problem: string } {
  const { path, named } = locate(given, project);
  const problem = (what: string) => ({ problem: `the file ${named} ${what}` });
  try {
    const status = statSync(path);
    if (status.isDirectory()) return problem("is a directory. Name a file in it.");
    // Reading a device or a pipe might never end.
    if (!status.isFile()) return problem("is not a regular file");
    if (status.size > mostBytes)
      return problem(`has ${status.size} bytes, and a text can have at most ${mostBytes} (1 MiB)`);
    // A byte order mark stays, as in a text of the stack file: the reader of the text must handle it.
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(readFileSync(path));
    return text.includes("\0") ? problem("holds a NUL byte, so it is not text") : { text };
  } catch (thrown) {
    return problem(reason(thrown as NodeJS.ErrnoException));
  }
}

/** @returns where the file is, and its name in errors */
function locate(given: string, project: string): { path: string; named: string } {
  const quoted = JSON.stringify(given);
  if (isAbsolute(given)) return { path: given, named: quoted };
  if (given.startsWith("~/")) {
    const path = join(homedir(), given.slice(2));
    return { path, named: `${quoted} (${path})` };
  }
  return { path: join(project, given), named: `${quoted}, relative to the project's directory ${project},` };
}

function reason({ code, message }: NodeJS.ErrnoException): string {
  if (code === "ENOENT") return "does not exist";
  if (code === "EACCES") return "can't be read: permission denied";
  if (code === "ERR_ENCODING_INVALID_ENCODED_DATA") return "is not text in UTF-8";
  return `can't be read: ${message}`;
}
