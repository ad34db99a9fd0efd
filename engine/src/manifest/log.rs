//! The bytes of a manifest file: a file header, then records back to back.
//!
//! ```text
//!  0  payload length u32 LE
//!  4  crc32c u32 LE of: file id u64 LE, offset of the record u64 LE, bytes 0..4, payload
//!  8  payload: edits, which happen all or not at all
//! ```
//!
//! The first record holds the whole state when the file was made. A file that is mostly history is replaced: the next one
//! is written and made durable, then the old one is removed. The newest file whose first record is whole counts, so the
//! change from one to the next needs no rename.

use std::sync::Arc;

use super::{Edit, State};
use crate::Error;
use crate::encoding::{Decoder, Patience};
use crate::file_header::{FileKind, HEADER_BYTES};
use crate::io::{File, Folder};
use crate::planted::{Bug, is_planted};

pub(super) const MANIFEST_FILE: FileKind = FileKind { magic: u64::from_be_bytes(*b"KSTN-MAN"), version: 2 };
const RECORD_HEADER_BYTES: usize = 8;
/// A manifest is replaced when it is this many times as large as it would be if it were new.
const REWRITE_FACTOR: u64 = 4;

pub(crate) fn file_name(id: u64) -> String {
    format!("{id:010}.manifest")
}

pub(crate) fn parse_file_name(name: &str) -> Option<u64> {
    let id = name.strip_suffix(".manifest")?.parse().ok()?;
    (file_name(id) == name).then_some(id)
}

/// The manifest that edits are added to.
pub(crate) struct Manifest {
    folder: Folder,
    /// A smaller one is not replaced.
    rewrite_bytes_min: u64,
    id: u64,
    file: File,
    len: u64,
    /// How long the file was when it was new.
    base_len: u64,
    state: State,
    /// What ended all writing to it.
    failure: Option<Error>,
}

/// What a folder's manifest says; nothing was changed yet.
pub(crate) struct Loaded {
    manifest: Manifest,
    ids: Vec<u64>,
    is_torn: bool,
}

/// Reads the newest whole manifest; `None` when there is none.
pub(crate) fn load(folder: &Folder, ids: &[u64], rewrite_bytes_min: u64) -> Result<Option<Loaded>, Error> {
    for &id in ids.iter().rev() {
        let file = folder.open(&file_name(id))?;
        let bytes = file.read(0, file.len_bytes()? as usize)?;
        let Some(contents) = read_file(&file, id, &bytes)? else { continue };
        let is_torn = contents.len < bytes.len();
        let manifest = Manifest {
            folder: folder.clone(),
            rewrite_bytes_min,
            id,
            file,
            len: contents.len as u64,
            base_len: contents.base_len as u64,
            state: contents.state,
            failure: None,
        };
        return Ok(Some(Loaded { manifest, ids: ids.to_vec(), is_torn }));
    }
    Ok(None)
}

impl Loaded {
    pub(crate) fn state(&self) -> &State {
        &self.manifest.state
    }

    /// The error when files are missing that the manifest names. What it says was true once; with a torn end that is no
    /// interrupted edit: what was deleted on account of an edit was deleted after the edit was durable.
    pub(crate) fn error_of_missing(&self, name: &str) -> Error {
        match self.is_torn {
            true => damaged(&self.manifest.file, self.manifest.len as usize),
            false => Error::Corrupt { file: name.to_owned(), offset: 0, what: "the file is missing".to_owned() },
        }
    }

    pub(crate) fn is_torn(&self) -> bool {
        self.is_torn
    }

    /// Continues the manifest. A torn end is the rest of an edit that nobody relied on; the manifest is then replaced, so
    /// that new edits never follow a torn one. One without is synced before it is believed, as it may have been in the page
    /// cache only.
    pub(crate) fn adopt(self) -> Result<Manifest, Error> {
        let Loaded { mut manifest, ids, is_torn } = self;
        let last_id = ids.last().copied().unwrap_or(manifest.id);
        if is_torn || last_id != manifest.id {
            manifest.id = last_id;
            manifest.write_next_file()?;
        } else {
            manifest.file.sync()?;
            manifest.folder.sync()?;
        }
        for id in ids.into_iter().filter(|id| *id != manifest.id) {
            manifest.folder.remove(&file_name(id))?;
        }
        Ok(manifest)
    }
}

struct Contents {
    state: State,
    len: usize,
    base_len: usize,
}

/// Checks that each of these files, none of which has a whole beginning, can be what the interrupted creation of a database
/// left. A crash leaves any part of what was written, with zeros in between; and what is written first is always the same.
/// Anything else was a database, and must not be taken for a new one.
pub(crate) fn check_never_used(folder: &Folder, ids: &[u64]) -> Result<(), Error> {
    for &id in ids {
        let file = folder.open(&file_name(id))?;
        let written = encode_file(id, &State::default());
        let found = file.read(0, file.len_bytes()? as usize)?;
        let differs = |(at, byte): (usize, &u8)| *byte != 0 && written.get(at) != Some(byte);
        if found.len() > written.len() || found.iter().enumerate().any(differs) {
            MANIFEST_FILE.check_header(&file, id, &found)?;
            return Err(damaged(&file, HEADER_BYTES));
        }
    }
    Ok(())
}

fn damaged(file: &File, at: usize) -> Error {
    file.corrupt(at as u64, "the manifest record is damaged")
}

/// Reads a manifest; `None` when its beginning is not whole and nothing follows. Then its creation was interrupted, or it
/// says no more than the one before it: that one is removed only when this one is durable.
fn read_file(file: &File, id: u64, bytes: &[u8]) -> Result<Option<Contents>, Error> {
    match MANIFEST_FILE.check_header(file, id, bytes) {
        // Without its header, the first record may be there: both are written at once.
        Err(error @ Error::Corrupt { .. }) => {
            return if is_any_record_behind(bytes, id, HEADER_BYTES) { Err(error) } else { Ok(None) };
        }
        checked => checked?,
    }
    let mut state = State::default();
    let mut at = HEADER_BYTES;
    let mut base_len = 0;
    while let Some(payload) = decode_record(&bytes[at..], id, at as u64) {
        let mut decoder = Decoder::new(payload);
        while !decoder.is_at_end() {
            match Edit::decode(&mut decoder) {
                Some(edit) => state.apply(&edit),
                None => return Err(file.corrupt(at as u64, "the manifest edit is unknown")),
            }
        }
        at += RECORD_HEADER_BYTES + payload.len();
        if base_len == 0 {
            base_len = at;
        }
    }
    // Records are synced one by one, so nothing valid can follow one that a crash cut off.
    if is_any_record_behind(bytes, id, at) {
        return Err(damaged(file, at));
    }
    Ok((base_len > 0).then_some(Contents { state, len: at, base_len }))
}

fn is_any_record_behind(bytes: &[u8], id: u64, at: usize) -> bool {
    let mut patience = Patience::with(bytes);
    for behind in at + 1..bytes.len() {
        let Some(len) = Decoder::new(&bytes[behind..]).u32() else { return false };
        let starts_with_edit = bytes.get(behind + RECORD_HEADER_BYTES).is_some_and(|kind| Edit::KINDS.contains(kind));
        if !starts_with_edit || len as usize > bytes.len() - behind {
            continue;
        }
        if decode_record(&bytes[behind..], id, behind as u64).is_some() {
            return true;
        }
        if !patience.lasts_after(len as usize) {
            return false;
        }
    }
    false
}

/// Checks the part of a manifest that was durable at some time.
pub(crate) fn verify(folder: &Folder, id: u64, durable_len: u64) -> Result<(), Error> {
    let file = folder.open(&file_name(id))?;
    let bytes = file.read_exact(0, durable_len as usize)?;
    match read_file(&file, id, &bytes)? {
        Some(contents) if contents.len == bytes.len() => Ok(()),
        contents => {
            let at = contents.map_or(HEADER_BYTES, |contents| contents.len);
            Err(damaged(&file, at))
        }
    }
}

impl Manifest {
    /// Starts the manifest of a new database. `last_id` is the greatest id that an interrupted start left behind.
    pub(crate) fn create(
        folder: &Folder,
        last_id: u64,
        state: State,
        rewrite_bytes_min: u64,
    ) -> Result<Manifest, Error> {
        let id = last_id + 1;
        let (file, len) = write_file(folder, id, &state)?;
        Ok(Manifest { folder: folder.clone(), rewrite_bytes_min, id, file, len, base_len: len, state, failure: None })
    }

    pub(crate) fn state(&self) -> &State {
        &self.state
    }

    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    pub(crate) fn len_bytes(&self) -> u64 {
        self.len
    }

    /// A file id that was never used.
    pub(crate) fn next_file_id(&mut self) -> u64 {
        let id = self.state.next_file_id;
        self.state.next_file_id += 1;
        id
    }

    /// Makes the edits durable, all or none. After a failure nothing is tried again.
    pub(crate) fn commit(&mut self, edits: &[Edit]) -> Result<(), Error> {
        if let Some(failure) = &self.failure {
            return Err(Error::Poisoned { cause: Arc::new(failure.clone()) });
        }
        let outcome = self.append(edits);
        self.failure = outcome.clone().err();
        outcome
    }

    fn append(&mut self, edits: &[Edit]) -> Result<(), Error> {
        let mut record = Vec::new();
        let edits = [edits, &[Edit::NextFileId(self.state.next_file_id)]].concat();
        encode_record(&mut record, self.id, self.len, &edits);
        self.file.write(self.len, &record)?;
        if !is_planted(Bug::ManifestNotSynced) {
            self.file.sync()?;
        }
        self.len += record.len() as u64;
        edits.iter().for_each(|edit| self.state.apply(edit));
        if self.len >= self.rewrite_bytes_min && self.len > self.base_len * REWRITE_FACTOR {
            let obsolete = file_name(self.id);
            self.write_next_file()?;
            self.folder.remove(&obsolete)?;
        }
        Ok(())
    }

    fn write_next_file(&mut self) -> Result<(), Error> {
        let id = self.id + 1;
        let (file, len) = write_file(&self.folder, id, &self.state)?;
        (self.id, self.file, self.len, self.base_len) = (id, file, len, len);
        Ok(())
    }
}

/// Writes a manifest with the whole state; it is durable when this returns.
fn write_file(folder: &Folder, id: u64, state: &State) -> Result<(File, u64), Error> {
    let file = folder.create(&file_name(id))?;
    let bytes = encode_file(id, state);
    file.write(0, &bytes)?;
    file.sync()?;
    folder.sync()?;
    Ok((file, bytes.len() as u64))
}

fn encode_file(id: u64, state: &State) -> Vec<u8> {
    let mut bytes = MANIFEST_FILE.encode_header(id).to_vec();
    encode_record(&mut bytes, id, HEADER_BYTES as u64, &state.to_edits());
    bytes
}

fn encode_record(out: &mut Vec<u8>, file_id: u64, offset: u64, edits: &[Edit]) {
    encode_payload(out, file_id, offset, |out| edits.iter().for_each(|edit| edit.encode(out)));
}

/// Appends a record whose payload `write` appends.
pub(super) fn encode_payload(out: &mut Vec<u8>, file_id: u64, offset: u64, write: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&[0; RECORD_HEADER_BYTES]);
    write(out);
    let len = (out.len() - start - RECORD_HEADER_BYTES) as u32;
    out[start..start + 4].copy_from_slice(&len.to_le_bytes());
    let crc = checksum(&out[start..], file_id, offset);
    out[start + 4..start + 8].copy_from_slice(&crc.to_le_bytes());
}

fn decode_record(bytes: &[u8], file_id: u64, offset: u64) -> Option<&[u8]> {
    let mut decoder = Decoder::new(bytes);
    let len = decoder.u32()? as usize;
    let crc = decoder.u32()?;
    let payload = decoder.take(len)?;
    // A record without edits is never written; without this a run of zeros might pass for one.
    (len > 0 && checksum(&bytes[..RECORD_HEADER_BYTES + len], file_id, offset) == crc).then_some(payload)
}

fn checksum(record: &[u8], file_id: u64, offset: u64) -> u32 {
    let crc = crc32c::crc32c(&file_id.to_le_bytes());
    let crc = crc32c::crc32c_append(crc, &offset.to_le_bytes());
    let crc = crc32c::crc32c_append(crc, &record[..4]);
    crc32c::crc32c_append(crc, &record[8..])
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: u64 = 3;

    #[test]
    fn a_record_behind_a_damaged_one_is_found() {
        let mut bytes = MANIFEST_FILE.encode_header(ID).to_vec();
        for seqno in 1..4 {
            let offset = bytes.len() as u64;
            encode_record(&mut bytes, ID, offset, &[Edit::LastCommit(seqno)]);
        }
        bytes[HEADER_BYTES + RECORD_HEADER_BYTES] ^= 1;
        assert!(is_any_record_behind(&bytes, ID, HEADER_BYTES));
        assert!(!is_any_record_behind(&bytes[..HEADER_BYTES + 12], ID, HEADER_BYTES));
    }

    /// Keys can be made of what looks like headers of long records; a search that checks each takes minutes.
    #[test]
    fn keys_that_look_like_headers_end_the_search_early() {
        let mut header = [0; RECORD_HEADER_BYTES + 1];
        header[..4].copy_from_slice(&1_000_000u32.to_le_bytes());
        header[RECORD_HEADER_BYTES] = *Edit::KINDS.start();
        let bytes = [vec![0; HEADER_BYTES], header.repeat(700_000)].concat();
        assert!(!is_any_record_behind(&bytes, ID, HEADER_BYTES));
    }
}
