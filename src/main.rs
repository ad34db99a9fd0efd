//! `kstone`: reads its settings, opens the database, serves it until it is told to stop.

use std::io::{self, Write};
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use keystonedb::clock::Clock;
use keystonedb::config::{self, Command, Config, Durability, Storage, Target};
use keystonedb::{Database, http, telemetry};
use tokio::net::TcpListener;

fn main() -> ExitCode {
    let done = match config::parse(std::env::args_os()) {
        Ok(Command::Serve(config)) => serve(&config),
        Ok(Command::Healthcheck(target)) => healthcheck(&target),
        Err(no_command) => return no_command.report(),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("kstone: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// Why the process ends with an error, in one line that says what and where.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("cannot start threads: {0}")]
    Runtime(io::Error),
    #[error("cannot listen on {host}:{port}: {source}")]
    Listen { host: String, port: u16, source: io::Error },
    #[error("cannot watch for signals: {0}")]
    Signals(io::Error),
    #[error("{0}")]
    Open(keystonedb::OpenError),
    #[error("the data may not be whole, the next start will recover it: {0}")]
    Close(keystonedb::CloseError),
    #[error("no server is well at {host}:{port}: {reason}")]
    Unhealthy { host: String, port: u16, reason: String },
}

fn serve(config: &Config) -> Result<(), Failure> {
    telemetry::start(config.log);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .thread_name("kstone-http")
        .enable_all()
        .build()
        .map_err(Failure::Runtime)?;
    runtime.block_on(async {
        let stop = Stop::listen().map_err(Failure::Signals)?;
        // Before the data is touched: a second server on the same port must not get as far.
        let (listener, address) = listen(config).await.map_err(|source| listen_failure(config, source))?;
        let database = Arc::new(Database::open(config, Clock::system()).map_err(Failure::Open)?);
        announce(config, address);
        http::serve(listener, database.clone(), config.limits(), stop.asked()).await;
        database.close().map_err(Failure::Close)
    })
}

async fn listen(config: &Config) -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind((config.host.as_str(), config.port)).await?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

fn listen_failure(config: &Config, source: io::Error) -> Failure {
    Failure::Listen { host: config.host.clone(), port: config.port, source }
}

/// The line on stdout that tools wait for: from here on requests are answered.
fn announce(config: &Config, address: SocketAddr) {
    let data = match config.storage() {
        Storage::Memory => "in memory".to_owned(),
        Storage::Folder(folder) => format!("data in {}", absolute(folder.to_owned()).display()),
    };
    let is_relaxed = config.durability == Durability::Relaxed && config.storage() != Storage::Memory;
    let durability = if is_relaxed { ", relaxed durability" } else { "" };
    if is_relaxed {
        tracing::warn!("relaxed durability: a crash of the machine can lose the writes of the last moment");
    }
    let version = env!("CARGO_PKG_VERSION");
    let line = format!("KeystoneDB {version} listening on http://{address} ({data}{durability})\n");
    if let Err(error) = io::stdout().write_all(line.as_bytes()).and_then(|()| io::stdout().flush()) {
        tracing::warn!(%error, %address, "cannot write the readiness line to stdout");
    }
}

fn absolute(folder: PathBuf) -> PathBuf {
    std::path::absolute(&folder).unwrap_or(folder)
}

fn healthcheck(target: &Target) -> Result<(), Failure> {
    let (host, port) = (target.host(), target.port);
    let unhealthy = |reason: String| Failure::Unhealthy { host: host.to_owned(), port, reason };
    let addresses = (host, port).to_socket_addrs().map_err(|error| unhealthy(error.to_string()))?;
    let mut last = unhealthy("the name has no address".to_owned());
    for address in addresses {
        match http::probe(address) {
            Ok(()) => return Ok(()),
            Err(reason) => last = unhealthy(reason.to_string()),
        }
    }
    Err(last)
}

/// The signals that ask for a clean stop. A second one ends the process at once, which loses nothing that was acknowledged.
struct Stop {
    interrupt: Signal,
    terminate: Signal,
}

#[cfg(unix)]
type Signal = tokio::signal::unix::Signal;
#[cfg(windows)]
type Signal = tokio::signal::windows::CtrlC;

impl Stop {
    #[cfg(unix)]
    fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    #[cfg(windows)]
    fn listen() -> io::Result<Self> {
        use tokio::signal::windows::ctrl_c;
        Ok(Self { interrupt: ctrl_c()?, terminate: ctrl_c()? })
    }

    /// Resolves at the first signal.
    async fn asked(mut self) {
        self.next().await;
        tracing::info!("stopping");
        tokio::spawn(async move {
            self.next().await;
            std::process::exit(130);
        });
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
