//! One `kstone` process, from start to stop, and again.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::Client;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::client;

const START_TIME_MAX: Duration = Duration::from_secs(60);
const STOP_TIME_MAX: Duration = Duration::from_secs(60);

/// A running server. It is killed when it goes out of scope.
#[derive(Debug)]
pub struct Server {
    process: Process,
    address: SocketAddr,
    settings: Settings,
}

/// A server that has ended; its data, if they were in a folder, are still there.
#[derive(Debug)]
pub struct Stopped {
    settings: Settings,
    pub status: ExitStatus,
    pub log: String,
}

#[derive(Clone, Debug)]
struct Settings {
    /// None keeps the data in memory.
    folder: Option<Arc<TempDir>>,
    arguments: Vec<String>,
}

impl Server {
    pub fn in_memory() -> Self {
        Self::in_memory_with(&[])
    }

    pub fn in_memory_with(arguments: &[&str]) -> Self {
        Self::start(Settings { folder: None, arguments: owned(arguments) })
    }

    /// With its data in a folder of its own, which goes when nobody can start the server again.
    pub fn on_disk() -> Self {
        Self::on_disk_with(&[])
    }

    pub fn on_disk_with(arguments: &[&str]) -> Self {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        Self::start(Settings { folder: Some(folder), arguments: owned(arguments) })
    }

    fn start(settings: Settings) -> Self {
        let mut process = Process::spawn(&settings);
        let address = process.until_ready();
        Self { process, address, settings }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn process_id(&self) -> u32 {
        self.process.child.id()
    }

    /// The folder of the data.
    pub fn folder(&self) -> &Path {
        self.settings.folder.as_ref().expect("the server keeps its data in memory").path()
    }

    /// The SDK as any user would have it.
    pub fn client(&self) -> Client {
        client::connect(&self.url(), "AKIDEXAMPLE", "us-east-1")
    }

    pub fn client_as(&self, access_key: &str, region: &str) -> Client {
        client::connect(&self.url(), access_key, region)
    }

    /// The SDK's client of streams.
    pub fn streams(&self) -> aws_sdk_dynamodbstreams::Client {
        client::connect_streams(&self.url(), "AKIDEXAMPLE", "us-east-1")
    }

    /// What the server has written to stderr so far.
    pub fn log(&self) -> String {
        self.process.log.lock().unwrap().clone()
    }

    /// The first line on stderr that says `part`; it may take a moment to come.
    pub fn until_logged(&self, part: &str) -> String {
        let deadline = Instant::now() + STOP_TIME_MAX;
        while Instant::now() < deadline {
            if let Some(line) = self.log().lines().find(|line| line.contains(part)) {
                return line.to_owned();
            }
            thread::sleep(Duration::from_millis(2));
        }
        panic!("nothing about {part} in the log:\n{}", self.log());
    }

    /// SIGTERM, as `docker stop` and every process manager send it.
    pub fn stop(self) -> Stopped {
        self.end(Signal::TERM)
    }

    /// SIGINT, as Ctrl-C sends it.
    pub fn interrupt(self) -> Stopped {
        self.end(Signal::INT)
    }

    /// SIGKILL: no last word, as after a crash of the process.
    pub fn kill(self) -> Stopped {
        self.end(Signal::KILL)
    }

    fn end(mut self, signal: Signal) -> Stopped {
        self.process.send(signal);
        let status = self.process.until_ended();
        Stopped { settings: self.settings.clone(), status, log: self.process.whole_log() }
    }
}

impl Stopped {
    /// The same command again, on the same data.
    pub fn reopen(self) -> Server {
        Server::start(self.settings)
    }

    /// The same data, with other flags.
    pub fn reopen_with(self, arguments: &[&str]) -> Server {
        Server::start(Settings { arguments: owned(arguments), ..self.settings })
    }

    pub fn folder(&self) -> &Path {
        self.settings.folder.as_ref().expect("the server kept its data in memory").path()
    }
}

/// What a `kstone` with these arguments alone comes to; one that goes on is ended.
pub fn run(arguments: &[&str]) -> Ended {
    let mut process = Process::start(Command::new(binary()).args(arguments));
    let status = process.until_ended();
    Ended { status, log: process.whole_log() }
}

/// A process that has ended by itself.
#[derive(Debug)]
pub struct Ended {
    pub status: ExitStatus,
    pub log: String,
}

#[derive(Debug)]
struct Process {
    child: Child,
    ready: Receiver<String>,
    log: Arc<Mutex<String>>,
    log_reader: Option<thread::JoinHandle<()>>,
}

impl Process {
    fn spawn(settings: &Settings) -> Self {
        let mut command = Command::new(binary());
        command.args(["--host", "127.0.0.1", "--port", "0"]);
        match &settings.folder {
            Some(folder) => command.arg("--db-path").arg(folder.path()),
            None => command.arg("--in-memory"),
        };
        Self::start(command.args(&settings.arguments))
    }

    fn start(command: &mut Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("cannot start {}: {error}", binary().display()));
        let ready = first_line(child.stdout.take().unwrap());
        let log = Arc::new(Mutex::new(String::new()));
        let log_reader = Some(collect(child.stderr.take().unwrap(), log.clone()));
        Self { child, ready, log, log_reader }
    }

    /// Waits for the readiness line and reads the address in it.
    fn until_ready(&mut self) -> SocketAddr {
        let line = self
            .ready
            .recv_timeout(START_TIME_MAX)
            .unwrap_or_else(|_| panic!("no readiness line; its log:\n{}", self.whole_log()));
        let address = line.split_whitespace().find_map(|word| word.strip_prefix("http://"));
        address.and_then(|a| a.parse().ok()).unwrap_or_else(|| panic!("no address in the readiness line {line:?}"))
    }

    fn send(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    fn until_ended(&mut self) -> ExitStatus {
        let deadline = Instant::now() + STOP_TIME_MAX;
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            thread::sleep(Duration::from_millis(2));
        }
        panic!("the server did not stop; its log:\n{}", self.whole_log());
    }

    /// All of stderr; the process is ended for it.
    fn whole_log(&mut self) -> String {
        let _ended_already = self.child.kill();
        let _status = self.child.wait();
        if let Some(reader) = self.log_reader.take() {
            reader.join().unwrap();
        }
        self.log.lock().unwrap().clone()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let log = self.whole_log();
        if thread::panicking() {
            eprintln!("--- the server's log\n{log}---");
        } else {
            assert!(!log.contains("panicked"), "the server panicked:\n{log}");
        }
    }
}

fn first_line(stdout: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut lines = BufReader::new(stdout).lines();
        if let Some(Ok(line)) = lines.next() {
            let _nobody_waits = sender.send(line);
        }
        // A process whose stdout nobody reads would stop at a full pipe.
        lines.for_each(drop);
    });
    receiver
}

fn collect(stderr: impl Read + Send + 'static, log: Arc<Mutex<String>>) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            let mut log = log.lock().unwrap();
            log.push_str(&line);
            log.push('\n');
        }
    })
}

fn owned(arguments: &[&str]) -> Vec<String> {
    arguments.iter().map(|&argument| argument.to_owned()).collect()
}

/// `KSTONE_BIN`, or the binary of this workspace, built if it is not up to date.
fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| std::env::var_os("KSTONE_BIN").map_or_else(built, PathBuf::from))
}

fn built() -> PathBuf {
    // target/<profile>/deps/<this test>
    let test = std::env::current_exe().unwrap();
    let profile = test.ancestors().nth(2).expect("a test lies in a target folder");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(cargo);
    command.args(["build", "--quiet", "--package", "keystonedb", "--bin", "kstone"]);
    command.arg("--target-dir").arg(profile.parent().unwrap()).current_dir(env!("CARGO_MANIFEST_DIR"));
    if profile.ends_with("release") {
        command.arg("--release");
    }
    assert!(command.status().unwrap().success(), "cannot build kstone");
    profile.join(format!("kstone{}", std::env::consts::EXE_SUFFIX))
}
