#!/usr/bin/env bash
# The one gate: formatting, lints, and the tests of all packages, the order of the layers among them. Installs what is
# missing of Rust's own tools and, as root on Debian or Ubuntu, of the C compiler that some dependencies are built with.
set -euo pipefail
cd "$(dirname "$0")/.."

step() { printf '\n== %s\n' "$*"; }

need_c_compiler() {
    command -v cc >/dev/null && return
    if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
        apt-get update -qq && apt-get install -y -qq --no-install-recommends gcc libc6-dev
    else
        echo "check.sh: a C compiler is needed (on Debian: apt-get install gcc libc6-dev)" >&2
        exit 1
    fi
}

need_rust() {
    if ! command -v cargo >/dev/null && [ -x "${CARGO_HOME:-$HOME/.cargo}/bin/cargo" ]; then
        PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
    fi
    command -v cargo >/dev/null || { echo "check.sh: Rust is needed: https://rustup.rs" >&2; exit 1; }
    if ! { cargo fmt --version && cargo clippy --version; } >/dev/null 2>&1; then
        rustup component add rustfmt clippy
    fi
}

need_c_compiler
need_rust

step "formatting"
cargo fmt --all --check

step "lints"
cargo clippy --workspace --all-targets --locked -- -D warnings

step "tests"
# The server first, so that no test of it waits for its build.
cargo build --locked --package keystonedb --bin kstone
cargo test --workspace --locked --no-fail-fast

step "the engine under schedules of its threads, a fuzzer of its decoders, and bugs that are planted in it"
cargo test --locked --package kstone-engine --features shuttle,planted-bugs \
    --test schedules --test schedules_catch_planted_bugs
cargo test --locked --package kstone-engine --features fuzzing,planted-bugs \
    --test decodes_anything --test catches_planted_bugs

step "all is well"
