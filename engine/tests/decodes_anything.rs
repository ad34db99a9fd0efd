//! A fuzzer of all decoders: keys, batches, WAL files, manifests, SSTs. It damages what is well-formed, mends the
//! checksums so that the damage is looked at, and wants no panic, no endless loop, no memory out of proportion, and the same
//! meaning when what was decoded is encoded again.
//!
//! `KSTONE_FUZZ_SECONDS=600 cargo test --release -p kstone-engine --features fuzzing --test decodes_anything -- --nocapture`
//! runs longer than the gate does; `KSTONE_SEED` starts elsewhere.
#![cfg(feature = "fuzzing")]
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a test, which stops by the clock"
)]

mod support;

use std::alloc::{GlobalAlloc, Layout, System};
use std::panic::catch_unwind;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use kstone_engine::fuzzing;
use support::Random;

type Target = (&'static str, fn(&[u8]), fn() -> Vec<Vec<u8>>);

const TARGETS: [Target; 5] = [
    ("keys", fuzzing::key, fuzzing::key_seeds),
    ("batches", fuzzing::batch, fuzzing::batch_seeds),
    ("WAL files", fuzzing::wal, fuzzing::wal_seeds),
    ("manifests", fuzzing::manifest, fuzzing::manifest_seeds),
    ("SSTs", fuzzing::sst, fuzzing::sst_seeds),
];
const LEN_MAX: usize = 4_000;
/// The largest block that an SST may have, and then some.
const ALLOCATION_MAX: usize = 258 << 20;
const TIME_MAX: Duration = Duration::from_secs(10);

/// Remembers the largest allocation.
struct Watched;

static LARGEST: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call is handed on to the system's allocator as it is.
unsafe impl GlobalAlloc for Watched {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LARGEST.fetch_max(layout.size(), Ordering::Relaxed);
        // SAFETY: as above.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Watched = Watched;

/// Counts inputs, so that another thread notices when they stop.
static EXECUTIONS: AtomicU64 = AtomicU64::new(0);

#[test]
fn no_bytes_do_harm() {
    let setting = |name: &str, usual| std::env::var(name).ok().map_or(usual, |text| text.parse().unwrap());
    let (seconds, seed) = (setting("KSTONE_FUZZ_SECONDS", 10), setting("KSTONE_SEED", 1));
    std::thread::spawn(abort_when_stuck);
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut random = Random::new(seed);
    let mut corpora: Vec<Vec<Vec<u8>>> = TARGETS.iter().map(|(_, _, seeds)| seeds()).collect();
    let mut counts = [0u64; TARGETS.len()];
    while Instant::now() < end {
        for (number, (name, target, _)) in TARGETS.iter().enumerate() {
            for _ in 0..100 {
                let input = damaged(&corpora[number], &mut random);
                LARGEST.store(0, Ordering::Relaxed);
                let outcome = catch_unwind(|| target(&input));
                let largest = LARGEST.load(Ordering::Relaxed);
                EXECUTIONS.fetch_add(1, Ordering::Relaxed);
                counts[number] += 1;
                assert!(outcome.is_ok(), "{name}, seed {seed}: {}", input.escape_ascii());
                assert!(largest <= ALLOCATION_MAX, "{name}: {largest} bytes at once for {}", input.escape_ascii());
                // Damage on top of damage goes further than one blow.
                if random.one_in(50) {
                    keep(&mut corpora[number], input, &mut random);
                }
            }
        }
    }
    for ((name, ..), count) in TARGETS.iter().zip(counts) {
        assert!(count > 100, "only {count} {name}");
        println!("{count} {name}");
    }
}

fn abort_when_stuck() {
    let mut last = u64::MAX;
    loop {
        std::thread::sleep(TIME_MAX);
        let now = EXECUTIONS.load(Ordering::Relaxed);
        if now == last {
            eprintln!("an input takes longer than {TIME_MAX:?}: the one after {now}");
            std::process::abort();
        }
        last = now;
    }
}

/// The well-formed ones stay; damaged ones make room for others.
fn keep(corpus: &mut Vec<Vec<u8>>, input: Vec<u8>, random: &mut Random) {
    const SIZE: usize = 400;
    if corpus.len() < SIZE {
        corpus.push(input);
    } else {
        let at = SIZE / 4 + random.below(SIZE as u64 / 4 * 3) as usize;
        corpus[at] = input;
    }
}

fn damaged(corpus: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let pick = |random: &mut Random| corpus[random.below(corpus.len() as u64) as usize].clone();
    let mut bytes = pick(random);
    for _ in 0..1 + random.below(4) {
        let at = random.below(bytes.len() as u64 + 1) as usize;
        let until = (at + random.below(20) as usize).min(bytes.len());
        match random.below(8) {
            0 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
            1 if at < bytes.len() => bytes[at] = [0, 1, 0x7f, 0x80, 0xfe, 0xff][random.below(6) as usize],
            2 => bytes.truncate(at),
            3 => drop(bytes.drain(at..until)),
            4 => {
                let copy = bytes[at..until].to_vec();
                bytes.splice(at..at, copy);
            }
            5 if at + 4 <= bytes.len() => {
                let numbers = [0, 1, 8, 0xff, bytes.len() as u32, 0x7fff_ffff, 0x8000_0000, u32::MAX];
                bytes[at..at + 4].copy_from_slice(&numbers[random.below(8) as usize].to_le_bytes());
            }
            6 => {
                let other = pick(random);
                let from = random.below(other.len() as u64 + 1) as usize;
                bytes.truncate(at);
                bytes.extend_from_slice(&other[from..]);
            }
            _ => {
                let len = random.below(12) as usize;
                let noise = random.bytes(len);
                bytes.splice(at..at, noise);
            }
        }
    }
    bytes.truncate(LEN_MAX);
    bytes
}
