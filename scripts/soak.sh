#!/usr/bin/env bash
# The long tests, one after the other. The heading of each says about how long it runs on two cores once it is built. The gate
# runs small variants of all of them.
#
#   scripts/soak.sh [PART...]        all of them without one:
#                                    expiry stream server engine fuzz history
set -uo pipefail
cd "$(dirname "$0")/.."
. scripts/server.sh

part() { printf '\n== %s (%s)\n' "$1" "$2"; }

expiry() {
    part "a million items, of which a thousand expire" "2 minutes"
    cargo test --release --package keystonedb --lib -- --ignored ttl
}
stream() {
    part "100,000 writes while a consumer follows the stream, in one process" "1 minute"
    cargo test --release --package keystonedb --lib -- --ignored stream
}
server() {
    part "16 clients with 10,000 increments each; 100,000 changes followed; 100 kills; 2 GB in one collection" "10 to 20 minutes"
    cargo test --release --package compat-tests --test sdk -- --ignored --test-threads 1
}
engine() {
    part "100 kills of the engine under load" "1 minute"
    KSTONE_KILLS=100 cargo test --release --package kstone-engine --test survives_kills -- --nocapture
}
fuzz() {
    part "damaged requests, from a seed that is new each day" "5 minutes"
    cargo run --release --package kstone-fuzz -- 300 "$(date +%Y%m%d)"
}
history() {
    part "100,000 transactions with kills, checked for what no order of operations explains" "3 minutes"
    server_build && scripts/history/run.py --server "$KSTONE_BIN" && scripts/history/planted.py
}

failed=()
for one in "${@:-expiry stream server engine fuzz history}"; do
    for name in $one; do
        case $name in
            expiry | stream | server | engine | fuzz | history) "$name" || failed+=("$name") ;;
            *) echo "soak.sh: there is no part $name" >&2; exit 2 ;;
        esac
    done
done
if [ ${#failed[@]} -gt 0 ]; then
    printf '\n== failed: %s\n' "${failed[*]}"
    exit 1
fi
printf '\n== all is well\n'
