//! What can go wrong below the API.

use crate::value::CorruptItem;

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error(transparent)]
    Engine(#[from] kstone_engine::Error),
    #[error("table {table}: {source}")]
    CorruptItem { table: String, source: CorruptItem },
    #[error("stream of table {table}, {shard}: the record at {key} cannot be read")]
    CorruptStream { table: String, shard: String, key: String },
    #[error("expiry index of table {table}: the entry {key} cannot be read")]
    CorruptExpiry { table: String, key: String },
    /// The write would have grown an item collection past what AWS allows; `target` is the first that belongs to it.
    #[error("an item collection exceeds 10 GB")]
    CollectionTooLarge { target: usize },
    #[error("catalog: {what}")]
    CorruptCatalog { what: String },
}

impl StoreError {
    pub(crate) fn corrupt_item(table: &str) -> impl Fn(CorruptItem) -> StoreError + '_ {
        move |source| StoreError::CorruptItem { table: table.to_string(), source }
    }
}
