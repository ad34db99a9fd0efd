//! The members with which a request chooses what its answer holds.

/// `ReturnValues` of UpdateItem. PutItem and DeleteItem know only the first two and keep a `bool`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ReturnValues {
    #[default]
    None,
    AllOld,
    UpdatedOld,
    AllNew,
    UpdatedNew,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ReturnConsumedCapacity {
    #[default]
    None,
    Total,
    Indexes,
}

/// What the answer to a write reports beside its result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct WriteReport {
    pub consumed_capacity: ReturnConsumedCapacity,
    /// `ReturnItemCollectionMetrics: SIZE`
    pub item_collection_metrics: bool,
}
