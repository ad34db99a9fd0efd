//! Reading everything that is on disk, and checking it.

use crate::core::Core;
use crate::{Error, manifest, sst, wal};

/// Reads every byte of every file and checks it. What is not durable yet is left out; it can not be told from a write that
/// is under way.
pub(crate) fn verify(core: &Core) -> Result<(), Error> {
    {
        let manifest = core.manifest.lock();
        manifest::verify(&core.folder, manifest.id(), manifest.len_bytes())?;
    }
    if let Some(wal) = &core.wal {
        let _pause = wal.pause_deletion();
        let files = wal.durable_files(&wal.writer());
        for (id, durable_len) in files {
            wal::verify(&core.folder, id, durable_len)?;
        }
    }
    for stripe in &core.stripes {
        let ssts = stripe.view().ssts.clone();
        ssts.iter().try_for_each(sst::verify)?;
    }
    Ok(())
}
