//! Recorded facts about DynamoDB: requests, and what it answered. `README.md` beside the data tells the format.

mod case;
mod expect;
mod fixtures;
mod names;
mod run;

pub use case::Case;
pub use run::Runner;

use std::path::Path;

/// The cases of a file, one a line.
pub fn read(file: &Path) -> Vec<Case> {
    let text = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(number, line)| {
            Case::parse(line).unwrap_or_else(|fault| panic!("{}:{}: {fault}", file.display(), number + 1))
        })
        .collect()
}
