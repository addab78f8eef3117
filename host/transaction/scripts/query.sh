# shellcheck shell=sh disable=SC2034,SC2154,SC2317 # parts of one script: host/transaction/script.ts puts them together
# query: file EXPECTED-SHA256 PATH | unit NAME | find DIRECTORY | port UNIT HEXADECIMAL | label DIRECTORY | images |
#   containers manager|account | real DIRECTORY | live UNIT | versions

# What is at each path of standard input, a line each: "f MODE UID MODIFIED SHA-256" for a file, l for a link, o for anything
# else, a for nothing. It is run as the paths' owner.
# shellcheck disable=SC2016 # another shell expands it
describe='while IFS= read -r path; do
  if [ -L "$path" ]; then echo l
  elif [ -f "$path" ]; then
    sum=$(sha256sum <"$path")
    printf "f %s %s\n" "$(stat -c "%04a %u %Y" -- "$path")" "${sum%% *}"
  elif [ -e "$path" ]; then echo o
  else echo a
  fi
done'

# The longest content that is sent.
longest_content=8388608

query_files() {
  for owner in root account; do
    number=0
    : >"$work/paths"
    : >"$work/numbers"
    : >"$work/expected"
    while IFS=$tab read -r kind expected target; do
      [ "$kind" = file ] || continue
      expand "$target"
      if { [ -n "$as" ] && [ "$owner" = account ]; } || { [ -z "$as" ] && [ "$owner" = root ]; }; then
        printf '%s\n' "$path" >>"$work/paths"
        printf '%d\n' "$number" >>"$work/numbers"
        printf '%s\n' "$expected" >>"$work/expected"
      fi
      number=$((number + 1))
    done <"$work/query"
    [ -s "$work/paths" ] || continue
    as=
    [ "$owner" = root ] || as=$as_account
    fed "$as" sh -c "$describe" <"$work/paths" | head -c 1000000 >"$work/described"
    printf '{"event":"files","numbers":"%s","described":"%s"}\n' \
      "$(tr '\n' ' ' <"$work/numbers")" "$(encoded <"$work/described")"
    paste -d "$tab" "$work/numbers" "$work/expected" "$work/paths" >"$work/asked"
    contents
  done
}

# The content of each file that is not as expected.
contents() {
  while IFS=$tab read -r number expected path && IFS= read -r found <&3; do
    case $found in
      f" "*)
        [ "${found##* }" = "$expected" ] || [ "$expected" = any ] && continue
        is_different "$path"
        printf '{"event":"content","line":%d,"content":"%s"}\n' "$number" \
          "$(as_most=$longest_content && $as head -c "$longest_content" -- "$path" 3<&- </dev/null | encoded)"
        ;;
      *) is_different "$path" ;;
    esac
  done <"$work/asked" 3<"$work/described"
}

# is_different PATH: remembers that something will be written, perhaps a unit.
is_different() {
  differs=yes
  case $1 in */systemd/*) unit_differs=yes ;; esac
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

# Who listens on a port that may be needed: its socket unit does not run, or a unit is to be written (proc_net_tcp(5); 0A is TCP_LISTEN).
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

# Free space where something may be written: on the file system of each directory, and on that of our records.
query_space() {
  {
    printf '%s\n' "$state"
    while IFS=$tab read -r kind expected target; do
      [ "$kind" = file ] && expand "$target" && printf '%s\n' "${path%/*}"
    done <"$work/query"
  } | sort -u | while IFS= read -r directory; do
    there=$directory
    while [ -n "$there" ] && ! [ -d "$there" ]; do there=${there%/*}; done
    printf '{"event":"space","directory":"%s",%s}\n' "$(printf %s "$directory" | encoded)" \
      "$(stat -f -c '"free":"%a","block":"%S"' "${there:-/}")"
  done
}

# The SELinux label of each directory, or of the one that it will be created in, if SELinux is enforcing.
query_labels() {
  [ "$(getenforce 2>/dev/null)" = Enforcing ] || return 0
  number=0
  while IFS=$tab read -r kind directory rest; do
    [ "$kind" = label ] || continue
    expand "$directory"
    there=$path
    while [ -n "$there" ] && ! $as test -d "$there" >/dev/null </dev/null; do there=${there%/*}; done
    printf '{"event":"label","line":%d,"label":"%s"}\n' "$number" "$($as stat -c %C -- "${there:-/}" | encoded)"
    number=$((number + 1))
  done <"$work/query"
}

# systemd's version, and the programs for networks that podman would find (containers.conf(5), helper_binaries_dir).
query_tools() {
  # Only the host's own settings: an account could put a file there that never ends.
  {
    set +f
    printf '/%s/podman\n' usr/local/libexec usr/local/lib usr/libexec usr/lib
    cat /usr/share/containers/containers.conf /etc/containers/containers.conf /etc/containers/containers.conf.d/*.conf 2>/dev/null |
      sed -e '/^[[:space:]]*helper_binaries_dir[[:space:]]*=/!d' -e ':more' -e 's/#[^\n]*//' -e '/\]/!{$!{N' -e 'b more' -e '}' -e '}' |
      grep -o '"/[^"]*"' | tr -d '"'
    set -f
  } >"$work/helpers"
  for tool in aardvark-dns pasta slirp4netns; do
    while IFS= read -r directory; do
      [ -x "$directory/$tool" ] && printf '%s\n' "$tool"
    done <"$work/helpers"
    command -v "$tool" >/dev/null && printf '%s\n' "$tool"
  done >"$work/tools"
  printf '{"event":"tools","systemd":"%s","found":"%s"}\n' \
    "$(systemctl --version | sed -n '1s/^systemd \([0-9]*\).*/\1/p')" "$(encoded <"$work/tools")"
}

# Which subordinate ids the account lacks, "uids" and "gids", and where ids are free for it. Sets $lacking and $free.
query_subordinate() {
  lacking='' free=0
  # Root's podman is rootful, also in root's own user manager.
  if [ "$(id -u)" = 0 ] && [ -z "$as_account" ]; then return 0; fi
  ids_of=$account
  [ "$ids_of" != - ] || ids_of=$(id -un)
  has_subordinate subuid || lacking=uids
  has_subordinate subgid -g || lacking="$lacking gids"
  [ -z "$lacking" ] || free=$(cat /etc/subuid /etc/subgid 2>/dev/null | first_free)
}

# has_subordinate NAME [OPTION]: by its file (subuid(5), subgid(5)) or by getsubids(1), which knows other sources.
has_subordinate() {
  grep -qsE "^($ids_of|$(id -u "$ids_of")):" "/etc/$1" || getsubids ${2:+"$2"} "$ids_of" >/dev/null 2>&1
}

# first_free: the first id behind all ranges of standard input; not below the one where useradd(8) begins (SUB_UID_MIN).
first_free() {
  next=100000
  first=
  while IFS=: read -r _ first count || [ -n "$first" ]; do
    case $first$count in "" | *[!0-9]*) continue ;; esac
    [ "$next" -ge $((first + count)) ] || next=$((first + count))
  done
  echo "$next"
}

query_host() {
  podman=no version=
  if command -v podman >/dev/null; then
    podman=yes
    # Asked once, as it takes long and a version does not change within a session. podman would create ~/.config without XDG_CONFIG_HOME.
    if [ "$unit_differs" = yes ] && [ -z "${podman_version:=}" ]; then
      told "" env XDG_CONFIG_HOME="$work" podman --version && podman_version=$(encoded <"$work/told")
    fi
    [ "$unit_differs" = no ] || version=$podman_version
  fi
  linger=no
  name=$account uid=$(id -u)
  if [ -n "$as_account" ]; then uid=$(id -u "$account"); else name=$(id -un); fi
  [ -e "/var/lib/systemd/linger/$name" ] && linger=yes
  query_subordinate
  printf '{"event":"host","uid":"%d","home":"%s","podman":"%s","version":"%s","linger":"%s","lacking":"%s","free":"%s","ports":"%s"}\n' \
    "$uid" "$(printf %s "$home" | encoded)" "$podman" "$version" "$linger" "$lacking" "$free" \
    "$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start)"
  printf '{"event":"others","claims":"%s"}\n' "$(claims paths | encoded)"
  if [ -e "$own/owner" ]; then
    unfinished=no
    [ -e "$own/unfinished" ] && unfinished=yes
    made=
    [ -e "$own/units" ] && made=$(encoded <"$own/units")
    last=
    [ -e "$own/transaction" ] && last=$(encoded <"$own/transaction")
    printf '{"event":"set","owner":"%s","manifest":"%s","units":"%s","unfinished":"%s","last":"%s"}\n' \
      "$(encoded <"$own/owner")" "$(encoded <"$own/manifest")" "$made" "$unfinished" "$last"
  fi
}

query() {
  differs=no
  unit_differs=no
  query_files
  query_units
  query_real
  query_find
  query_ports
  query_images
  query_containers
  query_live
  # Only where something is going to be written.
  [ "$differs" = no ] || query_space
  [ "$unit_differs" = no ] || query_tools
  query_labels
  query_versions
  query_host
  printf '{"event":"answered"}\n'
}
