//! A copy of the whole database in another folder, by hard links.

use std::path::Path;

use crate::core::Core;
use crate::manifest::Manifest;
use crate::{Error, sst, wal};

/// Makes the copy. It holds every commit up to the moment at which the log file is closed for it, and none after.
///
/// The files that are linked never change again: SSTs and closed WAL files. The manifest's lock is held meanwhile, because
/// a file that it names is deleted only after the manifest changed; commits go on.
pub(crate) fn checkpoint(core: &Core, target: &Path) -> Result<(), Error> {
    let Some(wal) = &core.wal else {
        return Err(Error::Unsupported { what: "a checkpoint of a database without a log" });
    };
    core.check_writable()?;
    let _pause = wal.pause_deletion();
    let mut manifest = core.manifest.lock();
    let mut state = manifest.state().clone();
    // Comes after the SSTs were listed: all that they hold is then in the closed files, or was before them.
    let files = {
        let mut writer = wal.writer();
        let closed = wal.close_active(&mut writer);
        if let Err(error) = closed {
            core.poison(&error);
            return Err(error);
        }
        wal.closed_files(&writer)
    };
    let folder = core.folder.make_folder(target)?;
    for meta in state.ssts.values() {
        core.folder.link(&sst::file_name(meta.stripe, meta.id), target)?;
    }
    for file in files.iter().filter(|file| file.id >= state.wal_first_file) {
        core.folder.link(&wal::file_name(file.id), target)?;
        state.last_seqno = state.last_seqno.max(file.last_seqno);
    }
    folder.sync()?;
    // File ids must not be used twice by the two, lest somebody mixes their files up.
    state.next_file_id = manifest.next_file_id();
    // The manifest comes last: without it, the folder does not open.
    Manifest::create(&folder, 0, state, core.options.manifest_bytes_min).map(|_| ())
}
