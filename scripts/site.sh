#!/usr/bin/env bash
# The web platform on localhost with a sample township: bash scripts/site.sh BIN FOLDER
set -euo pipefail
umask 077
bin=$1
mkdir -p "$2"
BANGFU_HOME=$(cd "$2" && pwd)
export BANGFU_HOME
port=${BANGFU_PORT:-8000}
if [ ! -e "$BANGFU_HOME/accounts.txt" ]; then
  rm -rf "${BANGFU_HOME:?}"/*
  "$bin/python" -m bangfu.web serve --prepare-only
  "$bin/python" -m bangfu.web sample s4 >"$BANGFU_HOME/accounts.partial"
  mv "$BANGFU_HOME/accounts.partial" "$BANGFU_HOME/accounts.txt"
fi
printf '示范账号（身份、用户名、口令、范围）：\n'
cat "$BANGFU_HOME/accounts.txt"
exec "$bin/bangfu" serve --port "$port"
