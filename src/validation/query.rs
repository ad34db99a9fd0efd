//! Query's request.

use super::read::ReadRequest;
use crate::expression::KeyCondition;

#[derive(Debug)]
pub struct Query {
    pub read: ReadRequest,
    pub key_condition: KeyCondition,
    /// `ScanIndexForward`, true unless given.
    pub forward: bool,
}
