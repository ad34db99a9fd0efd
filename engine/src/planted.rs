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
}

/// All of them.
pub const ALL: [Bug; 18] = [
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
];

#[cfg(feature = "planted-bugs")]
static ACTIVE: std::sync::atomic::AtomicU8 = std::sync::atomic::AtomicU8::new(0);

/// Switches one bug on in the whole process, and all others off.
#[cfg(feature = "planted-bugs")]
pub fn plant(bug: Option<Bug>) {
    ACTIVE.store(bug.map_or(0, |bug| bug as u8), std::sync::atomic::Ordering::SeqCst);
}

#[cfg(feature = "planted-bugs")]
pub(crate) fn is_planted(bug: Bug) -> bool {
    ACTIVE.load(std::sync::atomic::Ordering::Relaxed) == bug as u8
}

#[cfg(not(feature = "planted-bugs"))]
#[inline(always)]
pub(crate) const fn is_planted(_: Bug) -> bool {
    false
}
