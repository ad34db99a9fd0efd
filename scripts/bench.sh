#!/usr/bin/env bash
# Benchmarks. Every figure that the project states comes from here.
#
#   scripts/bench.sh http [--seconds S] [--rounds N] [--only GetItem,Query,...]
#       CPU time per request of the server in memory and durable, beside a bare hyper server and, where it is installed
#       (cargo install dynoxide-rs --locked), dynoxide. Needs wrk and python3.
#
#   scripts/bench.sh engine [--rows N] [--stores kstone,rocksdb,...] [--parts rows,durable] [--durable-seconds S] [...]
#       The storage engine beside fjall, redb and, where libclang is installed (apt-get install libclang-dev g++), RocksDB:
#       load, gets, scans, overwrites, durable puts beside bare writes with fdatasync, memory, disk; group commit beside a
#       disk of fixed speed; more data than memory. Building RocksDB takes a while, the run half an hour.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() {
    sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' scripts/bench.sh >&2
    exit 2
}

need() {
    command -v "$1" >/dev/null || { echo "bench.sh: $1 is needed${2:+ ($2)}" >&2; exit 1; }
}

http() {
    need wrk "apt-get install wrk"
    need python3
    cargo build --release --quiet -p keystonedb -p bench-floor
    local target
    target=${CARGO_TARGET_DIR:-target}
    # The data lies in the target folder: /tmp is memory on many machines, where a sync costs nothing.
    set -- --server "$target/release/kstone" --floor "$target/release/bench-floor" --data "$target/bench-data" "$@"
    if command -v dynoxide >/dev/null; then
        set -- --dynoxide "$(command -v dynoxide)" "$@"
    fi
    python3 scripts/bench/measure_http.py "$@"
}

has_libclang() {
    [ -n "${LIBCLANG_PATH-}" ] || ls /usr/lib/llvm-*/lib/libclang*.so* /usr/lib/*/libclang*.so* >/dev/null 2>&1
}

engine() {
    local target features=()
    target=$(realpath -m "${CARGO_TARGET_DIR:-target}")/engine-bench
    if has_libclang; then
        features=(--features rocksdb)
    else
        echo "bench.sh: without libclang there is no RocksDB to compare with (apt-get install libclang-dev g++)" >&2
    fi
    (cd engine/bench && CARGO_TARGET_DIR=$target cargo build --release --quiet --locked "${features[@]}")
    "$target/release/kstone-engine-bench" --folder "$target/data" "$@"
}

case ${1-} in
    http) shift; http "$@" ;;
    engine) shift; engine "$@" ;;
    *) usage ;;
esac
