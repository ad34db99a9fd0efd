//! Consumed capacity by AWS's arithmetic (aws-verified.md section 2).

use super::state::IndexKind;
use super::write::{Effect, IndexEffect};

const READ_UNIT_BYTES: usize = 4096;
const WRITE_UNIT_BYTES: usize = 1024;
/// What a write to a vector index is charged at least.
const VECTOR_WRITE_BYTES_MIN: usize = 1024;

/// Capacity units, counted in halves: an eventually consistent read costs half a unit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Units {
    halves: u64,
}

impl Units {
    pub(crate) const ZERO: Units = Units { halves: 0 };

    pub(crate) fn whole(units: u64) -> Units {
        Units { halves: units * 2 }
    }

    /// Of a read of `bytes` in one piece: at least one unit, half of it when eventually consistent.
    pub(crate) fn read(bytes: usize, consistent: bool) -> Units {
        let units = bytes.div_ceil(READ_UNIT_BYTES).max(1) as u64;
        Units { halves: if consistent { units * 2 } else { units } }
    }

    /// Of a write whose larger image has `bytes`.
    pub(crate) fn write(bytes: usize) -> Units {
        Units::whole(bytes.div_ceil(WRITE_UNIT_BYTES).max(1) as u64)
    }

    /// Of reading one item in a transaction, whether it is there or not: twice a consistent read.
    pub(crate) fn transaction_read(bytes: usize) -> Units {
        Units::read(bytes, true) + Units::read(bytes, true)
    }

    pub(crate) fn as_f64(self) -> f64 {
        self.halves as f64 / 2.0
    }
}

impl std::ops::Add for Units {
    type Output = Units;

    fn add(self, other: Units) -> Units {
        Units { halves: self.halves + other.halves }
    }
}

impl std::ops::AddAssign for Units {
    fn add_assign(&mut self, other: Units) {
        self.halves += other.halves;
    }
}

impl std::iter::Sum for Units {
    fn sum<I: Iterator<Item = Units>>(units: I) -> Units {
        units.fold(Units::ZERO, std::ops::Add::add)
    }
}

/// What one request consumed of one table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Consumed {
    pub(crate) table: Units,
    pub(crate) local_indexes: Vec<(String, Units)>,
    pub(crate) global_indexes: Vec<(String, Units)>,
    /// Bytes written to each vector index.
    pub(crate) vector_indexes: Vec<(String, u64)>,
    /// By writes that a condition refused beside others that were done: part of the total, but of no arm (eu-west-2, 2026-08-15).
    pub(crate) failed: Units,
}

impl Consumed {
    pub(crate) fn total(&self) -> Units {
        let indexes = self.local_indexes.iter().chain(&self.global_indexes).map(|(_, units)| *units);
        self.table + indexes.sum() + self.failed
    }

    pub(crate) fn of_table(units: Units) -> Consumed {
        Consumed { table: units, ..Consumed::default() }
    }

    pub(crate) fn of_failed(units: Units) -> Consumed {
        Consumed { failed: units, ..Consumed::default() }
    }

    /// Of a write: the table by the larger image, each index by the change to its entry.
    pub(crate) fn of_write(effect: &Effect) -> Consumed {
        let larger = effect.old_bytes.unwrap_or(0).max(effect.new_bytes.unwrap_or(0));
        let mut consumed = Consumed::of_table(Units::write(larger));
        for (position, change) in &effect.indexes {
            if let Some(index) = effect.state.indexes.get(*position) {
                consumed.add_index(index.kind, &index.name, index_units(*change));
            }
        }
        for (position, bytes) in &effect.vector_indexes {
            if let Some(index) = effect.state.definition.vector_indexes.get(*position) {
                consumed.vector_indexes.push((index.name.clone(), (*bytes).max(VECTOR_WRITE_BYTES_MIN) as u64));
            }
        }
        consumed
    }

    /// Of an action of a transaction, a check included: the table twice, indexes as ever.
    pub(crate) fn of_transaction_write(effect: &Effect) -> Consumed {
        let mut consumed = Consumed::of_write(effect);
        consumed.table += consumed.table;
        consumed
    }

    pub(crate) fn add_index(&mut self, kind: IndexKind, name: &str, units: Units) {
        let arms = match kind {
            IndexKind::Local => &mut self.local_indexes,
            IndexKind::Global => &mut self.global_indexes,
        };
        match arms.iter_mut().find(|(other, _)| other == name) {
            Some((_, sum)) => *sum += units,
            None => arms.push((name.to_string(), units)),
        }
    }

    /// Sums the arms of several writes to one table.
    pub(crate) fn add(&mut self, other: &Consumed) {
        self.table += other.table;
        self.failed += other.failed;
        other.local_indexes.iter().for_each(|(name, units)| self.add_index(IndexKind::Local, name, *units));
        other.global_indexes.iter().for_each(|(name, units)| self.add_index(IndexKind::Global, name, *units));
        for (name, bytes) in &other.vector_indexes {
            match self.vector_indexes.iter_mut().find(|(other, _)| other == name) {
                Some((_, sum)) => *sum += bytes,
                None => self.vector_indexes.push((name.clone(), *bytes)),
            }
        }
    }
}

fn index_units(change: IndexEffect) -> Units {
    match change {
        IndexEffect::Inserted { bytes } | IndexEffect::Removed { bytes } => Units::write(bytes),
        IndexEffect::Replaced { old_bytes, new_bytes } => Units::write(old_bytes.max(new_bytes)),
        IndexEffect::Moved { old_bytes, new_bytes } => Units::write(old_bytes) + Units::write(new_bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_failed_is_in_the_total_only() {
        let mut consumed = Consumed::of_table(Units::whole(1));
        consumed.add(&Consumed::of_failed(Units::whole(3)));
        consumed.add(&Consumed::of_failed(Units::whole(1)));
        assert_eq!((consumed.table, consumed.total()), (Units::whole(1), Units::whole(5)));
    }

    #[test]
    fn units_are_rounded_up_and_halved_for_eventual_reads() {
        for (bytes, consistent, expected) in [
            (0, false, 0.5),
            (0, true, 1.0),
            (4096, false, 0.5),
            (4097, false, 1.0),
            (4097, true, 2.0),
            (9000, false, 1.5),
        ] {
            assert_eq!(Units::read(bytes, consistent).as_f64(), expected);
        }
        for (bytes, expected) in [(0, 1.0), (1024, 1.0), (1025, 2.0)] {
            assert_eq!(Units::write(bytes).as_f64(), expected);
        }
    }
}
