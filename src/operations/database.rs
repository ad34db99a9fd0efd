//! One database: the tables on their engine, and the way from a request to its answer.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use kstone_engine::io::{Disk, FileDisk, MemoryDisk};
use kstone_engine::{Durability, Engine, Options};

use super::table_description::stream_label;
use super::{
    batch_execute_statement, batch_get_item, batch_write_item, create_table, delete_item, delete_table,
    describe_endpoints, describe_limits, describe_stream, describe_table, describe_time_to_live, execute_statement,
    execute_transaction, get_item, get_records, get_shard_iterator, list_streams, list_tables, list_tags_of_resource,
    put_item, query, scan, tag_resource, transact_get_items, transact_write_items, untag_resource, update_item,
    update_table, update_time_to_live,
};
use crate::clock::Clock;
use crate::config::{self, Config, Storage};
use crate::open_files;
use crate::protocol::{self, ApiError, ErrorKind, Operation, Shape};
use crate::service::{Caller, Handler, Request, Response};
use crate::table::stream::Stream;
use crate::table::{CatalogError, Namespace, Store, StoreError, Table};
use crate::validation::stream_arn::StreamArn;
use crate::validation::tags::Resource;
use crate::validation::violation::{DefinitionViolation, StreamViolation};
use crate::validation::{Layer, TableName, Violation};

/// Answers requests from the tables of one engine. Cheap to clone.
#[derive(Clone)]
pub struct Database {
    store: Store,
    /// All callers share one namespace.
    is_shared: bool,
}

/// How long relaxed durability may leave a commit to the operating system alone.
const RELAXED_INTERVAL: Duration = Duration::from_millis(100);

#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(transparent)]
    Engine(#[from] kstone_engine::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The body of an answer, or an error.
pub(super) type Answer = Result<Vec<u8>, ApiError>;

impl Database {
    pub fn open(config: &Config, clock: Clock) -> Result<Database, OpenError> {
        let (disk, mut options): (Arc<dyn Disk>, Options) = match config.storage() {
            Storage::Memory => (Arc::new(MemoryDisk::new()), Options::in_memory()),
            Storage::Folder(path) => (Arc::new(FileDisk::new(path)?), Options::default()),
        };
        if config.storage() != Storage::Memory {
            options.durability = match config.durability {
                config::Durability::Sync => Durability::Sync,
                config::Durability::Relaxed => Durability::Relaxed { interval: RELAXED_INTERVAL },
            };
        }
        options.open_files_max = open_files::share(config.limits().connections_max).data_files_max;
        options.memtable_bytes_max = config.memtable_bytes.unwrap_or(options.memtable_bytes_max);
        options.block_cache_bytes = config.block_cache_bytes.unwrap_or(options.block_cache_bytes);
        let engine = Engine::open(disk, options)?;
        let store = Store::open(engine, clock)?;
        store.enable_transaction_conflicts(!config.no_transaction_conflicts);
        Ok(Database { store, is_shared: config.shared_db })
    }

    /// Makes everything durable and lets go of the folder. Requests after it are answered with errors.
    pub fn close(&self) -> Result<(), StoreError> {
        self.store.close()
    }

    pub(super) fn store(&self) -> &Store {
        &self.store
    }

    pub(super) fn layer(&self, operation: Operation, caller: &Caller) -> Layer {
        Layer::of(operation, &caller.region)
    }

    pub(super) fn namespace(&self, caller: &Caller) -> Namespace {
        match self.is_shared {
            true => Namespace { access_key: Arc::from(""), region: Arc::from("") },
            false => Namespace { access_key: Arc::clone(&caller.access_key), region: Arc::clone(&caller.region) },
        }
    }

    /// The caller's table of that name, or the error that a data operation answers.
    pub(super) fn table(&self, caller: &Caller, name: &TableName) -> Result<Arc<Table>, ApiError> {
        self.find_table(caller, name).ok_or_else(|| Violation::TableNotFound.into())
    }

    /// The same for an operation on whole tables, whose error names the table.
    pub(super) fn named_table(&self, caller: &Caller, name: &TableName) -> Result<Arc<Table>, ApiError> {
        let not_found = || DefinitionViolation::TableNotFound { name: name.to_string() };
        self.find_table(caller, name).ok_or_else(|| Violation::from(not_found()).into())
    }

    pub(super) fn find_table(&self, caller: &Caller, name: &TableName) -> Option<Arc<Table>> {
        if !self.is_shared && !name.may_be_in(&caller.region) {
            return None;
        }
        let found = self.store.table(&self.namespace(caller), name.as_str());
        if found.is_none()
            && let Some(other) = self.store.namespace_with(name.as_str())
        {
            tracing::warn!(
                table = name.as_str(),
                access_key = &*caller.access_key,
                region = &*caller.region,
                exists_for_access_key = &*other.access_key,
                exists_in_region = &*other.region,
                "table not found here, but another access key or Region has one of that name; --shared-db gives all the same tables",
            );
        }
        found
    }

    /// The caller's table that tags are about.
    pub(super) fn tagged_table(&self, caller: &Caller, resource: &Resource) -> Option<Arc<Table>> {
        let is_own = self.is_shared || resource.may_be_of(&caller.account_id, &caller.region);
        self.find_table(caller, &resource.table).filter(|_| is_own)
    }

    /// The caller's stream of that name, also one that was disabled or whose table is gone.
    pub(super) fn stream(&self, caller: &Caller, arn: &StreamArn) -> Result<Arc<Stream>, ApiError> {
        let streams = self.store.streams().of_table(&self.namespace(caller), arn.table.as_str());
        let is_own = self.is_shared || arn.may_be_of(&caller.account_id, &caller.region);
        let is_named = |stream: &Arc<Stream>| is_own && stream_label(stream.created_millis) == arn.label;
        let found = streams.into_iter().find(is_named);
        found.ok_or_else(|| Violation::from(StreamViolation::NoStream { arn: arn.text.clone() }).into())
    }

    async fn answer(&self, request: &Request) -> Answer {
        let caller = &request.caller;
        match request.operation {
            Operation::BatchExecuteStatement => batch_execute_statement::execute(self, caller, input(request)?).await,
            Operation::BatchGetItem => batch_get_item::execute(self, caller, input(request)?).await,
            Operation::BatchWriteItem => batch_write_item::execute(self, caller, input(request)?).await,
            Operation::CreateTable => create_table::execute(self, caller, input(request)?).await,
            Operation::DeleteItem => delete_item::execute(self, caller, input(request)?).await,
            Operation::DeleteTable => delete_table::execute(self, caller, input(request)?).await,
            Operation::DescribeEndpoints => describe_endpoints::execute(request, input(request)?),
            Operation::DescribeLimits => describe_limits::execute(input(request)?),
            Operation::DescribeStream => describe_stream::execute(self, caller, input(request)?),
            Operation::DescribeTable => describe_table::execute(self, caller, input(request)?),
            Operation::DescribeTimeToLive => describe_time_to_live::execute(self, caller, input(request)?),
            Operation::ExecuteStatement => execute_statement::execute(self, caller, input(request)?).await,
            Operation::ExecuteTransaction => execute_transaction::execute(self, caller, input(request)?).await,
            Operation::GetItem => get_item::execute(self, caller, input(request)?),
            Operation::GetRecords => get_records::execute(self, caller, input(request)?),
            Operation::GetShardIterator => get_shard_iterator::execute(self, caller, input(request)?),
            Operation::ListStreams => list_streams::execute(self, caller, input(request)?),
            Operation::ListTables => list_tables::execute(self, caller, input(request)?),
            Operation::ListTagsOfResource => list_tags_of_resource::execute(self, caller, input(request)?),
            Operation::PutItem => put_item::execute(self, caller, input(request)?).await,
            Operation::Query => query::execute(self, caller, input(request)?),
            Operation::Scan => scan::execute(self, caller, input(request)?),
            Operation::TagResource => tag_resource::execute(self, caller, input(request)?).await,
            Operation::TransactGetItems => transact_get_items::execute(self, caller, input(request)?),
            Operation::TransactWriteItems => transact_write_items::execute(self, caller, input(request)?).await,
            Operation::UntagResource => untag_resource::execute(self, caller, input(request)?).await,
            Operation::UpdateItem => update_item::execute(self, caller, input(request)?).await,
            Operation::UpdateTable => update_table::execute(self, caller, input(request)?).await,
            Operation::UpdateTimeToLive => update_time_to_live::execute(self, caller, input(request)?).await,
            other => Err(ApiError::new(
                ErrorKind::UnknownOperationException,
                format!("{} is not supported by this version of KeystoneDB", other.as_str()),
            )),
        }
    }
}

impl Handler for Database {
    async fn handle(&self, request: Request) -> Response {
        match self.answer(&request).await {
            Ok(body) => Response { status: 200, body: Bytes::from(body), error_type: None },
            Err(error) => error.into(),
        }
    }

    fn is_healthy(&self) -> bool {
        self.store.is_healthy()
    }
}

fn input<T: Shape>(request: &Request) -> Result<T, ApiError> {
    Ok(protocol::decode(&request.body)?)
}

impl<E: Into<ApiError>> From<CatalogError<E>> for ApiError {
    fn from(error: CatalogError<E>) -> ApiError {
        match error {
            CatalogError::Refused(refusal) => refusal.into(),
            CatalogError::Gone { name } => {
                Violation::from(DefinitionViolation::TableNotFound { name: name.to_string() }).into()
            }
            CatalogError::Store(error) => error.into(),
        }
    }
}

/// Developer guide; as a transaction's reason too.
pub(super) const COLLECTION_TOO_LARGE: &str = "Collection size exceeded.";

/// What broke goes to the log; the client learns only that something did.
impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> ApiError {
        if matches!(error, StoreError::CollectionTooLarge { .. }) {
            return ApiError::new(ErrorKind::ItemCollectionSizeLimitExceededException, COLLECTION_TOO_LARGE);
        }
        tracing::error!(%error, "a request failed");
        ApiError::internal()
    }
}
