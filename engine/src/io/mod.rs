//! The one seam to the outside: disk, time and thread starts. Lints ban the calls of `std` everywhere else.

mod clock;
mod disk;
mod faulty;
mod file;
mod folder;
mod memory;
mod thread;

pub use clock::{Clock, ManualClock, SystemClock};
pub use disk::{Disk, DiskFile, DiskLock};
pub use faulty::{FailedCall, Failing, Fault, FaultyDisk, PowerCut, PowerCuts, Survivors};
pub use file::FileDisk;
pub(crate) use folder::{File, Folder};
pub use memory::MemoryDisk;
pub(crate) use thread::start_thread;
