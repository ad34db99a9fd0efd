//! Ranges: cursors over the sources of a stripe, merged, reduced to what a snapshot sees, and joined over stripes.

mod bounds;
mod cursor;
mod merge;
mod scan;
mod visible;

pub use bounds::{Direction, ScanRange};
pub(crate) use cursor::Cursor;
pub(crate) use merge::Merge;
pub use scan::{Row, Scan};
