//! A fuzzer over request bodies: `kstone-fuzz [SECONDS] [SEED]`.
//!
//! It starts from the requests of `compat-tests/cases`, damages them as trees (members dropped, doubled, renamed, given other
//! types or extreme values, wrapped deeper) and as bytes (flipped, cut, repeated), and hands them to a database in this
//! process, whose tables come and go by the requests themselves. Every answer has to be JSON and anything but a 500. Nothing is
//! random beyond the seed, so that a find can be repeated.
#![allow(clippy::disallowed_methods, reason = "it reads its own files and stops by the wall clock")]

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use keystonedb::Database;
use keystonedb::clock::Clock;
use keystonedb::config::{self, Command};
use keystonedb::protocol::Operation;
use keystonedb::service::{Caller, Handler, Host, Request, RequestId};
use serde_json::{Map, Value, json};

const CASES: &[&str] = &["compat-tests/cases/behaviour.jsonl", "compat-tests/cases/wording.jsonl"];

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let seconds = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(60);
    let seed = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(1);
    match run(Duration::from_secs(seconds), seed) {
        Ok(count) => {
            println!("fuzz: {count} requests in {seconds} s from seed {seed}, no find");
            ExitCode::SUCCESS
        }
        Err(find) => {
            eprintln!("fuzz: seed {seed}: {find}");
            ExitCode::FAILURE
        }
    }
}

fn run(time: Duration, seed: u64) -> Result<u64, String> {
    let seeds = read_seeds()?;
    let database = open()?;
    let runtime = tokio::runtime::Builder::new_current_thread().build().map_err(|error| error.to_string())?;
    let mut random = Random(seed.max(1));
    let caller = Caller::new("fuzz", "us-east-1");
    create_tables(&runtime, &database, &caller);
    let end = Instant::now() + time;
    let mut count = 0;
    while Instant::now() < end {
        for _ in 0..100 {
            let (operation, input) = random.pick(&seeds);
            let body = damaged(input, &mut random);
            let request = Request {
                operation: *operation,
                body: Bytes::from(body.clone()),
                caller: caller.clone(),
                request_id: RequestId::default(),
                host: Host::default(),
            };
            let answer = runtime.block_on(database.handle(request));
            count += 1;
            let is_json = serde_json::from_slice::<Value>(&answer.body).is_ok();
            if answer.status == 500 || !is_json {
                let answer = String::from_utf8_lossy(&answer.body).into_owned();
                let body = String::from_utf8_lossy(&body).into_owned();
                return Err(format!("request {count}, {}: {body}\nanswer: {answer}", operation.as_str()));
            }
        }
    }
    Ok(count)
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

/// The request with some damage, or now and then as it is.
fn damaged(input: &Value, random: &mut Random) -> Vec<u8> {
    let mut tree = input.clone();
    for _ in 0..random.below(4) {
        let mut spot = random.below(node_count(&tree).max(1));
        damage_node(&mut tree, &mut spot, random);
    }
    let mut bytes = tree.to_string().into_bytes();
    if random.below(8) == 0 {
        damage_bytes(&mut bytes, random);
    }
    bytes
}

fn node_count(tree: &Value) -> usize {
    1 + match tree {
        Value::Array(elements) => elements.iter().map(node_count).sum::<usize>(),
        Value::Object(members) => members.values().map(node_count).sum(),
        _ => 0,
    }
}

/// Damages the node that `spot` counts down to.
fn damage_node(node: &mut Value, spot: &mut usize, random: &mut Random) -> bool {
    if *spot == 0 {
        change(node, random);
        return true;
    }
    *spot -= 1;
    match node {
        Value::Array(elements) => elements.iter_mut().any(|element| damage_node(element, spot, random)),
        Value::Object(members) => members.values_mut().any(|member| damage_node(member, spot, random)),
        _ => false,
    }
}

fn change(node: &mut Value, random: &mut Random) {
    match node {
        Value::Object(members) if !members.is_empty() && random.below(2) == 0 => change_members(members, random),
        Value::Array(elements) if !elements.is_empty() && random.below(2) == 0 => {
            let at = random.below(elements.len());
            match random.below(3) {
                0 => drop(elements.remove(at)),
                1 => elements.push(elements[at].clone()),
                _ => elements.swap(0, at),
            }
        }
        Value::String(text) if random.below(3) > 0 => *text = changed_text(text, random),
        _ => *node = extreme(random),
    }
}

fn change_members(members: &mut Map<String, Value>, random: &mut Random) {
    let names: Vec<String> = members.keys().cloned().collect();
    let name = random.pick(&names).clone();
    let Some(value) = members.remove(&name) else { return };
    match random.below(4) {
        0 => {}
        1 => {
            members.insert(changed_text(&name, random), value);
        }
        2 => {
            let other = random.pick(&names).clone();
            members.insert(other, value.clone());
            members.insert(name, value);
        }
        _ => {
            let wrapper = *random.pick(&["M", "L", "S", "N", "SS", "Value"]);
            members.insert(name, json!({wrapper: value}));
        }
    }
}

/// Expressions are texts: pieces of their grammar make more of them than noise does.
fn changed_text(text: &str, random: &mut Random) -> String {
    const PIECES: &[&str] = &[
        "",
        "(",
        ")",
        "((",
        " AND ",
        " OR ",
        "NOT ",
        " = ",
        " <> ",
        ":v",
        "#a",
        "a.b",
        "[0]",
        "[99999999999]",
        " BETWEEN ",
        " IN (",
        "size(",
        "contains(",
        "if_not_exists(",
        "list_append(",
        "SET ",
        "REMOVE ",
        "ADD ",
        "DELETE ",
        ",",
        "é",
        "\u{0}",
        "\u{10FFFF}",
        "1e125",
        "-",
        "+",
        "'",
        "\"",
    ];
    let mut characters: Vec<char> = text.chars().collect();
    let at = random.below(characters.len() + 1);
    match random.below(4) {
        0 => characters.truncate(at),
        1 if at < characters.len() => drop(characters.remove(at)),
        2 => {
            let piece = random.pick(PIECES).repeat(1 + random.below(3));
            characters.splice(at..at, piece.chars());
        }
        _ => {
            let copy: Vec<char> = characters.iter().skip(at).take(8).copied().collect();
            characters.splice(at..at, copy);
        }
    }
    characters.into_iter().collect()
}

fn extreme(random: &mut Random) -> Value {
    match random.below(12) {
        0 => Value::Null,
        1 => json!(true),
        2 => json!(-1),
        3 => json!(4294967296u64),
        4 => json!(1e300),
        5 => json!(""),
        6 => json!("x".repeat(random.below(5000))),
        7 => json!([]),
        8 => json!({}),
        9 => json!("9".repeat(1 + random.below(60))),
        10 => (0..random.below(100)).fold(json!({"S": "deep"}), |inner, _| json!({"L": [inner]})),
        _ => json!("(".repeat(random.below(4000))),
    }
}

fn damage_bytes(bytes: &mut Vec<u8>, random: &mut Random) {
    if bytes.is_empty() {
        return;
    }
    let at = random.below(bytes.len());
    match random.below(3) {
        0 => bytes[at] = random.below(256) as u8,
        1 => bytes.truncate(at),
        _ => {
            let copy: Vec<u8> = bytes.iter().skip(at).take(20).copied().collect();
            bytes.splice(at..at, copy);
        }
    }
}

/// xorshift64
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound.max(1) as u64) as usize
    }

    fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len())]
    }
}
