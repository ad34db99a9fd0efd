//! Bugs that can be switched on, to show that the tests catch them. Without the feature `planted-bugs` every question is
//! answered with a constant no, and nothing of this is left in the code.

/// A mistake that storage engines are known for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Bug {
    LogNotSynced = 1,
    FolderNotSynced,
    ManifestNotSynced,
    SstNotSynced,
    PublishedBeforeDurable,
    LogChecksumNotChecked,
    BlockChecksumNotChecked,
    TornEndNotCutOff,
    OtherStripesForgottenAtTruncation,
    FileDeletedBeforeManifest,
    FailedSyncIgnored,
    FailedWriteNotCutOff,
    TombstonesDroppedTooEarly,
    SnapshotsIgnoredByCompaction,
    DroppedSpaceNotRecorded,
    ReplayStartsTooLate,
    EmptyAnswerNotWaitedFor,
    HalfOfTheBatchInserted,
    AcknowledgedBeforeSync,
    SstNamedBeforeDurable,
    RecoveredLogNotSynced,
    DamagedLogAccepted,
    FlushedThroughUnpublished,
    GapNotWaitedFor,
    SeqnoReadBeforeView,
    LeadNotTriedAgain,
    OutcomeNotLookedAtAgain,
    ViewChangedWithoutLock,
    SealedThroughUninserted,
    PinnedAfterReading,
    LatchesReleasedTooEarly,
    ManifestAheadOfLog,
    LeadDroppedUnseen,
}

/// Those that a single thread can show, with crashes and failures.
pub const OF_ONE_THREAD: [Bug; 23] = [
    Bug::LogNotSynced,
    Bug::FolderNotSynced,
    Bug::ManifestNotSynced,
    Bug::SstNotSynced,
    Bug::PublishedBeforeDurable,
    Bug::LogChecksumNotChecked,
    Bug::BlockChecksumNotChecked,
    Bug::TornEndNotCutOff,
    Bug::OtherStripesForgottenAtTruncation,
    Bug::FileDeletedBeforeManifest,
    Bug::FailedSyncIgnored,
    Bug::FailedWriteNotCutOff,
    Bug::TombstonesDroppedTooEarly,
    Bug::SnapshotsIgnoredByCompaction,
    Bug::DroppedSpaceNotRecorded,
    Bug::ReplayStartsTooLate,
    Bug::EmptyAnswerNotWaitedFor,
    Bug::HalfOfTheBatchInserted,
    Bug::AcknowledgedBeforeSync,
    Bug::SstNamedBeforeDurable,
    Bug::RecoveredLogNotSynced,
    Bug::DamagedLogAccepted,
    Bug::FlushedThroughUnpublished,
];

/// Those that take threads, and an unlucky order of their steps.
pub const OF_SEVERAL_THREADS: [Bug; 10] = [
    Bug::GapNotWaitedFor,
    Bug::SeqnoReadBeforeView,
    Bug::LeadNotTriedAgain,
    Bug::OutcomeNotLookedAtAgain,
    Bug::ViewChangedWithoutLock,
    Bug::SealedThroughUninserted,
    Bug::PinnedAfterReading,
    Bug::LatchesReleasedTooEarly,
    Bug::ManifestAheadOfLog,
    Bug::LeadDroppedUnseen,
];

#[cfg(feature = "planted-bugs")]
#[allow(clippy::disallowed_types, reason = "a static outlives the schedules of a test")]
mod switch {
    use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

    use super::Bug;

    static ACTIVE: AtomicU8 = AtomicU8::new(0);
    /// How often the code came to the place of the active bug.
    static REACHED: AtomicU64 = AtomicU64::new(0);

    /// Switches one bug on in the whole process, and all others off.
    pub fn plant(bug: Option<Bug>) {
        ACTIVE.store(bug.map_or(0, |bug| bug as u8), Ordering::SeqCst);
        REACHED.store(0, Ordering::SeqCst);
    }

    /// How often the code came to the place of the bug that is on, since it was switched on. A bug whose place nothing
    /// comes to is not planted at all.
    pub fn reached_count() -> u64 {
        REACHED.load(Ordering::SeqCst)
    }

    pub(crate) fn is_planted(bug: Bug) -> bool {
        let is_active = ACTIVE.load(Ordering::Relaxed) == bug as u8;
        if is_active {
            REACHED.fetch_add(1, Ordering::Relaxed);
        }
        is_active
    }
}

#[cfg(feature = "planted-bugs")]
pub(crate) use switch::is_planted;
#[cfg(feature = "planted-bugs")]
pub use switch::{plant, reached_count};

#[cfg(not(feature = "planted-bugs"))]
#[inline(always)]
pub(crate) const fn is_planted(_: Bug) -> bool {
    false
}
