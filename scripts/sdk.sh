#!/usr/bin/env bash
# Every AWS SDK whose toolchain is here against a server: each creates a table, writes, reads, queries, pages and sees typed
# exceptions; in Java a consumer follows a stream as well. (The Rust SDK's part is all of compat-tests.)
#
#   scripts/sdk.sh [--url URL] [LANGUAGE...]      LANGUAGE: python javascript go java; all without one
set -uo pipefail
cd "$(dirname "$0")/.."
. scripts/server.sh

url=
if [ "${1-}" = --url ]; then url=$2; shift 2; fi
if [ -z "$url" ]; then
    server_build && server_start --in-memory || exit 1
    trap server_kill EXIT
    url=$SERVER_URL
fi
export ENDPOINT=$url NODE_NO_WARNINGS=1
export AWS_ACCESS_KEY_ID=sdk AWS_SECRET_ACCESS_KEY=sdk AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1 AWS_EC2_METADATA_DISABLED=true
work=$(realpath "${CARGO_TARGET_DIR:-target}")/sdk
mkdir -p "$work"

# Dependencies go to the target folder, beside a copy of the sources.
copied() { mkdir -p "$work/$1" && cp -r "scripts/sdk/$1/." "$work/$1" && cd "$work/$1"; }

has() { case $1 in python) command -v python3 ;; javascript) command -v npm ;; go) command -v go ;; java) command -v mvn ;; esac >/dev/null; }

python() {
    copied python
    if ! python3 -c 'import boto3' 2>/dev/null; then
        python3 -m venv venv && venv/bin/pip install --quiet boto3 && PATH=$PWD/venv/bin:$PATH
    fi
    python3 scenario.py
}
javascript() { copied javascript && npm install --silent --no-audit --no-fund && node scenario.mjs; }
go() { copied go && command go run .; }
java() { copied java && mvn --quiet --batch-mode compile exec:java; }

failed=0
for language in "${@:-python javascript go java}"; do
    for one in $language; do
        if ! has "$one"; then echo "$one: no toolchain here"; continue; fi
        if output=$( ("$one") 2>&1); then grep -o "$one: ok.*" <<<"$output"; else echo "$output"; echo "$one: FAILED"; failed=1; fi
    done
done
exit $failed
