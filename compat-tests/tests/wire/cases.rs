//! What DynamoDB was recorded to answer: `cases/*.jsonl`.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread;

use compat_tests::Server;
use compat_tests::cases::{self, Case, Runner};
use compat_tests::raw::Request;

const THREADS: usize = 4;

/// Operations that are not there yet: the cases that use one wait for it.
const NOT_YET: [&str; 21] = [
    "CreateBackup",
    "DeleteBackup",
    "DescribeBackup",
    "DescribeContinuousBackups",
    "DescribeContributorInsights",
    "DescribeExport",
    "DescribeImport",
    "DescribeKinesisStreamingDestination",
    "EnableKinesisStreamingDestination",
    "ExportTableToPointInTime",
    "GetResourcePolicy",
    "ImportTable",
    "ListBackups",
    "ListContributorInsights",
    "ListExports",
    "ListImports",
    "PutResourcePolicy",
    "RestoreTableFromBackup",
    "SearchVectors",
    "UpdateContinuousBackups",
    "UpdateContributorInsights",
];

#[test]
fn every_recorded_case_is_met_or_listed_as_unmet_with_a_reason() {
    let server = Server::in_memory();
    let unmet = unmet();
    let to_run: Vec<Case> = all_cases().into_iter().filter(|case| case.skip.is_none() && is_due(case)).collect();
    let ids: BTreeSet<&str> = to_run.iter().map(|case| case.id.as_str()).collect();
    let mut complaints = failures_and_surprises(server.address(), &to_run, &unmet);
    complaints.extend(
        unmet
            .keys()
            .filter(|id| !ids.contains(id.as_str()))
            .map(|id| format!("{id}: listed as unmet, but there is no such case to run")),
    );
    assert!(complaints.is_empty(), "{} of {} cases:\n{}", complaints.len(), to_run.len(), complaints.join("\n"));
}

#[test]
fn an_operation_whose_cases_wait_is_not_there_and_has_cases() {
    let server = Server::in_memory();
    let cases = all_cases();
    for operation in NOT_YET {
        let answer = Request::call(operation, "{}").send(server.address());
        assert_eq!(answer.error(), "UnknownOperationException", "{operation} is there: its cases need not wait");
        assert!(cases.iter().any(|case| case.operations().any(|used| used == operation)), "no case uses {operation}");
    }
}

/// Runs them on a few threads; says what failed without being listed, and what is listed without failing.
fn failures_and_surprises(address: SocketAddr, cases: &[Case], unmet: &BTreeMap<String, String>) -> Vec<String> {
    let next = Mutex::new(cases.iter());
    let complaints = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let mut runner = Runner::new(address);
                loop {
                    let Some(case) = next.lock().unwrap().next() else { return };
                    let complaint = match (runner.run(case), unmet.get(&case.id)) {
                        (Ok(()), None) | (Err(_), Some(_)) => continue,
                        (Ok(()), Some(_)) => format!("{}: met, but listed in cases/unmet.txt", case.id),
                        (Err(fault), None) => format!("{}: {fault}", case.id),
                    };
                    complaints.lock().unwrap().push(complaint);
                }
            });
        }
    });
    let mut complaints = complaints.into_inner().unwrap();
    complaints.sort();
    complaints
}

fn is_due(case: &Case) -> bool {
    !case.operations().any(|operation| NOT_YET.contains(&operation))
}

fn all_cases() -> Vec<Case> {
    ["behaviour.jsonl", "partiql.jsonl", "wording.jsonl"]
        .iter()
        .flat_map(|file| cases::read(&folder().join(file)))
        .collect()
}

/// Lines of `id reason`; a line that starts with `#` is about the ones after it.
fn unmet() -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(folder().join("unmet.txt")).unwrap();
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let listed = lines.map(|line| {
        let (id, reason) = line.split_once(' ').unwrap_or_else(|| panic!("cases/unmet.txt: no reason for {line}"));
        (id.to_owned(), reason.trim().to_owned())
    });
    listed.collect()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("cases")
}
