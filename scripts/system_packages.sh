#!/usr/bin/env bash
# Install the programs named (java, soffice, chromium) with apt-get where they are missing, or say how to.
set -eu

declare -A package=([java]=default-jre-headless [soffice]=libreoffice-calc-nogui [chromium]="chromium libatomic1")
declare -A purpose=([java]="Spark runs on it" [soffice]="the tests open workbooks in LibreOffice"
  [chromium]="the tests look at the pages of the web platform")

# What steers Chromium in the tests links to libatomic, which a small system lacks.
is_there() { command -v "$1" >/dev/null && { [ "$1" != chromium ] || /sbin/ldconfig -p | grep -q 'libatomic\.so\.1'; }; }

missing=()
for program in "$@"; do
  is_there "$program" || missing+=("$program")
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" != 0 ]; then as_root=(sudo -n); fi

if command -v apt-get >/dev/null && "${as_root[@]}" true 2>/dev/null; then
  names=()
  for program in "${missing[@]}"; do read -ra some <<<"${package[$program]}" && names+=("${some[@]}"); done
  echo "Installing ${names[*]} …"
  log=$(mktemp)
  if { "${as_root[@]}" apt-get update && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
       apt-get install -y --no-install-recommends "${names[@]}"; } >"$log" 2>&1; then
    rm "$log"
    exit 0
  fi
  tail -n 20 "$log"
fi

for program in "${missing[@]}"; do
  echo "Missing: $program (${purpose[$program]}). Debian and Ubuntu: sudo apt-get install ${package[$program]}"
done
exit 1
