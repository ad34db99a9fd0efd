//! Runs a case: its tables, its steps, and the tables' end.

use std::io;
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use super::case::{Body, Case, Step};
use super::expect::Outcome;
use super::fixtures::fixture;
use super::names::{Names, random_name};
use crate::json::Json;
use crate::raw::{Connection, Request};

const SETTLE_TIME_MAX: Duration = Duration::from_secs(60);

/// Runs cases one after the other over one connection.
pub struct Runner {
    address: SocketAddr,
    access_key: String,
    connection: Option<Connection>,
}

impl Runner {
    pub fn new(address: SocketAddr) -> Self {
        let access_key = random_name("").chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_uppercase();
        Self { address, access_key, connection: None }
    }

    /// Nothing, or the sentence that says how the case failed.
    pub fn run(&mut self, case: &Case) -> Result<(), String> {
        let mut names = Names::new(&case.region, &case.generators);
        let mut created = Vec::new();
        let outcome = self.run_in(case, &mut names, &mut created);
        created.append(&mut names.made_up);
        for table in created {
            self.delete(case, &table)?;
        }
        outcome
    }

    fn run_in(&mut self, case: &Case, names: &mut Names, created: &mut Vec<String>) -> Result<(), String> {
        for (name, wanted) in &case.tables {
            self.create(case, name, wanted, names, created).map_err(|fault| format!("table {name}: {fault}"))?;
        }
        for (number, step) in case.steps.iter().enumerate() {
            let at = |fault| format!("step {} {}: {fault}", number + 1, step.operation);
            names.add_generators(&step.generators);
            for i in 0..step.times {
                names.set("i", i.to_string().as_str().into());
                self.step(case, step, names).map_err(at)?;
            }
        }
        Ok(())
    }

    fn step(&mut self, case: &Case, step: &Step, names: &mut Names) -> Result<(), String> {
        let body = match &step.body {
            Body::Raw(text) => names.splice(text)?,
            Body::Input(input) => names.substitute(input)?.to_string(),
        };
        let outcome = self.call(case, &step.operation, body)?;
        outcome.check(&names.substitute(&step.expected)?)?;
        for (name, path) in &step.save {
            let path = names.splice(path)?;
            let value = outcome.body.at(&path).ok_or_else(|| format!("nothing at {path} to be saved"))?;
            names.set(name, value.clone());
        }
        Ok(())
    }

    fn create(
        &mut self,
        case: &Case,
        name: &str,
        wanted: &Json,
        names: &mut Names,
        created: &mut Vec<String>,
    ) -> Result<(), String> {
        let real = random_name(name);
        names.set(name, real.as_str().into());
        let wanted = match wanted {
            Json::String(of_fixture) => fixture(of_fixture).ok_or_else(|| format!("no fixture {of_fixture}"))?,
            input => names.substitute(input)?,
        };
        let mut input = vec![("TableName".to_owned(), real.as_str().into())];
        input.extend(wanted.as_object().unwrap_or_default().to_vec());
        let outcome = self.call(case, "CreateTable", Json::Object(input).to_string())?;
        if outcome.status != 200 {
            return Err(outcome.body.to_string());
        }
        created.push(real.clone());
        let description = self.until_active(case, &real)?;
        let arn = description.get("TableArn").and_then(Json::as_str).unwrap_or_default();
        names.set(&format!("arn:{name}"), arn.into());
        names.set("account", arn.split(':').nth(4).unwrap_or_default().into());
        if let Some(stream) = description.get("LatestStreamArn") {
            names.set(&format!("stream:{name}"), stream.clone());
        }
        Ok(())
    }

    fn until_active(&mut self, case: &Case, real: &str) -> Result<Json, String> {
        let deadline = Instant::now() + SETTLE_TIME_MAX;
        while Instant::now() < deadline {
            let outcome = self.call(case, "DescribeTable", named(real))?;
            if let Some(table) = outcome.body.get("Table").filter(|table| is_active(table)) {
                return Ok(table.clone());
            }
            thread::sleep(Duration::from_millis(5));
        }
        Err("did not become ACTIVE".to_owned())
    }

    /// A table that is still being created or changed has to settle first.
    fn delete(&mut self, case: &Case, real: &str) -> Result<(), String> {
        let deadline = Instant::now() + SETTLE_TIME_MAX;
        while Instant::now() < deadline {
            let outcome = self.call(case, "DeleteTable", named(real))?;
            if outcome.error_name() != "ResourceInUseException" {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(5));
        }
        Err(format!("{real} cannot be deleted"))
    }

    fn call(&mut self, case: &Case, operation: &str, body: String) -> Result<Outcome, String> {
        let request = Request::call_as(&self.access_key, &case.region, operation, body);
        let answer = self.send(&request).map_err(|error| format!("no answer: {error}"))?;
        let body = Json::parse(&answer.body)
            .unwrap_or_else(|_| Json::String(String::from_utf8_lossy(&answer.body).into_owned()));
        Ok(Outcome { status: answer.status, body })
    }

    fn send(&mut self, request: &Request) -> io::Result<crate::raw::Answer> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => Connection::try_open(self.address)?,
        };
        let answer = connection.try_ask(request)?;
        self.connection = (answer.header("connection") != Some("close")).then_some(connection);
        Ok(answer)
    }
}

fn named(table: &str) -> String {
    Json::Object(vec![("TableName".to_owned(), table.into())]).to_string()
}

fn is_active(table: &Json) -> bool {
    let indexes =
        ["GlobalSecondaryIndexes", "VectorIndexes"].iter().filter_map(|&kind| table.get(kind)).flat_map(Json::elements);
    let states = indexes.map(|index| index.get("IndexStatus")).chain([table.get("TableStatus")]);
    states.flatten().all(|state| state.as_str() == Some("ACTIVE"))
}
