//! Threads in many orders: nobody waits for ever, nothing acknowledged is lost, nobody sees half a commit or the past.
//!
//! `cargo test -p kstone-engine --features shuttle --test schedules` tries a thousand schedules of either kind for each
//! scenario; `KSTONE_SCHEDULES=100000` tries more, `KSTONE_SEED=2` others.
#![cfg(feature = "shuttle")]

mod support;

use support::schedules::{self, schedule_count, try_schedules};

const COUNT: usize = 1_000;

#[test]
fn waiting_threads_alone_commit_in_groups() {
    try_schedules(schedules::waiting_threads_alone, schedule_count(COUNT));
}

#[test]
fn waiting_threads_that_gather_commit_in_groups() {
    try_schedules(schedules::waiting_threads_that_gather, schedule_count(COUNT));
}

#[test]
fn two_waiting_threads_are_both_served() {
    try_schedules(schedules::two_waiting_threads, schedule_count(COUNT));
}

#[test]
fn a_look_at_the_log_keeps_nobody_from_writing() {
    try_schedules(schedules::a_look_at_the_log_keeps_nobody_from_writing, schedule_count(COUNT));
}

#[test]
fn awaited_tickets_are_served() {
    try_schedules(schedules::awaited_tickets, schedule_count(COUNT));
}

#[test]
fn commits_are_seen_whole_and_in_order() {
    try_schedules(schedules::commits_are_seen_whole_and_in_order, schedule_count(COUNT));
}

#[test]
fn memtables_are_sealed_beside_writers_and_readers() {
    try_schedules(schedules::memtables_are_sealed_beside_writers_and_readers, schedule_count(COUNT));
}

#[test]
fn a_commit_beside_a_flush_of_its_stripe_is_kept() {
    try_schedules(schedules::a_commit_beside_a_flush_of_its_stripe_is_kept, schedule_count(COUNT));
}

#[test]
fn versions_that_are_read_are_kept() {
    try_schedules(schedules::versions_that_are_read_are_kept, schedule_count(COUNT));
}

#[test]
fn a_drop_that_is_taken_back_took_nothing() {
    try_schedules(schedules::a_drop_that_is_taken_back_took_nothing, schedule_count(COUNT));
}

#[test]
fn a_failure_reaches_everybody() {
    try_schedules(schedules::a_failure_reaches_everybody, schedule_count(COUNT));
}
