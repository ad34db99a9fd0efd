//! How many files and sockets the system lets this process open, and how they are shared out.
//!
//! A process that runs out of them cannot open a data file, which ends in failed requests and, during a flush, in a stopped
//! engine. So the limit is raised as far as the system allows, and what does not fit under it is not opened.

/// Standard streams, the log, the lock, the manifest, what the runtime needs, and room for compactions.
const OTHERS: usize = 96;
const DATA_FILES_MAX: usize = 512;
const DATA_FILES_MIN: usize = 16;

/// Who may open how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shares {
    pub connections_max: usize,
    pub data_files_max: usize,
}

/// Raises the limit and shares it out; of the connections that are wanted there may be fewer.
pub fn share(connections_wanted: usize) -> Shares {
    shares_of(raise(), connections_wanted)
}

fn shares_of(limit: usize, connections_wanted: usize) -> Shares {
    let left = limit.saturating_sub(OTHERS);
    let data_files_max = (left / 2).clamp(DATA_FILES_MIN, DATA_FILES_MAX);
    let connections_max = left.saturating_sub(data_files_max).max(1).min(connections_wanted);
    Shares { connections_max, data_files_max }
}

#[cfg(unix)]
fn raise() -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    // Refused on some systems whose hard limit is only nominal; the soft one then stays.
    let raised = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum }).is_ok();
    let current = if raised { limit.maximum } else { limit.current };
    current.map_or(usize::MAX, |current| usize::try_from(current).unwrap_or(usize::MAX))
}

#[cfg(not(unix))]
fn raise() -> usize {
    usize::MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_fits_under_the_limit() {
        for (limit, wanted, connections_max, data_files_max) in
            [(usize::MAX, 1000, 1000, 512), (1024, 1000, 464, 464), (256, 1000, 80, 80), (64, 1000, 1, 16)]
        {
            assert_eq!(shares_of(limit, wanted), Shares { connections_max, data_files_max }, "{limit}");
        }
    }
}
