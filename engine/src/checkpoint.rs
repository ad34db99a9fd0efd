//! A copy of the whole database in another folder, by hard links.

use std::path::Path;

use crate::core::Core;
use crate::io::Folder;
use crate::manifest::{Manifest, State};
use crate::wal::{ClosedFile, Wal};
use crate::{Error, sst, wal};

/// A folder with a file of this name is no database: it is an unfinished copy of one.
pub(crate) const UNFINISHED_NAME: &str = "UNFINISHED";

/// Makes the copy. It holds every commit up to the moment at which the log file is closed for it, and none after.
///
/// The files that are linked never change again: SSTs and closed WAL files. The manifest's lock is held meanwhile, because
/// a file that it names is deleted only after the manifest changed; commits go on.
pub(crate) fn checkpoint(core: &Core, target: &Path) -> Result<(), Error> {
    let Some(wal) = &core.wal else {
        return Err(Error::Unsupported { what: "a checkpoint of a database without a log" });
    };
    core.check_writable()?;
    // Poisoning wakes those who wait, so no lock is held then.
    copy(core, wal, target).map_err(|failure| match failure {
        Failure::OfLog(error) => {
            core.poison(&error);
            error
        }
        Failure::OfCopy(error) => error,
    })
}

/// What a failed copy means for the database that was to be copied.
enum Failure {
    /// It can't be written any more.
    OfLog(Error),
    /// Nothing.
    OfCopy(Error),
}

fn copy(core: &Core, wal: &Wal, target: &Path) -> Result<(), Failure> {
    let _pause = wal.pause_deletion();
    let mut manifest = core.manifest.lock();
    let mut state = manifest.state().clone();
    // Comes after the SSTs were listed: all that they hold is then in the closed files, or was before them.
    let files = {
        let mut writer = wal.writer();
        wal.close_active(&mut writer).map_err(Failure::OfLog)?;
        wal.closed_files(&writer)
    };
    // File ids must not be used twice by the two, lest somebody mixes their files up.
    state.next_file_id = manifest.next_file_id();
    let folder = core.folder.make_folder(target).map_err(Failure::OfCopy)?;
    fill(core, &folder, target, state, &files).map_err(|error| {
        // What is left if this fails, too, does not open.
        let _ = remove(core, &folder, target);
        Failure::OfCopy(error)
    })
}

fn fill(core: &Core, folder: &Folder, target: &Path, mut state: State, files: &[ClosedFile]) -> Result<(), Error> {
    folder.create(UNFINISHED_NAME)?;
    folder.sync()?;
    for meta in state.ssts.values() {
        core.folder.link(&sst::file_name(meta.stripe, meta.id), target)?;
    }
    for file in files.iter().filter(|file| file.id >= state.wal_first_file) {
        core.folder.link(&wal::file_name(file.id), target)?;
        state.last_seqno = state.last_seqno.max(file.last_seqno);
    }
    folder.sync()?;
    Manifest::create(folder, 0, state, core.options.manifest_bytes_min)?;
    folder.remove(UNFINISHED_NAME)?;
    folder.sync()
}

/// Removes an unfinished copy. What says that it is one goes last.
fn remove(core: &Core, folder: &Folder, target: &Path) -> Result<(), Error> {
    let names = folder.list()?;
    names.iter().filter(|name| *name != UNFINISHED_NAME).try_for_each(|name| folder.remove(name))?;
    if names.iter().any(|name| name == UNFINISHED_NAME) {
        folder.sync()?;
        folder.remove(UNFINISHED_NAME)?;
    }
    core.folder.remove_folder(target)
}
