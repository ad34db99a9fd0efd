//! Clocks and the table of results.

use std::path::Path;
use std::time::Instant;

/// What one step took.
pub struct Measured {
    pub wall: f64,
    pub cpu: f64,
}

pub fn measure(work: impl FnOnce()) -> Measured {
    let (wall, cpu) = (Instant::now(), cpu_seconds());
    work();
    Measured { wall: wall.elapsed().as_secs_f64(), cpu: cpu_seconds() - cpu }
}

/// CPU time of the whole process, background threads included.
pub fn cpu_seconds() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

/// A field of /proc/self/…, in bytes.
fn proc_bytes(file: &str, field: &str, unit: u64) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/self/{file}")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(field)).unwrap_or_default();
    line.split_whitespace().find_map(|word| word.parse::<u64>().ok()).unwrap_or(0) * unit
}

pub fn resident_bytes() -> u64 {
    proc_bytes("status", "VmRSS:", 1024)
}

/// The most that was ever resident.
pub fn resident_bytes_max() -> u64 {
    proc_bytes("status", "VmHWM:", 1024)
}

pub fn written_bytes() -> u64 {
    proc_bytes("io", "write_bytes:", 1)
}

/// Has the operating system forget what it read of the files in a folder, so that reads come from the disk.
pub fn drop_page_cache(folder: &Path) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            drop_page_cache(&path);
        } else if let Ok(file) = std::fs::File::open(&path) {
            // What was not written back yet is not forgotten.
            let _ = file.sync_all();
            let _ = rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed);
        }
    }
}

pub fn folder_bytes(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let size = |entry: std::fs::DirEntry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => folder_bytes(&entry.path()),
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    };
    entries.flatten().map(size).sum()
}

/// Random numbers that every store gets alike.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        (self.next() >> 11) % bound
    }
}

/// The 16-byte key of a row.
pub fn key_of(row: u64) -> [u8; 16] {
    let mut key = [0; 16];
    key[..8].copy_from_slice(&row.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    key[8..].copy_from_slice(&row.to_be_bytes());
    key
}

/// A value of 1 KB of which about half compresses, as JSON-like data does.
pub fn value_of(row: u64, round: u64) -> Vec<u8> {
    let mut random = Random::new(row ^ round << 40);
    (0..128).flat_map(|word| if word % 2 == 0 { random.next() } else { 0x2020_2020_2020_2020 }.to_le_bytes()).collect()
}

pub struct Table {
    lines: Vec<(String, String, String)>,
}

impl Table {
    pub fn new() -> Self {
        Table { lines: Vec::new() }
    }

    /// Notes a figure, and shows it at once, in the form that `add_line` reads.
    pub fn add(&mut self, step: &str, store: &str, figure: String) {
        println!("{store:>8}  {step:<36}  {figure}");
        self.lines.push((step.to_owned(), store.to_owned(), figure));
    }

    /// Notes a figure that another process showed.
    pub fn add_line(&mut self, line: &str) {
        let parts: Vec<&str> = line.split("  ").map(str::trim).filter(|part| !part.is_empty()).collect();
        if let [store, step, figure @ ..] = &parts[..] {
            self.add(step, store, figure.join(" "));
        }
    }

    pub fn add_per_operation(&mut self, step: &str, store: &str, count: u64, measured: &Measured) {
        let nanos = |seconds: f64| seconds * 1e9 / count as f64;
        let figure = format!("{:.0} ns wall, {:.0} ns CPU", nanos(measured.wall), nanos(measured.cpu));
        self.add(step, store, figure);
    }

    pub fn print(&self) {
        println!("\n| step | store | result |\n|---|---|---|");
        let mut steps: Vec<&str> = Vec::new();
        for (step, _, _) in &self.lines {
            if !steps.contains(&step.as_str()) {
                steps.push(step);
            }
        }
        for step in steps {
            for (_, store, figure) in self.lines.iter().filter(|(other, _, _)| other == step) {
                println!("| {step} | {store} | {figure} |");
            }
        }
    }
}
