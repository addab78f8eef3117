# shellcheck shell=sh disable=SC2034,SC2154,SC2317 # parts of one script: host/script.ts puts them together
# query: file EXPECTED-SHA256 PATH | unit NAME | find DIRECTORY | port UNIT HEXADECIMAL | images

# Type of each file in one word: f a file, F one of the account's, l a link, o anything else, a absent.
query_files() {
  types=
  own_files=0
  : >"$work/paths"
  while IFS=$tab read -r kind expected target; do
    [ "$kind" = file ] || continue
    expand "$target"
    type=a
    if [ -L "$path" ]; then
      type=l
    elif [ -f "$path" ]; then
      type=f
      [ -z "$as" ] || type=F
    elif [ -e "$path" ]; then
      type=o
    fi
    case $type in
      [fF]) printf '%s\t%s\t%s\n' "$type" "$expected" "$path" >>"$work/paths" ;;
      *) is_different "$path" ;;
    esac
    types=$types$type
  done <"$work/query"
  [ -n "$types" ] || return 0
  describe f "" >"$work/own"
  describe F "$as_account" >"$work/account"
  printf '{"event":"files","types":"%s","stats":"%s","sums":"%s"}\n' "$types" \
    "$(merged 0 | encoded)" "$(merged 1 | encoded)"
  contents
}

# is_different PATH: something is going to be written, perhaps a unit.
is_different() {
  differs=yes
  case $1 in */systemd/*) unit_differs=yes ;; esac
}

# describe TYPE AS: a line of "MODE UID MODIFIED", then one of the digest, for each file of a type.
describe() {
  set -- "$1" "$2"
  wanted=$1 as=$2
  set --
  while IFS=$tab read -r type expected path; do
    [ "$type" = "$wanted" ] && set -- "$@" "$path"
  done <"$work/paths"
  [ $# -gt 0 ] || return 0
  $as stat --printf '%04a %u %Y\n' -- "$@" >"$work/stats"
  $as sha256sum -- "$@" >"$work/sums"
  paste -d '\n' "$work/stats" "$work/sums"
}

# merged 0|1: the stats or the digests of all files, in the order of the query.
merged() {
  exec 3<"$work/own" 4<"$work/account"
  while IFS=$tab read -r type expected path; do
    case $type in
      f) IFS= read -r first <&3 && IFS= read -r second <&3 ;;
      *) IFS= read -r first <&4 && IFS= read -r second <&4 ;;
    esac
    case $1 in
      0) printf '%s\n' "$first" ;;
      *) printf '%s\n' "${second%% *}" ;;
    esac
  done <"$work/paths"
  exec 3<&- 4<&-
}

# The content of each file that is not as expected.
contents() {
  merged 1 >"$work/digests"
  exec 3<"$work/digests" 4<"$work/paths"
  number=0
  while IFS=$tab read -r kind expected target; do
    [ "$kind" = file ] || continue
    rest=${types#?}
    case ${types%"$rest"} in
      [fF])
        IFS= read -r digest <&3
        IFS=$tab read -r type expected path <&4
        if [ "$digest" != "$expected" ] && [ "$expected" != any ]; then
          is_different "$path"
          as=
          [ "$type" = f ] || as=$as_account
          printf '{"event":"content","line":%d,"content":"%s"}\n' "$number" "$($as base64 -w 0 -- "$path")"
        fi
        ;;
    esac
    types=$rest
    number=$((number + 1))
  done <"$work/query"
  exec 3<&- 4<&-
}

query_units() {
  names=
  while IFS=$tab read -r kind name rest; do
    # Names of units have no white space.
    [ "$kind" = unit ] && names="$names $name"
  done <"$work/query"
  [ -n "$names" ] || return 0
  # shellcheck disable=SC2086 # one call for all of them; it answers in their order
  ctl show --timestamp=unix --property=LoadState,ActiveState,UnitFileState,NeedDaemonReload,DropInPaths,StateChangeTimestamp \
    -- $names >"$work/shown"
  printf '{"event":"units","shown":"%s"}\n' "$(encoded <"$work/shown")"
}

# The names of the files in each directory.
query_find() {
  number=0
  while IFS=$tab read -r kind directory rest; do
    [ "$kind" = find ] || continue
    expand "$directory"
    if [ -d "$path" ]; then
      names=$($as find "$path" -maxdepth 1 -type f -printf '%f\n' | sort | encoded)
      printf '{"event":"names","line":%d,"names":"%s"}\n' "$number" "$names"
    fi
    number=$((number + 1))
  done <"$work/query"
}

# Who listens on a port that may be wanted: its own socket unit does not run, or a unit is to be written (proc_net_tcp(5); 0A
# is TCP_LISTEN).
query_ports() {
  : >"$work/listening"
  while IFS=$tab read -r kind unit port; do
    [ "$kind" = port ] || continue
    if [ "$unit_differs" = yes ] || ! ctl is-active --quiet "$unit"; then
      grep -hE "^ *[0-9]+: [0-9A-F]+:$port [0-9A-F:]+ 0A " /proc/net/tcp /proc/net/tcp6 2>/dev/null >>"$work/listening"
    fi
  done <"$work/query"
  [ -s "$work/listening" ] || return 0
  while read -r _ _ _ _ _ _ _ _ _ inode _; do
    found=$(find /proc -maxdepth 3 -path '/proc/[0-9]*/fd/*' -lname "socket:\[$inode\]" -print -quit 2>/dev/null)
    [ -n "$found" ] || continue
    pid=${found#/proc/}
    pid=${pid%%/*}
    printf '%s %s (process %s)\n' "$inode" "$(cat "/proc/$pid/comm")" "$pid"
  done <"$work/listening" >"$work/holders"
  printf '{"event":"ports","listening":"%s","holders":"%s"}\n' "$(encoded <"$work/listening")" "$(encoded <"$work/holders")"
}

query_images() {
  grep -q '^images$' "$work/query" || return 0
  running=$($as_account podman ps --no-trunc --format '{{index .Labels "PODMAN_SYSTEMD_UNIT"}} {{.Image}} {{.ImageID}}' | encoded)
  present=$($as_account podman images --no-trunc --format '{{.Repository}}:{{.Tag}} {{.ID}}' | sed 's/ sha256:/ /' | encoded)
  printf '{"event":"images","running":"%s","present":"%s"}\n' "$running" "$present"
}

# Free space where something may be written: on the file system of each directory, and on our own.
query_space() {
  {
    printf '%s\n' "$state"
    while IFS=$tab read -r kind expected target; do
      [ "$kind" = file ] && expand "$target" && printf '%s\n' "${path%/*}"
    done <"$work/query"
  } | sort -u | while IFS= read -r directory; do
    there=$directory
    while ! [ -d "$there" ]; do there=${there%/*}; done
    printf '{"event":"space","directory":"%s",%s}\n' "$(printf %s "$directory" | encoded)" \
      "$(stat -f -c '"free":"%a","block":"%S"' "${there:-/}")"
  done
}

# Whether the account has subordinate ids, by file or by getsubids(1), which knows other sources.
has_subordinate() {
  subordinate=yes
  if [ "$manager" = system ] && [ "$account" = - ]; then return 0; fi
  who=$account
  [ "$who" != - ] || who=$(id -un)
  grep -qsE "^($who|$(id -u "$who")):" /etc/subuid && return 0
  getsubids "$who" >/dev/null 2>&1 || subordinate=no
}

query_host() {
  podman=no version=
  if command -v podman >/dev/null; then
    podman=yes
    # It takes long, and a version does not change within a session. podman makes ~/.config unless that is somewhere else.
    [ "$unit_differs" = no ] || version=${podman_version:=$(XDG_CONFIG_HOME=$work podman --version | encoded)}
  fi
  linger=no
  name=$account uid=$(id -u)
  if [ -n "$as_account" ]; then uid=$(id -u "$account"); else name=$(id -un); fi
  [ -e "/var/lib/systemd/linger/$name" ] && linger=yes
  has_subordinate
  printf '{"event":"host","uid":"%d","home":"%s","podman":"%s","version":"%s","linger":"%s","subordinate":"%s","ports":"%s"}\n' \
    "$uid" "$(printf %s "$home" | encoded)" "$podman" "$version" "$linger" "$subordinate" \
    "$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start)"
  for other in "$state"/sets/*/manifest; do
    [ -e "$other" ] || continue
    [ "$other" = "$own/manifest" ] && continue
    other=${other%/manifest}
    printf '{"event":"other","name":"%s","manifest":"%s"}\n' "$(printf %s "${other##*/}" | encoded)" "$(encoded <"$other/manifest")"
  done
  if [ -e "$own/owner" ]; then
    unfinished=no
    [ -e "$own/unfinished" ] && unfinished=yes
    printf '{"event":"set","owner":"%s","manifest":"%s","unfinished":"%s"}\n' \
      "$(encoded <"$own/owner")" "$(encoded <"$own/manifest")" "$unfinished"
  fi
}

query() {
  differs=no
  unit_differs=no
  query_files
  query_units
  query_find
  query_ports
  query_images
  # Only where something is going to be written.
  [ "$differs" = no ] || query_space
  query_host
  printf '{"event":"answered"}\n'
}
