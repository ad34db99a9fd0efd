//! What the scenarios share: a seeded random source, and the ordered map that the engine is compared with.
#![allow(dead_code, unreachable_pub, unused_imports, reason = "every test binary uses a part of this")]

mod model;
mod random;
mod workload;

pub use model::{Model, assert_same, scan_all};
pub use random::Random;
pub use workload::{SPACES, Workload, options};
