//! What a `ClientRequestToken` leaves behind: for ten minutes a second call with it is not carried out again. Rows in
//! the catalog's space, written in the batch of the transaction itself, so that they are as durable as it is:
//!
//! ```text
//! partition "token" 00 access key 00 Region 00 operation 00 token    sort empty
//!     version u8 | completed at, ms since 1970, u64 LE | digest of the request, 32 bytes | bytes of each image, u32 LE
//! partition "token-expiry"    sort completed at, u64 BE, then the partition of the token's row    empty
//! ```
//!
//! The first row is latched with the items of the transaction: of several first calls at once one runs and the others
//! find its row. The second kind lists tokens by age. Each transaction with a token takes two expired ones along, so
//! that they go as fast as new ones come, and finding them reads nothing but them.

use std::collections::VecDeque;
use std::ops::Bound;

use kstone_engine::{Direction, ScanRange};

use super::Store;
use super::catalog::CATALOG_SPACE;
use super::error::StoreError;
use super::key_codec::RowKey;
use super::state::Namespace;
use crate::protocol::Operation;

/// From the completion of the first call (service model).
pub(crate) const TOKEN_LIFE_MILLIS: u64 = 10 * 60 * 1000;

const VERSION: u8 = 1;
const DIGEST_BYTES: usize = 32;
const HEADER_BYTES: usize = 1 + 8 + DIGEST_BYTES;
const EXPIRY: &[u8] = b"token-expiry";

/// How many expired tokens one transaction takes along, how many are looked up at a time, and for how long none are
/// looked for after all that there were have been found.
const EXPIRED_PER_TRANSACTION: usize = 2;
const EXPIRED_PER_LOOKUP: usize = 256;
const LOOKUP_PAUSE_MILLIS: u64 = 1000;

/// A request's token, and what it is about to be used for.
#[derive(Debug, Clone)]
pub(crate) struct TokenUse {
    row: RowKey,
    digest: [u8; DIGEST_BYTES],
}

/// What the first call with a token did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TokenRecord {
    pub(crate) completed_at: u64,
    digest: [u8; DIGEST_BYTES],
    /// For each action, the larger of its item before and after.
    pub(crate) image_bytes: Vec<u32>,
}

/// What a token says about a call.
#[derive(Debug)]
pub(crate) enum TokenState {
    /// Nobody has used it in the last ten minutes. `stale`: a record from before that.
    Unused {
        stale: Option<TokenRecord>,
    },
    /// This request has been carried out.
    Done(TokenRecord),
    OtherRequest,
}

impl TokenUse {
    /// Tokens are a caller's own, and each operation has its own (behaviours.md 74).
    pub(crate) fn new(
        namespace: &Namespace,
        operation: Operation,
        token: &str,
        digest: [u8; DIGEST_BYTES],
    ) -> TokenUse {
        let parts = ["token", &*namespace.access_key, &*namespace.region, operation.as_str(), token];
        TokenUse { row: RowKey { partition: parts.join("\0").into_bytes(), sort: Vec::new() }, digest }
    }

    pub(crate) fn row(&self) -> &RowKey {
        &self.row
    }

    pub(crate) fn state(&self, stored: Option<&[u8]>, now: u64) -> Result<TokenState, StoreError> {
        let Some(record) = stored.map(TokenRecord::decode).transpose()? else {
            return Ok(TokenState::Unused { stale: None });
        };
        if now >= record.completed_at.saturating_add(TOKEN_LIFE_MILLIS) {
            return Ok(TokenState::Unused { stale: Some(record) });
        }
        Ok(if record.digest == self.digest { TokenState::Done(record) } else { TokenState::OtherRequest })
    }

    /// The rows of a call that is carried out now.
    pub(crate) fn rows(
        &self,
        now: u64,
        image_bytes: Vec<u32>,
        stale: Option<&TokenRecord>,
    ) -> Vec<(RowKey, Option<Vec<u8>>)> {
        let record = TokenRecord { completed_at: now, digest: self.digest, image_bytes };
        let mut rows = Vec::with_capacity(3);
        rows.extend(stale.map(|stale| (expiry_row(stale.completed_at, &self.row.partition), None)));
        rows.push((self.row.clone(), Some(record.encode())));
        rows.push((expiry_row(now, &self.row.partition), Some(Vec::new())));
        rows
    }
}

impl TokenRecord {
    fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(HEADER_BYTES + 4 * self.image_bytes.len());
        out.push(VERSION);
        out.extend_from_slice(&self.completed_at.to_le_bytes());
        out.extend_from_slice(&self.digest);
        self.image_bytes.iter().for_each(|bytes| out.extend_from_slice(&bytes.to_le_bytes()));
        out
    }

    fn decode(bytes: &[u8]) -> Result<TokenRecord, StoreError> {
        let corrupt = |what: &str| StoreError::CorruptCatalog { what: format!("record of a request token: {what}") };
        let (header, images) = bytes.split_at_checked(HEADER_BYTES).ok_or_else(|| corrupt("too short"))?;
        let (version, rest) = header.split_first().ok_or_else(|| corrupt("empty"))?;
        if *version != VERSION {
            return Err(corrupt(&format!("version {version}; this program reads {VERSION}")));
        }
        let (completed_at, digest) = rest.split_first_chunk::<8>().ok_or_else(|| corrupt("too short"))?;
        let digest = digest.try_into().map_err(|_| corrupt("no digest"))?;
        let images = images.chunks(4).map(|image| image.try_into().map(u32::from_le_bytes));
        let image_bytes =
            images.collect::<Result<_, _>>().map_err(|_| corrupt("its images end in the middle of one"))?;
        Ok(TokenRecord { completed_at: u64::from_le_bytes(*completed_at), digest, image_bytes })
    }
}

/// A token whose time is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ExpiredToken {
    completed_at: u64,
    pub(crate) row: RowKey,
}

impl ExpiredToken {
    /// The rows that go, `stored` being what the token's own row holds: it may have been used again.
    pub(crate) fn removals(&self, stored: Option<&[u8]>) -> Vec<(RowKey, Option<Vec<u8>>)> {
        let mut rows = vec![(expiry_row(self.completed_at, &self.row.partition), None)];
        // A record that can't be read is not this one's to remove.
        let is_same = stored
            .and_then(|stored| TokenRecord::decode(stored).ok())
            .is_some_and(|record| record.completed_at == self.completed_at);
        if is_same {
            rows.push((self.row.clone(), None));
        }
        rows
    }
}

/// Expired tokens that were found and not yet taken along.
#[derive(Debug, Default)]
pub(super) struct ExpiredTokens {
    found: VecDeque<ExpiredToken>,
    /// The sort part of the last expiry row that was found. What lies before it has been taken or is in `found`.
    last_found: Vec<u8>,
    next_lookup_at: u64,
}

impl Store {
    /// Expired tokens for one transaction to remove. Whoever does not remove them gives them back.
    pub(crate) fn take_expired_tokens(&self, now: u64) -> Result<Vec<ExpiredToken>, StoreError> {
        let mut expired = self.shared.expired_tokens.lock();
        if expired.found.is_empty() && now >= expired.next_lookup_at {
            self.look_up_expired(&mut expired, now)?;
        }
        let count = expired.found.len().min(EXPIRED_PER_TRANSACTION);
        Ok(expired.found.drain(..count).collect())
    }

    pub(crate) fn give_back_expired_tokens(&self, tokens: Vec<ExpiredToken>) {
        self.shared.expired_tokens.lock().found.extend(tokens);
    }

    fn look_up_expired(&self, expired: &mut ExpiredTokens, now: u64) -> Result<(), StoreError> {
        let Some(newest) = now.checked_sub(TOKEN_LIFE_MILLIS) else { return Ok(()) };
        let beyond = newest.saturating_add(1).to_be_bytes();
        let last_found = expired.last_found.clone();
        let lower = if last_found.is_empty() { Bound::Unbounded } else { Bound::Excluded(last_found.as_slice()) };
        let range =
            ScanRange::Partition { space: CATALOG_SPACE, partition: EXPIRY, lower, upper: Bound::Excluded(&beyond) };
        let snapshot = self.engine().snapshot();
        let mut rows = self.engine().scan(&snapshot, range, Direction::Forward);
        while expired.found.len() < EXPIRED_PER_LOOKUP {
            let Some(row) = rows.next()? else {
                expired.next_lookup_at = now.saturating_add(LOOKUP_PAUSE_MILLIS);
                return Ok(());
            };
            let corrupt =
                || StoreError::CorruptCatalog { what: "an expiry of a request token has no time".to_string() };
            let (completed_at, partition) = row.sort.split_first_chunk::<8>().ok_or_else(corrupt)?;
            expired.found.push_back(ExpiredToken {
                completed_at: u64::from_be_bytes(*completed_at),
                row: RowKey { partition: partition.to_vec(), sort: Vec::new() },
            });
            expired.last_found = row.sort.to_vec();
        }
        Ok(())
    }
}

fn expiry_row(completed_at: u64, token_partition: &[u8]) -> RowKey {
    RowKey { partition: EXPIRY.to_vec(), sort: [&completed_at.to_be_bytes(), token_partition].concat() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(text: &str, digest: u8) -> TokenUse {
        let namespace = Namespace { access_key: "key".into(), region: "us-east-1".into() };
        TokenUse::new(&namespace, Operation::TransactWriteItems, text, [digest; DIGEST_BYTES])
    }

    /// What the rows of a call leave in the row of its token.
    fn stored(rows: &[(RowKey, Option<Vec<u8>>)], token: &TokenUse) -> Option<Vec<u8>> {
        rows.iter().find(|(key, _)| key == token.row()).and_then(|(_, content)| content.clone())
    }

    #[test]
    fn a_token_stands_for_one_request_for_ten_minutes() {
        let (first, other) = (token("t", 1), token("t", 2));
        let left = stored(&first.rows(1_000, vec![7, 9], None), &first);
        let state = |token: &TokenUse, now| token.state(left.as_deref(), now).unwrap();
        assert!(matches!(state(&first, 1_000), TokenState::Done(record) if record.image_bytes == [7, 9]));
        assert!(matches!(state(&other, 1_000), TokenState::OtherRequest));
        assert!(matches!(state(&first, 1_000 + TOKEN_LIFE_MILLIS - 1), TokenState::Done(_)));
        assert!(matches!(state(&other, 1_000 + TOKEN_LIFE_MILLIS), TokenState::Unused { stale: Some(_) }));
        assert!(matches!(first.state(None, 1_000).unwrap(), TokenState::Unused { stale: None }));
    }

    #[test]
    fn a_token_that_is_used_again_replaces_its_expiry() {
        let token = token("t", 1);
        let first = token.rows(5, vec![], None);
        let record = TokenRecord::decode(stored(&first, &token).as_deref().unwrap()).unwrap();
        let second = token.rows(1_000_000, vec![], Some(&record));
        assert!(second.contains(&(expiry_row(5, &token.row.partition), None)));
        assert!(second.contains(&(expiry_row(1_000_000, &token.row.partition), Some(vec![]))));
        let expired = ExpiredToken { completed_at: 5, row: token.row.clone() };
        assert_eq!(expired.removals(stored(&second, &token).as_deref()).len(), 1, "the newer use stays");
        assert_eq!(expired.removals(stored(&first, &token).as_deref()).len(), 2);
        assert_eq!(expired.removals(None).len(), 1);
    }

    #[test]
    fn damaged_records_are_errors() {
        let token = token("t", 1);
        let good = stored(&token.rows(5, vec![1], None), &token).unwrap();
        assert!(TokenRecord::decode(&good).is_ok());
        for bad in [&good[..0], &good[..good.len() - 1], &good[..HEADER_BYTES - 1], &[&[9], &good[1..]].concat()] {
            assert!(TokenRecord::decode(bad).is_err());
        }
    }

    #[test]
    fn tokens_belong_to_caller_region_and_operation() {
        let namespace = |key: &str, region: &str| Namespace { access_key: key.into(), region: region.into() };
        let digest = [0; DIGEST_BYTES];
        let rows = [
            TokenUse::new(&namespace("a", "r"), Operation::TransactWriteItems, "t", digest),
            TokenUse::new(&namespace("b", "r"), Operation::TransactWriteItems, "t", digest),
            TokenUse::new(&namespace("a", "s"), Operation::TransactWriteItems, "t", digest),
            TokenUse::new(&namespace("a", "r"), Operation::ExecuteTransaction, "t", digest),
        ];
        for (place, one) in rows.iter().enumerate() {
            assert!(rows[..place].iter().all(|other| other.row() != one.row()));
        }
    }
}
