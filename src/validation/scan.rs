//! Scan's request.

use super::read::ReadRequest;

#[derive(Debug)]
pub struct Scan {
    pub read: ReadRequest,
    pub segment: Segment,
}

/// The part of the table that one worker of a parallel Scan reads: `index` of `total`, 0 of 1 being all of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    pub index: u32,
    /// 1 to 1,000,000.
    pub total: u32,
}
