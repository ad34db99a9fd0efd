//! The engine beside fjall, redb and RocksDB, in one run: 16-byte keys, 1 KB values, equal cache sizes.
//!
//! ```text
//! kstone-engine-bench [--rows N] [--stores a,b] [--parts rows,durable] [--folder PATH]
//!                     [--durable-seconds S] [--durable-rounds N] [--large-gigabytes G]
//! ```
//!
//! Besides the stores there are `memory` (the engine without a log) and `large` (the engine with more data than memory).
//! Each runs in a process of its own, so that none inherits memory of another.

mod durable;
mod large;
mod measure;
mod memory;
mod rows;
mod simulated;
mod stores;

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use measure::Table;

pub struct Settings {
    rows: u64,
    stores: Vec<String>,
    parts: Vec<String>,
    folder: PathBuf,
    durable_seconds: f64,
    durable_rounds: u64,
    large_gigabytes: u64,
}

fn main() {
    let settings = parse();
    if let [store] = &settings.stores[..] {
        run(&settings, store, &mut Table::new());
        return;
    }
    let mut table = Table::new();
    for store in &settings.stores {
        let mut child = Command::new(std::env::current_exe().expect("the path of this program"))
            .args(std::env::args().skip(1))
            .args(["--stores", store])
            .stdout(Stdio::piped())
            .spawn()
            .expect("a process for the store");
        let output = BufReader::new(child.stdout.take().expect("its output"));
        output.lines().map_while(Result::ok).for_each(|line| table.add_line(&line));
        if !child.wait().expect("its end").success() {
            eprintln!("{store} failed");
        }
    }
    table.print();
}

fn run(settings: &Settings, name: &str, table: &mut Table) {
    let folder = settings.folder.join(name);
    let fresh = |part: &str| {
        let folder = folder.join(part);
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).expect("the folder can be made");
        folder
    };
    let wants = |part: &str| settings.parts.iter().any(|wanted| wanted == part);
    match name {
        "memory" => memory::run(settings, table),
        "simulated" => simulated::run(settings, table),
        "large" => large::run(settings, &fresh("large"), table),
        name => {
            if wants("rows") {
                let folder = fresh("rows");
                match stores::open(name, &folder) {
                    Some(store) => rows::run(settings, name, &folder, store, table),
                    None => return eprintln!("{name} is not built into this binary"),
                }
            }
            let folder = fresh("durable");
            if let (true, Some(store)) = (wants("durable"), stores::open(name, &folder)) {
                durable::run(settings, name, &folder, &*store, table);
            }
        }
    }
    let _ = std::fs::remove_dir_all(&folder);
}

fn parse() -> Settings {
    let list = |names: &str| names.split(',').map(str::to_owned).collect::<Vec<String>>();
    let mut settings = Settings {
        rows: 1_000_000,
        stores: list("memory,simulated,kstone,fjall,redb,rocksdb,large"),
        parts: list("rows,durable"),
        folder: std::env::temp_dir().join("kstone-engine-bench"),
        durable_seconds: 2.0,
        durable_rounds: 5,
        large_gigabytes: 4,
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().unwrap_or_default();
        match name.as_str() {
            "--rows" => settings.rows = value.parse().expect("a number of rows"),
            "--stores" => settings.stores = list(&value),
            "--parts" => settings.parts = list(&value),
            "--folder" => settings.folder = value.into(),
            "--durable-seconds" => settings.durable_seconds = value.parse().expect("seconds"),
            "--durable-rounds" => settings.durable_rounds = value.parse().expect("a number of rounds"),
            "--large-gigabytes" => settings.large_gigabytes = value.parse().expect("gigabytes"),
            other => panic!("{other} is unknown"),
        }
    }
    settings
}
