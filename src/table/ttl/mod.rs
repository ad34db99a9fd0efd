//! Time to live: items that are deleted once the time in one of their attributes has passed.
//!
//! An item that has such a time has an entry in the table's expiry space, written by the write that writes the item, as an
//! index entry is. Entries are filed by time, so a sweep reads what is due and nothing else.
//!
//! ```text
//! partition  bucket u8: the top bits of the row's position      value  empty
//! sort       expiry u64 BE, seconds since 1970 | length of the row's partition u16 BE | the row's partition | its sort
//! ```

mod fill;
#[cfg(test)]
mod store_tests;
mod sweep;

use std::ops::Bound;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use kstone_engine::{Key, ScanRange, SpaceId, WriteBatch, position_of};

use super::key_codec::RowKey;
use crate::value::{ItemView, ValueView};

/// Entries are spread over so many engine partitions, so that writers of one table do not all meet in one stripe.
const BUCKET_COUNT: u8 = 16;

/// An item that expired longer ago than this is not deleted (developer guide, "TTL": five years).
const OLDEST_SECONDS: u64 = 5 * 365 * 24 * 3600;

/// The expiry index of a table for which time to live is enabled.
#[derive(Clone, Debug)]
pub(crate) struct Ttl {
    pub(crate) attribute: String,
    pub(crate) space: SpaceId,
    /// Whether the items that were there when it was enabled have their entries.
    pub(crate) is_filled: bool,
    pub(super) due: Arc<Due>,
}

/// The least time that an entry may have which no sweep has seen, in seconds since 1970. As long as it has not passed, there
/// is nothing to sweep.
#[derive(Debug)]
pub(super) struct Due(AtomicU64);

impl Due {
    fn note(&self, expiry: u64) {
        if expiry < self.0.load(Ordering::Relaxed) {
            self.0.fetch_min(expiry, Ordering::SeqCst);
        }
    }

    fn is_before(&self, seconds: u64) -> bool {
        self.0.load(Ordering::SeqCst) < seconds
    }

    fn take(&self) -> u64 {
        self.0.swap(u64::MAX, Ordering::SeqCst)
    }
}

impl Ttl {
    /// What the index holds is not known: the next sweep looks from the beginning.
    pub(super) fn new(attribute: String, space: SpaceId, is_filled: bool) -> Ttl {
        Ttl { attribute, space, is_filled, due: Arc::new(Due(AtomicU64::new(0))) }
    }

    /// When the item expires, in seconds since 1970. Only a number counts; what is before 1970 or beyond all time does not.
    pub(crate) fn expiry_of(&self, item: ItemView<'_>) -> Option<u64> {
        match item.get(&self.attribute)? {
            ValueView::N(number) => whole_seconds(&number.to_number().to_string()),
            _ => None,
        }
    }

    /// Moves the entry of a row that is written. Called under the latch of the row.
    pub(super) fn apply(
        &self,
        batch: &mut WriteBatch,
        row: &RowKey,
        old: Option<ItemView<'_>>,
        new: Option<ItemView<'_>>,
    ) {
        let expiry = |item: Option<ItemView<'_>>| item.and_then(|item| self.expiry_of(item));
        let (old, new) = (expiry(old), expiry(new));
        if old == new {
            return;
        }
        if let Some(expiry) = old {
            batch.delete(self.key(&[bucket_of(row)], &entry_sort(expiry, row)));
        }
        if let Some(expiry) = new {
            self.put(batch, row, expiry);
        }
    }

    fn put(&self, batch: &mut WriteBatch, row: &RowKey, expiry: u64) {
        batch.put(self.key(&[bucket_of(row)], &entry_sort(expiry, row)), &[]);
        // Noted before the commit: a sweep that takes the mark waits for whoever noted it.
        self.due.note(expiry);
    }

    fn key<'k>(&self, bucket: &'k [u8; 1], sort: &'k [u8]) -> Key<'k> {
        Key { space: self.space, partition: bucket, sort }
    }

    /// The entries of a bucket that expire at a time or later.
    fn range<'k>(&self, bucket: &'k [u8; 1], from: &'k [u8; 8]) -> ScanRange<'k> {
        ScanRange::Partition {
            space: self.space,
            partition: bucket,
            lower: Bound::Included(from),
            upper: Bound::Unbounded,
        }
    }
}

/// Whether an item with this time is to be deleted now.
fn is_expired(expiry: u64, now_seconds: u64) -> bool {
    expiry < now_seconds && expiry >= now_seconds.saturating_sub(OLDEST_SECONDS)
}

/// The number as DynamoDB writes it, without its fraction.
fn whole_seconds(number: &str) -> Option<u64> {
    number.split('.').next()?.parse().ok()
}

fn bucket_of(row: &RowKey) -> u8 {
    (position_of(&row.partition) >> 24) as u8 / (u8::MAX / BUCKET_COUNT + 1)
}

fn entry_sort(expiry: u64, row: &RowKey) -> Vec<u8> {
    let mut sort = Vec::with_capacity(10 + row.partition.len() + row.sort.len());
    sort.extend_from_slice(&expiry.to_be_bytes());
    // A partition key has at most 2,048 bytes.
    sort.extend_from_slice(&(row.partition.len() as u16).to_be_bytes());
    sort.extend_from_slice(&row.partition);
    sort.extend_from_slice(&row.sort);
    sort
}

/// Time and row of an entry; `None` when the bytes are not the key of one.
fn decode_sort(sort: &[u8]) -> Option<(u64, RowKey)> {
    let (expiry, rest) = sort.split_first_chunk()?;
    let (length, rest) = rest.split_first_chunk()?;
    let (partition, sort) = rest.split_at_checked(u16::from_be_bytes(*length).into())?;
    Some((u64::from_be_bytes(*expiry), RowKey { partition: partition.to_vec(), sort: sort.to_vec() }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{AttributeValue, Number, encode_item};
    use proptest::prelude::*;

    fn expiry(value: AttributeValue) -> Option<u64> {
        let item = encode_item(&[("exp".to_string(), value)].into_iter().collect());
        Ttl::new("exp".to_string(), 1, true).expiry_of(ItemView::parse(&item).unwrap())
    }

    #[test]
    fn only_numbers_say_when_an_item_expires() {
        let number = |text: &str| expiry(AttributeValue::N(Number::parse(text).unwrap()));
        assert_eq!(number("1790000000"), Some(1_790_000_000));
        assert_eq!(number("1.79e9"), Some(1_790_000_000));
        assert_eq!(number("1790000000.75"), Some(1_790_000_000));
        assert_eq!(number("0.5"), Some(0));
        assert_eq!(number("-5"), None);
        assert_eq!(number("1e30"), None);
        assert_eq!(expiry(AttributeValue::S("1790000000".to_string())), None);
        assert_eq!(expiry(AttributeValue::Null), None);
    }

    #[test]
    fn what_expired_more_than_five_years_ago_stays() {
        let now = 1_790_000_000;
        assert!(!is_expired(now, now), "this second is not over");
        assert!(is_expired(now - 1, now));
        assert!(is_expired(now - OLDEST_SECONDS, now));
        assert!(!is_expired(now - OLDEST_SECONDS - 1, now));
        assert!(!is_expired(0, now));
    }

    /// Databases hold entries of this form.
    #[test]
    fn the_form_of_an_entry() {
        let row = RowKey { partition: b"pk".to_vec(), sort: b"s".to_vec() };
        assert_eq!(entry_sort(0x0102, &row), [0, 0, 0, 0, 0, 0, 1, 2, 0, 2, b'p', b'k', b's']);
    }

    proptest! {
        #[test]
        fn entries_are_in_order_of_time_and_name_their_rows(a: u64, b: u64, partition: Vec<u8>, sort: Vec<u8>) {
            let row = RowKey { partition, sort };
            prop_assert_eq!(decode_sort(&entry_sort(a, &row)), Some((a, row.clone())));
            if a != b {
                prop_assert_eq!(entry_sort(a, &row).cmp(&entry_sort(b, &row)), a.cmp(&b));
            }
            prop_assert!(bucket_of(&row) < BUCKET_COUNT);
        }
    }
}
