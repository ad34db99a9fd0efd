//! A process that is killed under load loses nothing that it acknowledged.
//!
//! `KSTONE_KILLS=100 cargo test --release -p kstone-engine --test survives_kills` kills more often than the gate does.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test, with processes and threads of its own")]

mod support;

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use kstone_engine::io::{Disk, FileDisk};
use kstone_engine::{Compression, Durability, Engine, Key, Options};
use support::{Random, tiny};

const WRITERS: u64 = 4;
const KEYS: u64 = 200;
const FOLDER: &str = "KSTONE_KILL_FOLDER";

fn options() -> Options {
    tiny(Durability::Sync, 2, Compression::Lz4)
}

fn key_of(number: &[u8; 16]) -> Key<'_> {
    Key { space: 1, partition: &number[..8], sort: &number[8..] }
}

fn number_of(writer: u64, row: u64) -> [u8; 16] {
    let mut number = [0; 16];
    number[..8].copy_from_slice(&(row % KEYS).to_be_bytes());
    number[8..].copy_from_slice(&writer.to_be_bytes());
    number
}

/// The child: every writer counts its rows up and says which round of which row was acknowledged. Each commit writes the
/// row and a copy of it in another stripe.
#[test]
#[ignore = "a part of the next test, run in a process of its own"]
fn write_until_killed() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let engine = Engine::open(Arc::new(FileDisk::new(folder).unwrap()), options()).unwrap();
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let engine = &engine;
            scope.spawn(move || {
                for row in 0.. {
                    let number = number_of(writer, row);
                    let (round, ticket) = engine
                        .transact(&[key_of(&number)], |old, batch| {
                            let round =
                                old[0].as_ref().map_or(0, |old| u64::from_be_bytes(old[..8].try_into().unwrap()));
                            let mut value = (round + 1).to_be_bytes().to_vec();
                            value.resize(8 + (row % 150) as usize, 7);
                            batch.put(key_of(&number), &value);
                            batch.put(Key { space: 2, partition: &number, sort: b"copy" }, &value);
                            round + 1
                        })
                        .unwrap();
                    ticket.wait().unwrap();
                    println!("ACK {writer} {} {round}", row % KEYS);
                }
            });
        }
    });
}

/// Lets the child write for a while, kills it, and returns what it acknowledged.
fn run_and_kill(folder: &std::path::Path, millis: u64) -> Vec<[u64; 3]> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["write_until_killed", "--exact", "--ignored", "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let reader = std::thread::spawn(move || {
        let mut acknowledged = Vec::new();
        for line in output.lines().map_while(Result::ok) {
            let mut words = line.split("ACK ").last().unwrap_or("").split(' ').map(|word| word.parse::<u64>().ok());
            // The last line may be cut off in the middle.
            if let (true, Some(Some(writer)), Some(Some(row)), Some(Some(round))) =
                (line.contains("ACK "), words.next(), words.next(), words.next())
            {
                acknowledged.push([writer, row, round]);
            }
        }
        acknowledged.pop();
        acknowledged
    });
    std::thread::sleep(Duration::from_millis(millis));
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap()
}

fn sst_names(folder: &std::path::Path) -> BTreeSet<String> {
    let names = FileDisk::new(folder).unwrap().list().unwrap();
    names.into_iter().filter(|name| name.ends_with(".sst")).collect()
}

#[test]
fn everything_acknowledged_is_there_after_every_kill() {
    let kills = std::env::var("KSTONE_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(8);
    let folder = tempfile::tempdir().unwrap();
    let mut random = Random::new(kills);
    let mut promised = std::collections::BTreeMap::new();
    let mut interrupted = 0;
    for kill in 0..kills {
        // Some are killed while they recover, and the others while they flush and compact, which they do all the time.
        let acknowledged = run_and_kill(folder.path(), random.below(300));
        for [writer, row, round] in acknowledged {
            let known = promised.entry((writer, row)).or_insert(0);
            *known = round.max(*known);
        }
        let left = sst_names(folder.path());
        let engine = Engine::open(Arc::new(FileDisk::new(folder.path()).unwrap()), options()).unwrap();
        // What opening removes was being written, or was to be deleted.
        interrupted += u64::from(!left.is_subset(&sst_names(folder.path())));
        engine.verify().unwrap();
        for (&(writer, row), &round) in &promised {
            let number = number_of(writer, row);
            let found = engine.get(key_of(&number)).unwrap().expect("an acknowledged row is there");
            let found_round = u64::from_be_bytes(found[..8].try_into().unwrap());
            assert!(
                found_round >= round,
                "kill {kill}: row {row} of {writer}: {round} was acknowledged, {found_round} found"
            );
            let copy = engine.get(Key { space: 2, partition: &number, sort: b"copy" }).unwrap();
            assert_eq!(copy.as_deref(), Some(&found[..]), "kill {kill}: half a commit");
        }
    }
    assert!(promised.len() > 20, "the children hardly wrote anything: {} rows", promised.len());
    assert!(kills < 50 || interrupted > 5, "only {interrupted} kills hit a flush or a compaction");
    println!(
        "{kills} kills, {interrupted} of them in flushes and compactions, {} rows, {} acknowledged rounds",
        promised.len(),
        promised.values().sum::<u64>()
    );
}
