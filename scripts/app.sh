#!/usr/bin/env bash
# Two applications, in boto3 and in the JavaScript SDK v3, each with a single table, indexes, pages and conditional writes:
# what they read is compared before and after a kill -9 and reopening, and with a second run on a new database.
#
#   scripts/app.sh [python|javascript]
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/server.sh

export NODE_NO_WARNINGS=1
export AWS_ACCESS_KEY_ID=app AWS_SECRET_ACCESS_KEY=app AWS_REGION=eu-west-1 AWS_DEFAULT_REGION=eu-west-1 AWS_EC2_METADATA_DISABLED=true
mkdir -p "${CARGO_TARGET_DIR:-target}"
work=$(realpath "${CARGO_TARGET_DIR:-target}")/app
server_build
trap server_kill EXIT

prepare_python() {
    python3 -c 'import boto3' 2>/dev/null && return
    python3 -m venv "$work/venv" && "$work/venv/bin/pip" install --quiet boto3 && PATH=$work/venv/bin:$PATH
}
run_python() { python3 scripts/app/shop.py "$1"; }

prepare_javascript() {
    mkdir -p "$work/javascript"
    cp scripts/sdk/javascript/package.json scripts/app/diary.mjs "$work/javascript"
    (cd "$work/javascript" && npm install --silent --no-audit --no-fund)
}
run_javascript() { (cd "$work/javascript" && node diary.mjs "$1"); }

# Starts the server on the folder, does the step, and leaves its output in a file.
step() { ENDPOINT=$SERVER_URL "run_$1" "$2" >"$work/$1.$3"; }

same() {
    if ! diff -q "$work/$1.$2" "$work/$1.$3" >/dev/null; then
        echo "$1: $3 differs from $2:" >&2
        diff "$work/$1.$2" "$work/$1.$3" | cut -c1-300 | head -n 20 >&2
        exit 1
    fi
}

for language in "${@:-python javascript}"; do
    for one in $language; do
        rm -rf "$work/data" && mkdir -p "$work"
        "prepare_$one"
        server_start --db-path "$work/data"
        step "$one" write written
        step "$one" read before
        server_kill
        server_start --db-path "$work/data"
        step "$one" read after-kill
        server_kill TERM
        server_start --db-path "$work/data"
        step "$one" read after-stop
        server_kill
        server_start --in-memory
        step "$one" write written-in-memory
        step "$one" read in-memory
        server_kill
        same "$one" before after-kill
        same "$one" before after-stop
        same "$one" written written-in-memory
        same "$one" before in-memory
        echo "$one: the same $(wc -l <"$work/$one.before") views, $(wc -c <"$work/$one.before") bytes, before and after kill -9"
    done
done
