//! A fuzzer over request bodies: `kstone-fuzz [SECONDS] [SEED]`.
//!
//! It starts from the requests of `compat-tests/cases` and from statements and expressions that it makes from their grammar,
//! damages them as trees (members dropped, doubled, renamed, given other types or extreme values, wrapped deeper), as texts and
//! as bytes (flipped, cut, repeated), and hands them to a database in this process, whose tables come and go by the requests
//! themselves. Every answer has to be JSON and anything but a 500, and of a filter and its negation each row passes one.
#![allow(clippy::disallowed_methods, reason = "it reads its own files and stops by the wall clock")]

mod damage;
mod grammar;
mod random;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use keystonedb::Database;
use keystonedb::clock::Clock;
use keystonedb::config::{self, Command};
use keystonedb::protocol::Operation;
use keystonedb::service::{Caller, Handler, Host, Request, RequestId};
use serde_json::{Value, json};

use damage::damaged;
use random::Random;

const CASES: &[&str] =
    &["compat-tests/cases/behaviour.jsonl", "compat-tests/cases/partiql.jsonl", "compat-tests/cases/wording.jsonl"];

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let seconds = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(60);
    let seed = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(1);
    match run(Duration::from_secs(seconds), seed) {
        Ok(counts) => {
            println!("fuzz: {counts} in {seconds} s from seed {seed}, no find");
            ExitCode::SUCCESS
        }
        Err(find) => {
            eprintln!("fuzz: seed {seed}: {find}");
            ExitCode::FAILURE
        }
    }
}

/// How much was asked, and how much of it was found good: what nothing is good of goes no deeper than a parser.
#[derive(Default)]
struct Counts {
    requests: u64,
    made: u64,
    made_and_good: u64,
    negations: u64,
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Counts { requests, made, made_and_good, negations } = self;
        write!(f, "{requests} requests ({made} from the grammar, {made_and_good} of them answered with 200; ")?;
        write!(f, "{negations} filters compared with their negations)")
    }
}

fn run(time: Duration, seed: u64) -> Result<Counts, String> {
    let seeds = read_seeds()?;
    let mut session = Session::open()?;
    let mut random = Random::new(seed);
    let end = Instant::now() + time;
    while Instant::now() < end {
        for _ in 0..100 {
            match random.below(8) {
                0 => session.compare_with_negation(&grammar::condition_of_scan(&mut random))?,
                1..=4 => {
                    let (operation, input) = grammar::request(&mut random);
                    let is_whole = random.below(2) == 0;
                    let body = if is_whole { input.to_string().into_bytes() } else { damaged(&input, &mut random) };
                    session.counts.made += 1;
                    session.counts.made_and_good += u64::from(session.ask(operation, body)?.0 == 200);
                }
                _ => {
                    let (operation, input) = random.pick(&seeds);
                    session.ask(*operation, damaged(input, &mut random))?;
                }
            }
        }
    }
    Ok(session.counts)
}

/// A database in this process, and what it was asked.
struct Session {
    runtime: tokio::runtime::Runtime,
    database: Arc<Database>,
    caller: Caller,
    counts: Counts,
}

impl Session {
    fn open() -> Result<Session, String> {
        let database = open()?;
        let runtime = tokio::runtime::Builder::new_current_thread().build().map_err(|error| error.to_string())?;
        let caller = Caller::new("fuzz", "us-east-1");
        create_tables(&runtime, &database, &caller);
        Ok(Session { runtime, database, caller, counts: Counts::default() })
    }

    /// The status and the answer, unless they are a find.
    fn ask(&mut self, operation: Operation, body: Vec<u8>) -> Result<(u16, Value), String> {
        let request = Request {
            operation,
            body: Bytes::from(body.clone()),
            caller: self.caller.clone(),
            request_id: RequestId::default(),
            host: Host::default(),
        };
        let answer = self.runtime.block_on(self.database.handle(request));
        self.counts.requests += 1;
        match serde_json::from_slice::<Value>(&answer.body) {
            Ok(json) if answer.status != 500 => Ok((answer.status, json)),
            // Tagging answers without a body.
            Err(_) if answer.status == 200 && answer.body.is_empty() => Ok((200, Value::Null)),
            _ => {
                let (answer, body) = (String::from_utf8_lossy(&answer.body), String::from_utf8_lossy(&body));
                Err(format!("request {}, {operation}: {body}\nanswer: {answer}", self.counts.requests))
            }
        }
    }

    /// Of a filter and its negation each row passes one, whatever it lacks.
    fn compare_with_negation(&mut self, condition: &grammar::Condition) -> Result<(), String> {
        let plain = condition.scan(&condition.text);
        let negated = condition.scan(&format!("NOT ({})", condition.text));
        let (status, one) = self.ask(Operation::Scan, plain.to_string().into_bytes())?;
        let (negated_status, other) = self.ask(Operation::Scan, negated.to_string().into_bytes())?;
        if status != 200 || negated_status != 200 {
            return Ok(());
        }
        self.counts.negations += 1;
        let count = |answer: &Value, member: &str| answer[member].as_u64().unwrap_or_default();
        match count(&one, "Count") + count(&other, "Count") == count(&one, "ScannedCount") {
            true => Ok(()),
            false => Err(format!("{plain}\nanswers {one}\nand negated {other}")),
        }
    }
}

fn open() -> Result<Arc<Database>, String> {
    let Ok(Command::Serve(config)) = config::parse(["kstone", "--in-memory"].map(Into::into)) else {
        return Err("--in-memory is not understood".to_string());
    };
    Database::open(&config, Clock::system()).map(Arc::new).map_err(|error| error.to_string())
}

/// Operations and inputs. Names of tables in the cases become those that [`create_tables`] makes.
fn read_seeds() -> Result<Vec<(Operation, Value)>, String> {
    let mut seeds = Vec::new();
    for file in CASES {
        let text = std::fs::read_to_string(file)
            .map_err(|error| format!("{file}: {error}; run from the repository's root"))?;
        for line in text.lines() {
            let case: Value = serde_json::from_str(line).map_err(|error| format!("{file}: {error}"))?;
            let table = case["tables"]["t"].as_str().unwrap_or("hash").to_string();
            for step in case["steps"].as_array().into_iter().flatten() {
                let operation = step["op"].as_str().and_then(Operation::parse);
                if let (Some(operation), Some(input)) = (operation, step.get("in")) {
                    let text = input.to_string().replace("$t", &format!("fuzz-{table}"));
                    seeds.push((operation, serde_json::from_str(&text).unwrap_or_else(|_| input.clone())));
                }
            }
        }
    }
    if seeds.is_empty() { Err("no requests to start from".to_string()) } else { Ok(seeds) }
}

/// One table of each shape that the cases use most.
fn create_tables(runtime: &tokio::runtime::Runtime, database: &Database, caller: &Caller) {
    let attribute = |name: &str, kind: &str| json!({"AttributeName": name, "AttributeType": kind});
    let key = |name: &str, role: &str| json!({"AttributeName": name, "KeyType": role});
    let create = |name: &str, definitions: Value, schema: Value, indexes: Value| {
        let mut input = json!({"TableName": name, "AttributeDefinitions": definitions, "KeySchema": schema, "BillingMode": "PAY_PER_REQUEST"});
        if let (Some(input), Some(indexes)) = (input.as_object_mut(), indexes.as_object()) {
            input.extend(indexes.clone());
        }
        let body = Bytes::from(input.to_string());
        let request = Request {
            operation: Operation::CreateTable,
            body,
            caller: caller.clone(),
            request_id: RequestId::default(),
            host: Host::default(),
        };
        runtime.block_on(database.handle(request));
    };
    let hash = json!([key("pk", "HASH")]);
    let range = json!([key("pk", "HASH"), key("sk", "RANGE")]);
    create("fuzz-hash", json!([attribute("pk", "S")]), hash.clone(), json!({}));
    create("fuzz-nhash", json!([attribute("pk", "N")]), hash.clone(), json!({}));
    create("fuzz-bhash", json!([attribute("pk", "B")]), hash, json!({}));
    create("fuzz-range", json!([attribute("pk", "S"), attribute("sk", "S")]), range.clone(), json!({}));
    create("fuzz-num", json!([attribute("pk", "S"), attribute("sk", "N")]), range.clone(), json!({}));
    let index = |name: &str, schema: Value| json!({"IndexName": name, "KeySchema": schema, "Projection": {"ProjectionType": "ALL"}});
    create(
        "fuzz-indexed",
        json!([
            attribute("pk", "S"),
            attribute("sk", "S"),
            attribute("ls", "S"),
            attribute("gpk", "S"),
            attribute("gsk", "N")
        ]),
        range,
        json!({
            "LocalSecondaryIndexes": [index("lsi", json!([key("pk", "HASH"), key("ls", "RANGE")]))],
            "GlobalSecondaryIndexes": [index("gsi", json!([key("gpk", "HASH"), key("gsk", "RANGE")]))],
        }),
    );
}
