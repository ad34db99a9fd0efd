# Sourced by other scripts: a kstone process in the background, with its data in a folder or in memory.
#
#   server_build                builds the release binary (or takes KSTONE_BIN)
#   server_start FLAG...        starts it on a free port; sets SERVER_URL
#   server_kill [SIGNAL]        ends it with a signal (KILL without one) and waits for its end

server_build() {
    if [ -z "${KSTONE_BIN-}" ]; then
        cargo build --release --quiet --package keystonedb --bin kstone
        KSTONE_BIN=${CARGO_TARGET_DIR:-target}/release/kstone
    fi
}

server_start() {
    SERVER_OUTPUT=$(mktemp)
    "$KSTONE_BIN" --port 0 "$@" >"$SERVER_OUTPUT" 2>&1 &
    SERVER_PID=$!
    for _ in $(seq 1000); do
        SERVER_URL=$(sed -n 's/.*listening on \(http:[^ ]*\).*/\1/p' "$SERVER_OUTPUT")
        [ -n "$SERVER_URL" ] && return
        kill -0 "$SERVER_PID" 2>/dev/null || break
        sleep 0.01
    done
    echo "the server did not start:" >&2
    cat "$SERVER_OUTPUT" >&2
    exit 1
}

server_kill() {
    [ -n "${SERVER_PID-}" ] || return 0
    kill -"${1:-KILL}" "$SERVER_PID" 2>/dev/null || true
    wait "$SERVER_PID" 2>/dev/null || true
    SERVER_PID=
}
