//! Any call to the disk may fail, alone or with all after it: nothing acknowledged is lost, nothing failed turns visible,
//! and the engine says what broke.
#![allow(clippy::unwrap_used)]

mod support;

use std::io::ErrorKind;

use kstone_engine::io::{Failing, Fault};
use support::run_with_failing_calls;

/// The first call fails, then the second, and so on until the workload is over before one does.
fn every_call(seeds: std::ops::Range<u64>, failing: impl Fn(u64) -> Failing, fault: Fault, calls_min: usize) {
    for seed in seeds {
        let calls = (1..).take_while(|&call| run_with_failing_calls(seed, failing(call), fault)).count();
        assert!(calls >= calls_min, "only {calls} calls failed");
    }
}

#[test]
fn with_an_input_output_error_from_then_on() {
    every_call(0..1, Failing::From, Fault::Error(ErrorKind::Other), 500);
}

#[test]
fn with_an_input_output_error_once() {
    every_call(0..2, Failing::At, Fault::Error(ErrorKind::Other), 500);
}

#[test]
fn with_a_full_disk_from_then_on() {
    every_call(0..1, Failing::From, Fault::Error(ErrorKind::StorageFull), 500);
}

#[test]
fn with_a_full_disk_for_a_moment() {
    every_call(0..1, Failing::At, Fault::Error(ErrorKind::StorageFull), 500);
}

#[test]
fn with_a_short_write_from_then_on() {
    every_call(0..1, Failing::From, Fault::ShortWrite, 500);
}

#[test]
fn with_a_short_write_once() {
    every_call(0..1, Failing::At, Fault::ShortWrite, 500);
}

/// Of a file or of the folder; the file's failure loses what it should have made durable, for good.
#[test]
fn with_a_sync_that_fails_once_and_then_succeeds() {
    every_call(0..4, Failing::AtSync, Fault::Error(ErrorKind::Other), 100);
}
