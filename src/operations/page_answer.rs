//! The answer of Query and Scan: a page of items, written as the rows are walked.

use super::answer::{self, write_returned};
use super::database::{Answer, Database};
use crate::protocol::encode::NumberSetOrder;
use crate::protocol::{ApiError, JsonWriter};
use crate::table::capacity::{Consumed, Units};
use crate::table::read::{Page, PageRequest};
use crate::table::{IndexState, IndexStatus, StoreError, TableState};
use crate::validation::Violation;
use crate::validation::read::{ReadRequest, Returned};
use crate::validation::table_definition::Index;
use crate::validation::violation::ReadViolation;

/// Room for the items of a page: what they grow beyond it is copied once or twice.
pub(super) const PAGE_ANSWER_BYTES: usize = 32 * 1024;

pub(super) struct Reader<'a> {
    pub(super) page: PageRequest<'a>,
    pub(super) returned: &'a Returned<'a>,
    pub(super) order: NumberSetOrder,
}

/// The running state of the index that the request names.
pub(super) fn index_state<'a>(
    state: &'a TableState,
    index: Option<Index<'_>>,
) -> Result<Option<&'a IndexState>, ApiError> {
    let Some(index) = index else { return Ok(None) };
    let found = state
        .index(index.name())
        .ok_or_else(|| Violation::from(ReadViolation::UnknownIndex { name: index.name().to_string() }))?;
    if matches!(found.status, IndexStatus::Creating { .. }) {
        return Err(Violation::from(ReadViolation::IndexBackfilling { name: index.name().to_string() }).into());
    }
    Ok(Some(found))
}

pub(super) fn read(database: &Database, reader: &Reader<'_>, request: &ReadRequest) -> Answer {
    let counts_only = matches!(reader.returned, Returned::Count);
    let mut read: Result<Page, StoreError> = Ok(Page::default());
    let capacity_bytes = if counts_only { answer::SMALL_ANSWER_BYTES } else { PAGE_ANSWER_BYTES };
    let mut body = Vec::with_capacity(capacity_bytes);
    JsonWriter::new(&mut body).object(|body| {
        let store = database.store();
        if counts_only {
            read = store.read_page(&reader.page, |_| {});
        } else {
            body.member("Items").array(|items| {
                read = store.read_page(&reader.page, |item| {
                    write_returned(items.element(), item, reader.returned, reader.order);
                });
            });
        }
        let Ok(page) = &read else { return };
        body.member("Count").number(page.count);
        body.member("ScannedCount").number(page.scanned_count);
        if let Some(key) = &page.last_key {
            body.member("LastEvaluatedKey").item(key, NumberSetOrder::ByValue);
        }
        answer::write_consumed_capacity(body, request.consumed_capacity, reader.page.table.name.as_str(), || {
            consumed(reader.page.index, page, request.consistent)
        });
    });
    read?;
    Ok(body)
}

/// What was walked, rounded once; items fetched from the table for entries of a local index, rounded each.
pub(super) fn consumed(index: Option<&IndexState>, page: &Page, consistent: bool) -> Consumed {
    let walked = Units::read(page.walked_bytes, consistent);
    let Some(index) = index else { return Consumed::of_table(walked) };
    let fetched = page.fetched_bytes.iter().map(|&bytes| Units::read(bytes, consistent)).sum();
    let mut consumed = Consumed::of_table(fetched);
    consumed.add_index(index.kind, &index.name, walked);
    consumed
}
