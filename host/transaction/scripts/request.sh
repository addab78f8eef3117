# shellcheck shell=sh disable=SC2034,SC2154,SC2317 # parts of one script: host/transaction/script.ts puts them together
# Requests that must be answered. probe.NUMBER has lines: where (an address with its port, or a path), path, Host, status, body, and
# the address that the host must have.

# read_probe NUMBER: sets the variables of a probe.
read_probe() {
  {
    IFS= read -r where
    IFS= read -r wanted_path
    IFS= read -r host_name
    IFS= read -r wanted_status
    IFS= read -r wanted_body
    IFS= read -r needed_address
  } <"$work/probe.$1"
}

# request COMMAND…: prints one answer, head and body. COMMAND is what runs the request.
request() {
  case $where in
    /*)
      "$@" curl --silent --show-error --globoff --path-as-is --http1.1 --http0.9 --include --max-time 5 --user-agent quadlet-fleet \
        --unix-socket "$where" --header "Host: $host_name" -- "http://localhost$wanted_path"
      return
      ;;
  esac
  if command -v curl >/dev/null; then
    "$@" curl --silent --show-error --globoff --path-as-is --http1.1 --http0.9 --include --max-time 5 --user-agent quadlet-fleet \
      --noproxy '*' --header "Host: $host_name" -- "http://$where$wanted_path"
  else
    address=${where%:*}
    address=${address#"["}
    # shellcheck disable=SC2016 # bash expands it
    "$@" timeout 5 bash -c 'exec 3<>"/dev/tcp/$1/$2" &&
      printf "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: quadlet-fleet\r\nConnection: close\r\n\r\n" "$3" "$4" >&3 && cat <&3' \
      bash "${address%"]"}" "${where##*:}" "$wanted_path" "$host_name"
  fi
}

# speaks_http2_only: whether the answer is not HTTP/1, but begins with a SETTINGS frame (RFC 9113, 3.4 and 6.5): `listen … http2`
# without TLS, up to nginx 1.25.0.
speaks_http2_only() {
  case $(head -c 9 "$work/answer" | od -An -v -tx1 | tr -d ' \n') in
    ??????040000000000) return 0 ;;
    *) return 1 ;;
  esac
}

# answered COMMAND…: whether an answer is as it should be; what is wrong is in $problem.
answered() {
  {
    request "$@" 2>"$work/request"
    echo $? >"$work/code"
  } | head -c 1000000 >"$work/answer"
  status=$(sed -n '1s|^HTTP/[0-9.]* \([0-9][0-9][0-9]\).*|\1|p' "$work/answer")
  if [ -z "$status" ]; then
    # Closed without an answer, as nginx does for `return 444`: 52 of curl, 0 of bash. A server that hangs would not close.
    case $(cat "$work/code")$wanted_status$wanted_body in 0 | 52) [ -s "$work/answer" ] || return 0 ;; esac
    ! speaks_http2_only || return 0
    problem="no answer: $(tail -n 1 "$work/request")"
    [ ! -s "$work/answer" ] || problem="its answer is not HTTP"
    return 1
  fi
  if [ -n "$wanted_status" ]; then right=$wanted_status; else right="[1-4][0-9][0-9]"; fi
  # shellcheck disable=SC2254 # a pattern
  case $status in
    $right) ;;
    *)
      problem="it answered $status"
      return 1
      ;;
  esac
  [ -z "$wanted_body" ] && return 0
  sed '1,/^\r*$/d' "$work/answer" | grep -Fq -e "$wanted_body" && return 0
  problem="its answer ($status) does not contain the expected text"
  return 1
}

# ask NUMBER COMMAND…: asks until the answer is right: for 20 seconds, or for 5 if there are answers and they are wrong.
ask() {
  read_probe "$1"
  shift
  # Nothing here can ask: bash has no unix sockets.
  command -v curl >/dev/null || { command -v bash >/dev/null && [ "${where#/}" = "$where" ]; } || return 0
  asked=$(date +%s)
  until answered "$@"; do
    patience=5
    [ -n "$status" ] || patience=20
    if [ "$(date +%s)" -ge $((asked + patience)) ]; then
      echo "http://$where$wanted_path (Host: $host_name): $problem. (To change the request: verify of the site.)"
      return 1
    fi
    sleep 0.1
  done
}

# ask NUMBER UNIT: through the sockets. If the host does not have the address now, another host may answer there, so it is not asked.
step_ask() {
  read_probe "$1"
  if ! has_address "$needed_address"; then
    echo "not checked: the host does not have the address of $where at the moment" >"$work/note"
    return 0
  fi
  ask "$1" && return 0
  explain "$2"
}

# has_address ADDRESS: "" means an address that every host has.
has_address() {
  case $1 in
    "") return 0 ;;
    *.*) sed -n "/|-- $1\$/{n;p}" /proc/net/fib_trie | grep -Fqe "host LOCAL" ;;
    *) grep -qe "^$1 " /proc/net/if_inet6 ;;
  esac
}
