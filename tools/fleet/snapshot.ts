/** Lists paths and what is below them: first type, mode, owner, link target and path of all, then digest and path of files. */
export const snapshotScript = `set -e
for path; do
  shift
  if [ -e "$path" ] || [ -L "$path" ]; then set -- "$@" "$path"; fi
done
[ $# -gt 0 ] || exit 0
find "$@" -printf '%y %#m %U:%G %l\\0%p\\0'
printf '\\0'
find "$@" -type f -exec sha256sum --zero {} +`;

/** path → `TYPE MODE UID:GID SHA256|TARGET`, from what the script prints. */
export function parseSnapshot(printed: string): Map<string, string> {
  const fields = printed.split("\0");
  const files = new Map<string, string>();
  let next = 0;
  for (; fields[next]; next += 2) files.set(fields[next + 1] ?? "", (fields[next] ?? "").trimEnd());
  for (const line of fields.slice(next + 1)) {
    if (!line) continue;
    const [digest = "", path = ""] = [line.slice(0, 64), line.slice(66)];
    files.set(path, `${files.get(path)} ${digest}`);
  }
  return files;
}
