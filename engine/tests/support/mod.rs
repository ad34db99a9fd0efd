//! What the scenarios share: a seeded random source, the ordered map that the engine is compared with, and ways to break
//! the disk.
#![allow(
    clippy::unwrap_used,
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "every test binary uses a part of this"
)]

mod dropped_space;
mod failing_calls;
mod flipped_bytes;
mod hooked_disk;
mod model;
mod model_run;
mod power_cuts;
mod random;
mod reused_seqnos;
#[cfg(feature = "shuttle")]
pub mod schedules;
mod unpublished_answer;
mod workload;

pub use dropped_space::a_dropped_space_stays_dropped;
pub use failing_calls::run_with_failing_calls;
pub use flipped_bytes::{flip_everything, flip_the_manifest};
pub use hooked_disk::HookedDisk;
pub use model::{Model, assert_same, scan_all};
pub use model_run::{Place, Storage, compare_with_model, tiny};
pub use power_cuts::{Outcome, enumerate_power_cuts};
pub use random::Random;
pub use reused_seqnos::a_commit_with_the_seqno_of_a_lost_one_is_kept;
pub use unpublished_answer::an_answer_waits_for_what_it_saw;
pub use workload::{SPACES, Workload, options};
