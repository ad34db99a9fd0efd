//! Any call to the disk may fail, alone or with all after it: nothing acknowledged is lost, nothing failed turns visible,
//! and the engine says what broke.
#![allow(clippy::unwrap_used)]

mod support;

use std::io::ErrorKind;

use kstone_engine::io::{Failing, Fault};
use support::run_with_failing_calls;

fn every_call(failing: impl Fn(u64) -> Failing, fault: Fault) {
    for seed in 0..2 {
        let calls = (1..).take_while(|&call| run_with_failing_calls(seed, failing(call), fault)).count();
        assert!(calls > 300, "only {calls} calls failed");
    }
}

#[test]
fn with_an_input_output_error_from_then_on() {
    every_call(Failing::From, Fault::Error(ErrorKind::Other));
}

#[test]
fn with_a_full_disk() {
    every_call(Failing::From, Fault::Error(ErrorKind::StorageFull));
}

#[test]
fn with_a_short_write_from_then_on() {
    every_call(Failing::From, Fault::ShortWrite);
}

#[test]
fn with_a_short_write_once() {
    every_call(Failing::At, Fault::ShortWrite);
}

#[test]
fn with_an_input_output_error_once() {
    every_call(Failing::At, Fault::Error(ErrorKind::Other));
}
