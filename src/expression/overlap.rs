//! Paths of one expression that name the same place.

use crate::value::{Path, Step};

use super::error::Fault;

/// Refuses two paths of which one lies in the other, and two that use one place as a list and as a map; the former wherever
/// they stand, before the latter. Names are compared as resolved.
pub(super) fn check(paths: &[Path]) -> Result<(), Fault> {
    let pairs = || paths.iter().enumerate().flat_map(|(at, one)| paths[at + 1..].iter().map(move |two| (one, two)));
    if let Some((one, two)) = pairs().find(|(one, two)| relation(one, two) == Relation::Overlap) {
        return Err(Fault::Overlap { one: one.clone(), two: two.clone() });
    }
    match pairs().find(|(one, two)| relation(one, two) == Relation::Conflict) {
        Some((one, two)) => Err(Fault::Conflict { one: one.clone(), two: two.clone() }),
        None => Ok(()),
    }
}

#[derive(PartialEq)]
enum Relation {
    Apart,
    Overlap,
    Conflict,
}

fn relation(one: &Path, two: &Path) -> Relation {
    if one.root != two.root {
        return Relation::Apart;
    }
    match one.steps.iter().zip(&two.steps).find(|(a, b)| a != b) {
        None => Relation::Overlap,
        Some((Step::Attribute(_), Step::Attribute(_)) | (Step::Index(_), Step::Index(_))) => Relation::Apart,
        Some(_) => Relation::Conflict,
    }
}
