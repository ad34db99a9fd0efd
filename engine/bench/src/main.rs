//! The engine beside fjall, redb and RocksDB, in one run: 16-byte keys, 1 KB values, equal cache sizes.
//!
//! `kstone-engine-bench [--rows N] [--stores a,b] [--folder PATH] [--durable-seconds S]`

mod durable;
mod measure;
mod memory;
mod rows;
mod stores;

use std::path::PathBuf;

use measure::Table;

pub struct Settings {
    rows: u64,
    stores: Vec<String>,
    folder: PathBuf,
    durable_seconds: f64,
}

fn main() {
    let settings = parse();
    let mut table = Table::new();
    for name in &settings.stores {
        let folder = settings.folder.join(name);
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).expect("the folder can be made");
        match name.as_str() {
            "memory" => memory::run(&settings, &mut table),
            "fsync" => durable::bare(&settings, &folder, &mut table),
            name => match stores::open(name, &folder) {
                Some(store) => {
                    rows::run(&settings, name, &folder, store, &mut table);
                    let fresh = folder.join("durable");
                    std::fs::create_dir_all(&fresh).expect("the folder can be made");
                    if let Some(store) = stores::open(name, &fresh) {
                        durable::run(&settings, name, store, &mut table);
                    }
                }
                None => eprintln!("{name} is not built into this binary"),
            },
        }
        let _ = std::fs::remove_dir_all(&folder);
    }
    table.print();
}

fn parse() -> Settings {
    let mut settings = Settings {
        rows: 1_000_000,
        stores: ["memory", "fsync", "kstone", "fjall", "redb", "rocksdb"].map(str::to_owned).to_vec(),
        folder: std::env::temp_dir().join("kstone-engine-bench"),
        durable_seconds: 2.0,
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().unwrap_or_default();
        match name.as_str() {
            "--rows" => settings.rows = value.parse().expect("a number of rows"),
            "--stores" => settings.stores = value.split(',').map(str::to_owned).collect(),
            "--folder" => settings.folder = value.into(),
            "--durable-seconds" => settings.durable_seconds = value.parse().expect("seconds"),
            other => panic!("{other} is unknown"),
        }
    }
    settings
}
