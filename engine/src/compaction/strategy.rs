//! Which SSTs of a stripe to merge. Pure: figures in, a choice out.

use std::ops::Range;

/// What the strategy knows of an SST.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) bytes: u64,
    pub(crate) entry_count: u64,
    /// Out of the entries, how many are tombstones that go when they meet what they hide: no reader is before them.
    pub(crate) idle_tombstone_count: u64,
    /// Keys and values, before compression.
    pub(crate) content_bytes: u64,
    /// Out of them, how many belong to spaces that nobody can see any more.
    pub(crate) dropped_bytes: u64,
}

/// An SST is rewritten when at least one part in so many is of dropped spaces. A greater number would rewrite more for the
/// same room; a smaller one would leave more of it.
const DROPPED_PARTS: u64 = 8;

/// Fewer SSTs are left alone by an engine that has nothing else to do, too: readers look into two without noticing.
const IDLE_TRIGGER: usize = 3;

/// An older SST joins a merge when it is not larger than this many times what was chosen so far. More would rewrite large
/// SSTs for little; less would leave many of similar size.
const SIZE_RATIO: u64 = 1;

/// Chooses neighbours in age; `runs` comes newest first. `None` when nothing is worth it.
pub(crate) fn choose(runs: &[Run], trigger: usize) -> Option<Range<usize>> {
    // Space of dropped spaces is reclaimed where it is.
    let is_mostly_dropped = |run: &Run| run.dropped_bytes > 0 && run.dropped_bytes * DROPPED_PARTS >= run.content_bytes;
    if let Some(run) = runs.iter().position(is_mostly_dropped) {
        return Some(run..run + 1);
    }
    // Tombstones go only when they meet what they hide, at the oldest. The merge begins with the first that can go: it
    // certainly makes all of them go that are counted, so it is not repeated for nothing.
    if let Some(first) = runs.iter().position(|run| run.idle_tombstone_count > 0) {
        let merged = &runs[first..];
        let tombstones: u64 = merged.iter().map(|run| run.idle_tombstone_count).sum();
        let entries: u64 = merged.iter().map(|run| run.entry_count).sum();
        if tombstones * 3 >= entries {
            return Some(first..runs.len());
        }
    }
    if runs.len() < trigger.max(2) {
        return None;
    }
    // When sizes grow too steeply, the newest are merged nevertheless: their number has to shrink.
    let end = end_of_similar(runs).max(runs.len() + 2 - trigger.max(2));
    Some(0..end)
}

/// Chooses neighbours in age when nothing else is to do: those of similar size at the newest end, so that a byte is
/// rewritten no more often than the stripe doubles.
pub(crate) fn choose_when_idle(runs: &[Run]) -> Option<Range<usize>> {
    let end = end_of_similar(runs);
    (runs.len() >= IDLE_TRIGGER && end > 1).then_some(0..end)
}

/// How many of the newest are merged without rewriting a much larger one.
fn end_of_similar(runs: &[Run]) -> usize {
    let mut chosen_bytes = runs.first().map_or(0, |run| run.bytes);
    let mut end = runs.len().min(1);
    while end < runs.len() && runs[end].bytes <= chosen_bytes * SIZE_RATIO {
        chosen_bytes += runs[end].bytes;
        end += 1;
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(sizes: &[u64]) -> Vec<Run> {
        sizes.iter().map(|&bytes| Run { bytes, entry_count: bytes, content_bytes: bytes, ..Run::default() }).collect()
    }

    #[test]
    fn few_runs_are_left_alone() {
        assert_eq!(choose(&runs(&[]), 4), None);
        assert_eq!(choose(&runs(&[1, 1, 1]), 4), None);
    }

    #[test]
    fn runs_of_similar_size_are_merged_and_a_much_larger_one_is_not() {
        assert_eq!(choose(&runs(&[1, 1, 1, 1]), 4), Some(0..4));
        assert_eq!(choose(&runs(&[1, 1, 1, 100]), 4), Some(0..3));
    }

    #[test]
    fn an_idle_engine_merges_what_is_of_similar_size_only() {
        assert_eq!(choose_when_idle(&runs(&[])), None);
        assert_eq!(choose_when_idle(&runs(&[1, 1])), None);
        assert_eq!(choose_when_idle(&runs(&[1, 1, 1])), Some(0..3));
        assert_eq!(choose_when_idle(&runs(&[1, 1, 100])), Some(0..2));
        assert_eq!(choose_when_idle(&runs(&[1, 10, 100])), None);
    }

    #[test]
    fn what_an_idle_engine_writes_grows_with_the_logarithm_of_the_data() {
        let (mut sizes, mut written) = (Vec::new(), 0);
        for _ in 0..1_024 {
            sizes.insert(0, 1);
            while let Some(chosen) = choose_when_idle(&runs(&sizes)) {
                let merged: u64 = sizes.drain(chosen).sum();
                written += merged;
                sizes.insert(0, merged);
            }
        }
        assert!(sizes.len() <= 10, "{sizes:?}");
        assert!(written <= 10 * 1_024, "{written}");
    }

    #[test]
    fn the_number_of_runs_shrinks_however_steep_the_sizes() {
        let mut sizes = vec![1, 10, 100, 1_000, 10_000, 100_000];
        let chosen = choose(&runs(&sizes), 4).unwrap();
        sizes.drain(chosen.clone());
        assert!(sizes.len() + 1 < 4, "{chosen:?}");
    }

    #[test]
    fn many_tombstones_meet_what_they_hide() {
        let mut mixed = runs(&[10, 30]);
        assert_eq!(choose(&mixed, 10), None);
        mixed[0] = Run { idle_tombstone_count: 20, entry_count: 20, ..mixed[0] };
        assert_eq!(choose(&mixed, 10), Some(0..2));
    }

    #[test]
    fn what_is_newer_than_the_tombstones_that_can_go_is_left_out() {
        let mut mixed = runs(&[10, 10, 30]);
        mixed[1].idle_tombstone_count = 10;
        assert_eq!(choose(&mixed, 10), None);
        mixed[2].idle_tombstone_count = 10;
        assert_eq!(choose(&mixed, 10), Some(1..3));
    }

    #[test]
    fn a_run_that_holds_much_of_dropped_spaces_is_rewritten_alone() {
        let mut mixed = runs(&[10, 30, 50]);
        mixed[1].dropped_bytes = 3;
        assert_eq!(choose(&mixed, 10), None);
        mixed[1].dropped_bytes = 4;
        assert_eq!(choose(&mixed, 10), Some(1..2));
    }
}
