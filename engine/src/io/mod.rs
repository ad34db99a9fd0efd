//! The one seam to the outside: disk, time, randomness and thread starts.

mod clock;
mod file;
mod memory;

use std::fmt::Debug;

pub use clock::{Clock, ManualClock, SystemClock};
pub use file::FileDisk;
pub use memory::MemoryDisk;

/// A place that holds the files of one database.
pub trait Disk: Debug + Send + Sync + 'static {}
