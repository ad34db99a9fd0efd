//! Any byte of a database that was stopped cleanly may be damaged: the engine says which file and where, or shows the right
//! data. It never shows wrong data, and never panics.
#![allow(clippy::unwrap_used)]

mod support;

use kstone_engine::Compression;
use support::{flip_everything, flip_the_manifest};

#[test]
fn in_plain_blocks() {
    flip_everything(Compression::None, 1);
}

#[test]
fn in_blocks_compressed_with_lz4() {
    flip_everything(Compression::Lz4, 2);
}

#[test]
fn in_blocks_compressed_with_zstandard() {
    flip_everything(Compression::Zstd, 3);
}

#[test]
fn in_the_manifest_of_a_process_that_was_killed() {
    flip_the_manifest(Compression::None, 4);
}
