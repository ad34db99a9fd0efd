#!/usr/bin/env bash
# Known vulnerabilities, licences and sources of the dependencies, as deny.toml asks. Apart from check.sh, because it asks
# the network for the list of advisories, and because an advisory of today says nothing about a commit of yesterday.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v cargo-deny >/dev/null || cargo install cargo-deny --locked
cargo deny --workspace check
