# shellcheck shell=sh disable=SC2034,SC2154,SC2317 # parts of one script: host/script.ts puts them together

# take_back: and says how that went.
take_back() {
  back=yes
  rollback >"$work/output" 2>&1 </dev/null || back=no
  printf '{"event":"rolledback","ok":"%s","output":"%s"}\n' "$back" "$(printf '%s\n' "$failed" | cat - "$work/output" | tail -c 4000 | encoded)"
}

apply() {
  number=0
  while IFS=$tab read -r step first second third; do
    printf '{"event":"step","line":%d}\n' "$number"
    if ! "step_$step" "$first" "$second" "$third" >"$work/output" 2>&1 </dev/null; then
      printf '{"event":"failed","line":%d,"output":"%s"}\n' "$number" "$(tail -c 8000 "$work/output" | encoded)"
      take_back
      return
    fi
    number=$((number + 1))
  done <"$work/plan"
  printf '{"event":"applied"}\n'
}

leave=0
if [ "$lingered" = yes ] && ! [ -e "$own/owner" ]; then leave=10; fi
printf '{"event":"ready"}\n'
# A peer that says nothing for this long is gone, and the lock is needed by others.
# shellcheck disable=SC2016 # the inner shell expands it
while header=$(timeout 300 sh -c 'IFS= read -r line && printf %s "$line"'); do
  # shellcheck disable=SC2086 # the header is words
  set -- $header
  case $1 in
    store)
      timeout 300 head -c "$3" >"$work/$2"
      # Cut off in the middle: nothing was changed yet.
      [ "$(stat -c %s "$work/$2")" = "$3" ] || exit 1
      ;;
    query) query ;;
    recover)
      if [ -e "$own/journal" ]; then take_back; fi
      printf '{"event":"recovered"}\n'
      ;;
    apply) apply ;;
    end) break ;;
  esac
done
if [ -e "$own/owner" ] && [ "$leave" = 10 ]; then leave=0; fi
exit "$leave"
