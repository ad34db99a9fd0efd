#!/usr/bin/env bash
# Other people's suites against a running endpoint, from checkouts of your own; their tests are no part of this repository.
#
#   scripts/conformance.sh URL [--nubo FOLDER] [--dynalite FOLDER] [VITEST OR MOCHA ARGUMENT...]
#
#       --nubo      a checkout of nubo-db/dynamodb-conformance; runs its tier 1, or the test paths given
#       --dynalite  a checkout of mhart/dynalite; runs its whole test folder, or with --grep what you ask for
#
# Neither checkout is changed: they are copied to the target folder first.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() { sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' scripts/conformance.sh >&2; exit 2; }

[ $# -ge 1 ] || usage
url=$1; shift
nubo= dynalite=
while [ $# -gt 0 ]; do
    case $1 in
        --nubo) nubo=$(realpath "$2"); shift 2 ;;
        --dynalite) dynalite=$(realpath "$2"); shift 2 ;;
        *) break ;;
    esac
done
[ -n "$nubo$dynalite" ] || usage
mkdir -p "${CARGO_TARGET_DIR:-target}"
work=$(realpath "${CARGO_TARGET_DIR:-target}")/conformance
mkdir -p "$work"
export NODE_NO_WARNINGS=1
export AWS_ACCESS_KEY_ID=conformance AWS_SECRET_ACCESS_KEY=conformance AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1
status=0

copied() { rsync -a --delete --exclude node_modules --exclude .git "$1/" "$2/" 2>/dev/null || { rm -rf "$2.new"; mkdir -p "$2"; (cd "$1" && tar cf - --exclude=node_modules --exclude=.git .) | tar xf - -C "$2"; }; }

if [ -n "$nubo" ]; then
    copied "$nubo" "$work/nubo"
    cd "$work/nubo"
    [ -d node_modules ] || npm ci --silent --no-audit --no-fund || rm -rf node_modules
    # The versions it was written with may be gone from the registry: then the newest that it allows.
    [ -d node_modules ] || { rm -f package-lock.json; npm install --silent --no-audit --no-fund; }
    DYNAMODB_ENDPOINT=$url npx vitest run "${@:-tests/tier1}" >"$work/nubo.log" 2>&1 || status=1
    grep -E '(FAIL|×)' "$work/nubo.log" | sort -u | head -n 50 || true
    echo "nubo-db/dynamodb-conformance: $(grep -E '^ *Tests ' "$work/nubo.log" | sed 's/ *Tests *//') (log: $work/nubo.log)"
fi

if [ -n "$dynalite" ]; then
    copied "$dynalite" "$work/dynalite"
    cd "$work/dynalite"
    [ -d node_modules ] || npm install --silent --no-audit --no-fund
    # Its helpers start a dynalite in their own process: what they start here hands everything on to the endpoint.
    cat >index.js <<'JS'
const net = require('net')
const { hostname, port } = new URL(process.env.ENDPOINT)
module.exports = () => net.createServer((client) => {
  const server = net.connect(port, hostname)
  client.pipe(server).pipe(client)
  for (const socket of [client, server]) socket.on('error', () => { client.destroy(); server.destroy() })
})
JS
    ENDPOINT=$url npx mocha --require should -t 20s --exit "$@" test/*.js >"$work/dynalite.log" 2>&1 || status=1
    echo "dynalite: $(grep -E '^ *[0-9]+ (passing|failing|pending)' "$work/dynalite.log" | xargs) (log: $work/dynalite.log)"
fi
exit $status
