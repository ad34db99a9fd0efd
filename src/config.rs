//! The settings: one table, each row a flag, its environment variable, its default and its description.

use std::ffi::OsString;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::builder::BoolishValueParser;
use clap::{Args, Parser, Subcommand, ValueEnum};
use tracing_subscriber::filter::LevelFilter;

use crate::http::Limits;
use crate::open_files;

/// A DynamoDB-compatible endpoint on an embedded storage engine.
#[derive(Debug, Parser)]
#[command(name = "kstone", version, args_conflicts_with_subcommands = true)]
struct CommandLine {
    #[command(subcommand)]
    command: Option<OtherCommand>,
    #[command(flatten)]
    config: Config,
}

#[derive(Debug, Subcommand)]
enum OtherCommand {
    /// Ask a running server whether it is well; exit 0 if it is
    Healthcheck(Target),
}

/// Everything that a server can be told.
#[derive(Clone, Debug, Args)]
pub struct Config {
    /// Address to listen on
    #[arg(long, env = "KSTONE_HOST", default_value = "127.0.0.1", value_name = "ADDRESS")]
    pub host: String,

    /// Port to listen on; 0 takes a free one
    #[arg(long, env = "KSTONE_PORT", default_value_t = 8000)]
    pub port: u16,

    /// Folder of the data, made if it is not there
    #[arg(long, env = "KSTONE_DB_PATH", default_value = "kstone-data", value_name = "FOLDER")]
    db_path: PathBuf,

    /// Keep the data in memory and forget it at the end, whatever --db-path says
    #[arg(long, env = "KSTONE_IN_MEMORY", value_parser = BoolishValueParser::new())]
    in_memory: bool,

    /// One set of tables for all access keys and Regions, instead of one for each pair
    #[arg(long, env = "KSTONE_SHARED_DB", value_parser = BoolishValueParser::new())]
    pub shared_db: bool,

    /// Never answer TransactionConflict: writes to an item that a transaction holds wait for it instead
    #[arg(long, env = "KSTONE_NO_TRANSACTION_CONFLICTS", value_parser = BoolishValueParser::new())]
    pub no_transaction_conflicts: bool,

    /// When a write counts as done: on disk (sync), or soon to be there (relaxed: a crash of the machine can lose the last moment)
    #[arg(long, env = "KSTONE_DURABILITY", value_enum, default_value_t = Durability::Sync)]
    pub durability: Durability,

    /// What to log on stderr: off, error, warn, info, debug or trace
    #[arg(long, env = "KSTONE_LOG", default_value_t = LevelFilter::INFO, value_name = "LEVEL")]
    pub log: LevelFilter,

    /// Memory for writes that are not in a data file yet, such as 64MiB
    #[arg(long, env = "KSTONE_MEMTABLE_BYTES", value_parser = parse_memtable_bytes, value_name = "BYTES")]
    pub memtable_bytes: Option<usize>,

    /// Memory for blocks read from data files, such as 128MiB
    #[arg(long, env = "KSTONE_BLOCK_CACHE_BYTES", value_parser = parse_bytes, value_name = "BYTES")]
    pub block_cache_bytes: Option<usize>,

    /// Memory for request bodies over 64 KiB
    #[arg(long, env = "KSTONE_BODIES_BYTES", value_parser = parse_bodies_bytes, default_value = "128MiB", value_name = "BYTES")]
    bodies_bytes: usize,

    /// Connections open at once; beyond it the longest idle one makes room, or a new one waits
    #[arg(long, env = "KSTONE_CONNECTIONS", value_parser = parse_count, default_value = "1000", value_name = "COUNT")]
    connections: usize,

    /// Seconds that a connection may be idle
    #[arg(long, env = "KSTONE_IDLE_SECONDS", value_parser = parse_seconds, default_value = "180", value_name = "SECONDS")]
    idle_seconds: Duration,

    /// Seconds that the headers of a request may take
    #[arg(long, env = "KSTONE_HEAD_SECONDS", value_parser = parse_seconds, default_value = "10", value_name = "SECONDS")]
    head_seconds: Duration,

    /// Seconds that the body of a request may take
    #[arg(long, env = "KSTONE_BODY_SECONDS", value_parser = parse_seconds, default_value = "60", value_name = "SECONDS")]
    body_seconds: Duration,
}

/// Where a running server is to be found.
#[derive(Clone, Debug, Args)]
pub struct Target {
    /// Address that the server listens on
    #[arg(long, env = "KSTONE_HOST", default_value = "127.0.0.1", value_name = "ADDRESS")]
    host: String,

    /// Port that the server listens on
    #[arg(long, env = "KSTONE_PORT", default_value_t = 8000)]
    pub port: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Durability {
    Sync,
    Relaxed,
}

/// Where the data lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storage<'a> {
    Memory,
    Folder(&'a Path),
}

/// What the command line asks for.
#[derive(Debug)]
pub enum Command {
    Serve(Config),
    Healthcheck(Target),
}

/// Reads the command line and the environment.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Command, NoCommand> {
    let line = CommandLine::try_parse_from(arguments).map_err(NoCommand)?;
    Ok(match line.command {
        Some(OtherCommand::Healthcheck(target)) => Command::Healthcheck(target),
        None => Command::Serve(line.config),
    })
}

impl Config {
    pub fn storage(&self) -> Storage<'_> {
        if self.in_memory { Storage::Memory } else { Storage::Folder(&self.db_path) }
    }

    pub fn limits(&self) -> Limits {
        Limits {
            connections_max: open_files::share(self.connections).connections_max,
            bodies_bytes_max: self.bodies_bytes,
            head_time_max: self.head_seconds,
            body_time_max: self.body_seconds,
            idle_time_max: self.idle_seconds,
            ..Limits::default()
        }
    }
}

impl Target {
    /// The address to connect to: a server that listens on every address is reached on the loopback one.
    pub fn host(&self) -> &str {
        match self.host.parse() {
            Ok(IpAddr::V4(Ipv4Addr::UNSPECIFIED)) => "127.0.0.1",
            Ok(IpAddr::V6(Ipv6Addr::UNSPECIFIED)) => "::1",
            _ => &self.host,
        }
    }
}

/// A command line that asks for nothing to be run: it is wrong, or it wants to be told about.
#[derive(Debug)]
pub struct NoCommand(clap::Error);

impl NoCommand {
    /// Tells the user, and how the process is to end.
    pub fn report(&self) -> ExitCode {
        if self.0.use_stderr() {
            eprintln!("kstone: {self}");
            return ExitCode::from(2);
        }
        // Fails when nobody reads it: then nobody misses it.
        let _unread = self.0.print();
        ExitCode::SUCCESS
    }
}

impl fmt::Display for NoCommand {
    /// What is wrong, in one line: clap's first paragraph, without its hints.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.to_string();
        let paragraph: Vec<_> = text.lines().take_while(|line| !line.is_empty()).map(str::trim).collect();
        f.write_str(paragraph.join(" ").trim_start_matches("error: "))
    }
}

/// A number of bytes: `1048576`, `64KiB`, `64k`, `2GB`. All units are powers of 1,024, as is usual for memory.
fn parse_bytes(text: &str) -> Result<usize, String> {
    let digits_end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(digits_end);
    let shift = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        _ => return Err("expected a number of bytes such as 1048576 or 64MiB".to_owned()),
    };
    let count: usize = digits.parse().map_err(|_| "expected a number of bytes such as 1048576 or 64MiB".to_owned())?;
    count.checked_mul(1 << shift).ok_or_else(|| "too large a number".to_owned())
}

/// Less would flush with nearly every write.
const MEMTABLE_BYTES_MIN: usize = 1 << 20;

fn parse_memtable_bytes(text: &str) -> Result<usize, String> {
    match parse_bytes(text)? {
        bytes if bytes < MEMTABLE_BYTES_MIN => Err("at least 1MiB is needed".to_owned()),
        bytes => Ok(bytes),
    }
}

/// One body of the largest size must fit, or it would wait for ever.
fn parse_bodies_bytes(text: &str) -> Result<usize, String> {
    match parse_bytes(text)? {
        bytes if bytes < Limits::BODIES_BYTES_MIN => Err("at least 16MiB, one largest body, is needed".to_owned()),
        bytes => Ok(bytes),
    }
}

fn parse_count(text: &str) -> Result<usize, String> {
    // Tokio's semaphores, which count them, go no further than usize::MAX >> 3; no system opens a million sockets by default.
    match text.parse() {
        Ok(count @ 1..=1_000_000) => Ok(count),
        _ => Err("expected a count from 1 to 1000000".to_owned()),
    }
}

fn parse_seconds(text: &str) -> Result<Duration, String> {
    match text.parse::<f64>().ok().map(Duration::try_from_secs_f64) {
        Some(Ok(time)) if !time.is_zero() => Ok(time),
        _ => Err("expected a number of seconds such as 10 or 0.5".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn serve(arguments: &[&str]) -> Config {
        match parse(["kstone"].iter().chain(arguments).map(OsString::from)) {
            Ok(Command::Serve(config)) => config,
            other => panic!("{other:?}"),
        }
    }

    fn refusal(arguments: &[&str]) -> String {
        parse(["kstone"].iter().chain(arguments).map(OsString::from)).unwrap_err().to_string()
    }

    #[test]
    fn the_defaults_of_the_table_are_those_of_the_limits() {
        let config = serve(&[]);
        assert_eq!((config.host.as_str(), config.port), ("127.0.0.1", 8000));
        assert_eq!(config.storage(), Storage::Folder(Path::new("kstone-data")));
        assert_eq!(config.durability, Durability::Sync);
        assert_eq!(format!("{:?}", config.limits()), format!("{:?}", Limits::default()));
    }

    #[test]
    fn in_memory_wins_over_a_folder() {
        assert_eq!(serve(&["--db-path", "x", "--in-memory"]).storage(), Storage::Memory);
    }

    #[test]
    fn a_wrong_command_line_is_told_in_one_line() {
        for (arguments, part) in [
            (&["--port", "x"][..], "'--port <PORT>'"),
            (&["--durability", "eventual"], "[possible values: sync, relaxed]"),
            (&["--log", "loud"], "'--log <LEVEL>'"),
            (&["--nonsense"], "unexpected argument '--nonsense'"),
            (&["--bodies-bytes", "1k"], "at least 16MiB"),
            (&["--connections", "0"], "from 1 to"),
            (&["--idle-seconds", "nan"], "number of seconds"),
        ] {
            let text = refusal(arguments);
            assert!(text.contains(part) && !text.contains('\n'), "{text}");
        }
    }

    #[test]
    fn bytes_may_have_a_unit() {
        for (text, bytes) in
            [("0", 0), ("17", 17), ("64k", 65_536), ("64 KiB", 65_536), ("1MB", 1 << 20), ("2g", 2 << 30)]
        {
            assert_eq!(parse_bytes(text), Ok(bytes), "{text}");
        }
        for text in ["", "k", "1.5m", "-1", "1x", "99999999999999999999", "18446744073709551615k"] {
            assert!(parse_bytes(text).is_err(), "{text}");
        }
    }
}
