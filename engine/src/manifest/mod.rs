//! The manifest: which SSTs exist, and what else must survive besides entries.

mod edit;
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing;
mod log;
mod state;

pub(crate) use edit::{Edit, SpaceShare, SstMeta};
pub(crate) use log::{Manifest, check_never_used, file_name, load, parse_file_name, verify};
pub(crate) use state::State;
