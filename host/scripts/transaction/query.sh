# shellcheck shell=sh disable=SC2034,SC2154,SC2317 # parts of one script: host/script.ts puts them together
# query: file EXPECTED-SHA256 PATH | unit NAME | find DIRECTORY

query_file() {
  expand "$2"
  if [ -L "$path" ]; then
    printf '{"event":"file","line":%d,"type":"link"}\n' "$number"
  elif [ -f "$path" ]; then
    seen=$(stat -c '"mode":"%04a","uid":%u,"gid":%g' "$path")
    sum=$(sha256sum <"$path") && sum=${sum%% *}
    content=
    if [ "$sum" != "$1" ] && [ "$1" != any ]; then content=$(encoded <"$path"); fi
    printf '{"event":"file","line":%d,"type":"file",%s,"sha256":"%s","content":"%s"}\n' "$number" "$seen" "$sum" "$content"
  elif [ -e "$path" ]; then
    printf '{"event":"file","line":%d,"type":"other"}\n' "$number"
  else
    printf '{"event":"file","line":%d,"type":"absent"}\n' "$number"
  fi
}

# query_find DIRECTORY: the names of the files in it.
query_find() {
  expand "$1"
  if [ -d "$path" ]; then
    names=$(find "$path" -maxdepth 1 -type f -printf '%f\n' | sort | encoded)
    printf '{"event":"names","line":%d,"names":"%s"}\n' "$number" "$names"
  fi
}

# The versions do not change within a session.
versions() {
  [ -n "${versions-}" ] && return 0
  versions="\"podman\":\"$(podman --version 2>/dev/null | encoded)\",\"systemd\":\"$(systemctl --version | encoded)\""
}

query_host() {
  versions
  linger=no
  [ -e "/var/lib/systemd/linger/$(id -un)" ] && linger=yes
  printf '{"event":"host","uid":%d,"home":"%s",%s,"linger":"%s"}\n' "$(id -u)" "$(printf %s "$HOME" | encoded)" "$versions" "$linger"
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
  number=0
  units=
  while IFS=$tab read -r kind first second; do
    case $kind in
      file) query_file "$first" "$second" ;;
      find) query_find "$first" ;;
      # Names of units have no white space.
      unit) units="$units $first" ;;
    esac
    number=$((number + 1))
  done <"$work/query"
  if [ -n "$units" ]; then
    # shellcheck disable=SC2086 # one call for all of them; it answers in their order
    shown=$(ctl show --property=LoadState,ActiveState,UnitFileState,NeedDaemonReload -- $units | encoded)
    printf '{"event":"units","shown":"%s"}\n' "$shown"
  fi
  query_host
  printf '{"event":"answered"}\n'
}
