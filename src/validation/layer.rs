//! Which of AWS's request validation layers reads a request. AWS replaces the older one by a newer one, operation by operation
//! and Region by Region; they differ in texts and in the order of checks, never in what is accepted (with the few exceptions
//! named at [`Layer::value_levels_max`]). Nothing but [`Layer::of`] knows a Region.

use crate::protocol::Operation;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// The newer layer as single-item writes have it: what it refuses is wrapped as `1 validation error detected: ..`.
    NewerEnveloping,
    /// The newer layer as reads have it: constraints of members are wrapped, values and expressions are not.
    NewerBare,
    /// BatchWriteItem where it is moving: constraints of members as in the newer layer, values still as in the older one.
    NewerMembers,
    Older,
}

/// Deeper than this, the newer layer hands a request over to the older one (us-east-1, 2026-10-09: 40 levels stay, 63 and 100
/// do not). A scalar attribute is level 1.
const NEWER_LEVELS_MAX: u32 = 62;

/// us-east-1, October 2026. An operation that is not listed has only ever been seen on the older layer.
const DEFAULTS: &[(Operation, Layer)] = &[
    (Operation::PutItem, Layer::NewerEnveloping),
    (Operation::UpdateItem, Layer::NewerEnveloping),
    (Operation::DeleteItem, Layer::NewerEnveloping),
    (Operation::GetItem, Layer::NewerBare),
    (Operation::BatchGetItem, Layer::NewerBare),
    (Operation::Query, Layer::NewerBare),
];

/// Regions that answer differently from us-east-1, from sweeps of 33 Regions between 2026-09-20 and 2026-10-09.
const EXCEPTIONS: &[(Operation, &[&str], Layer)] = &[
    (Operation::PutItem, &["eu-south-2", "me-central-1"], Layer::Older),
    (Operation::UpdateItem, &["eu-south-2", "me-central-1"], Layer::Older),
    // Not asked there for these three; they moved together with PutItem everywhere else.
    (Operation::DeleteItem, &["eu-south-2", "me-central-1"], Layer::Older),
    (Operation::GetItem, &["eu-south-2", "me-central-1"], Layer::Older),
    (Operation::Query, &["eu-south-2", "me-central-1"], Layer::Older),
    (Operation::BatchGetItem, &["me-central-1"], Layer::Older),
    (
        Operation::BatchWriteItem,
        &["ap-east-2", "ap-southeast-1", "eu-central-1", "eu-north-1", "eu-west-2"],
        Layer::NewerMembers,
    ),
    (
        Operation::Scan,
        &[
            "af-south-1",
            "ap-east-2",
            "ap-northeast-2",
            "ap-southeast-1",
            "ap-southeast-2",
            "ap-southeast-3",
            "ap-southeast-4",
            "ap-southeast-5",
            "eu-central-1",
            "eu-west-2",
            "us-west-1",
        ],
        Layer::NewerBare,
    ),
    // eu-west-2 answers TransactGetItems both ways.
    (Operation::TransactGetItems, &["ap-northeast-2", "eu-north-1", "eu-west-2"], Layer::NewerBare),
    (Operation::TransactWriteItems, &["ap-northeast-2", "eu-north-1", "eu-west-2"], Layer::NewerBare),
];

impl Layer {
    pub fn of(operation: Operation, region: &str) -> Layer {
        let exception = EXCEPTIONS.iter().find(|(of, regions, _)| *of == operation && regions.contains(&region));
        if let Some((_, _, layer)) = exception {
            return *layer;
        }
        let default = DEFAULTS.iter().find(|(of, _)| *of == operation);
        default.map_or(Layer::Older, |(_, layer)| *layer)
    }

    /// The layer for a request that holds values this deep, or a value in one of the spellings that only the older layer
    /// reads (`Given::older_layer`).
    pub fn for_values(self, levels: u32, only_older_reads: bool) -> Layer {
        if levels > NEWER_LEVELS_MAX || only_older_reads { Layer::Older } else { self }
    }

    /// Whether constraints of members are worded by the newer layer.
    pub fn has_newer_members(self) -> bool {
        self != Layer::Older
    }

    /// Whether values are read and worded by the newer layer.
    pub fn has_newer_values(self) -> bool {
        matches!(self, Layer::NewerEnveloping | Layer::NewerBare)
    }

    /// How deep a value of `ExpressionAttributeValues` may be before anything is evaluated. The older layer lets one more
    /// level through to the condition (eu-south-2 and me-central-1 on UpdateItem, us-east-1 on TransactWriteItems, 2026-10).
    pub fn value_levels_max(self) -> u32 {
        if self.has_newer_values() { LEVELS_MAX } else { LEVELS_MAX + 1 }
    }
}

/// How deep an attribute of an item may be.
pub const LEVELS_MAX: u32 = 32;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_region_answers_as_us_east_1() {
        for region in ["us-east-1", "local", ""] {
            assert_eq!(Layer::of(Operation::PutItem, region), Layer::NewerEnveloping);
            assert_eq!(Layer::of(Operation::Query, region), Layer::NewerBare);
            assert_eq!(Layer::of(Operation::Scan, region), Layer::Older);
            assert_eq!(Layer::of(Operation::BatchWriteItem, region), Layer::Older);
            assert_eq!(Layer::of(Operation::CreateTable, region), Layer::Older);
        }
    }

    #[test]
    fn regions_move_at_their_own_pace() {
        assert_eq!(Layer::of(Operation::Scan, "eu-west-2"), Layer::NewerBare);
        assert_eq!(Layer::of(Operation::PutItem, "me-central-1"), Layer::Older);
        assert_eq!(Layer::of(Operation::BatchGetItem, "eu-south-2"), Layer::NewerBare);
        assert_eq!(Layer::of(Operation::BatchWriteItem, "eu-north-1"), Layer::NewerMembers);
    }

    #[test]
    fn very_deep_values_are_left_to_the_older_layer() {
        let newer = Layer::NewerEnveloping;
        assert_eq!(newer.for_values(62, false), newer);
        assert_eq!(newer.for_values(63, false), Layer::Older);
        assert_eq!(newer.for_values(1, true), Layer::Older);
    }
}
