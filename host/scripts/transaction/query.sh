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

query_host() {
  linger=no
  [ -e "/var/lib/systemd/linger/$(id -un)" ] && linger=yes
  printf '{"event":"host","uid":%d,"home":"%s","podman":"%s","systemd":"%s","linger":"%s"}\n' "$(id -u)" \
    "$(printf %s "$HOME" | encoded)" "$(podman --version 2>/dev/null | encoded)" "$(systemctl --version | encoded)" "$linger"
  if [ -e "$own/owner" ]; then
    unfinished=no
    [ -e "$own/unfinished" ] && unfinished=yes
    printf '{"event":"set","owner":"%s","manifest":"%s","unfinished":"%s"}\n' \
      "$(encoded <"$own/owner")" "$(encoded <"$own/manifest")" "$unfinished"
  fi
}

query() {
  number=0
  while IFS=$tab read -r kind first second; do
    case $kind in
      file) query_file "$first" "$second" ;;
      find) query_find "$first" ;;
      unit)
        shown=$(ctl show --property=Id,LoadState,ActiveState,UnitFileState,NeedDaemonReload,Result "$first" | encoded)
        printf '{"event":"unit","line":%d,"shown":"%s"}\n' "$number" "$shown"
        ;;
    esac
    number=$((number + 1))
  done <"$work/query"
  query_host
  printf '{"event":"answered"}\n'
}
