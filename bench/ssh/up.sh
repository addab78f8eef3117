#!/usr/bin/env bash
# up.sh PAYLOAD KEY KNOWN_HOSTS UNIT IMAGE ADDRESS…: Example 2 on all hosts, each by one ssh. Run by bench/ssh.ts.
set -euo pipefail
payload=$1 key=$2 known_hosts=$3 unit=$4 image=$5
shift 5
script=$(<"$(dirname "$0")/host.sh")

running=()
for address; do
  tar --create --directory "$payload" . |
    ssh -F none -i "$key" -o BatchMode=yes -o UserKnownHostsFile="$known_hosts" "root@$address" \
      "unit=$unit image=$image; $script" &
  running+=($!)
done
for process in "${running[@]}"; do wait "$process"; done
