//! Writing an SST, entry by entry in order.

use std::sync::Arc;

use super::block::BlockBuilder;
use super::footer::{FOOTER_BYTES, Footer};
use super::frame::{self, Place};
use super::partition::{self, IndexBuilder, separator};
use super::{BLOCKS_PER_PARTITION, SST_FILE, file_name};
use crate::batch::Kind;
use crate::file_header::HEADER_BYTES;
use crate::io::{File, Folder};
use crate::manifest::{SpaceShare, SstMeta};
use crate::memtable::EntryRef;
use crate::planted::{Bug, is_planted};
use crate::{Compression, Error, key};

/// A block is finished when it has at least so many bytes.
const BLOCK_BYTES: usize = 4 << 10;
const RESTART_INTERVAL: usize = 8;
/// How much is collected before it is written to the file.
const WRITE_BYTES: usize = 256 << 10;

/// An SST that is being written.
pub(crate) struct SstWriter {
    file: File,
    compression: Compression,
    /// What was not written to the file yet, and where it goes.
    pending: Vec<u8>,
    written: u64,
    block: BlockBuilder,
    /// The last block: its place, until its separator from the next one is known.
    last_block: Option<Place>,
    last_block_key: Vec<u8>,
    partition: IndexBuilder,
    partition_blocks: usize,
    hashes: Vec<u64>,
    top: IndexBuilder,
    block_count: u32,
    meta: SstMeta,
}

impl SstWriter {
    /// Starts a file. `seqno_base` is not greater than any seqno that will be added.
    pub(crate) fn create(
        folder: &Folder,
        stripe: usize,
        id: u64,
        rank: u64,
        seqno_base: u64,
        compression: Compression,
    ) -> Result<Self, Error> {
        Ok(SstWriter {
            file: folder.create(&file_name(stripe, id))?,
            compression,
            pending: SST_FILE.encode_header(id).to_vec(),
            written: 0,
            block: BlockBuilder::new(seqno_base, RESTART_INTERVAL),
            last_block: None,
            last_block_key: Vec::new(),
            partition: IndexBuilder::new(),
            partition_blocks: 0,
            hashes: Vec::new(),
            top: IndexBuilder::new(),
            block_count: 0,
            meta: SstMeta { id, stripe, rank, seqno_min: u64::MAX, ..SstMeta::default() },
        })
    }

    /// Adds an entry; entries come ordered by key, and versions of a key newest first.
    pub(crate) fn add(&mut self, entry: EntryRef<'_>) -> Result<(), Error> {
        if self.block.len_bytes() >= BLOCK_BYTES {
            self.finish_block();
        }
        if self.block.is_empty() {
            self.index_last_block(Some(entry.key));
            if self.partition_blocks >= BLOCKS_PER_PARTITION {
                self.finish_partition();
            }
            if self.pending.len() >= WRITE_BYTES {
                self.write_pending()?;
            }
        }
        let hash = key::hash(entry.key);
        if self.hashes.last() != Some(&hash) {
            self.hashes.push(hash);
        }
        self.block.add(entry.key, entry.seqno, entry.kind, entry.value);
        self.note(entry);
        Ok(())
    }

    fn note(&mut self, entry: EntryRef<'_>) {
        let meta = &mut self.meta;
        if meta.entry_count == 0 {
            meta.first_key = entry.key.to_vec();
        }
        meta.entry_count += 1;
        meta.tombstone_count += u64::from(entry.kind == Kind::Delete);
        meta.seqno_min = meta.seqno_min.min(entry.seqno);
        meta.seqno_max = meta.seqno_max.max(entry.seqno);
        let space = key::space_of(entry.key).unwrap_or_default();
        let bytes = (entry.key.len() + entry.value.len()) as u64;
        match meta.spaces.last_mut().filter(|share| share.space == space) {
            Some(share) => {
                share.entry_count += 1;
                share.bytes += bytes;
            }
            None => meta.spaces.push(SpaceShare { space, entry_count: 1, bytes }),
        }
    }

    /// How many entries were added.
    pub(crate) fn entry_count(&self) -> u64 {
        self.meta.entry_count
    }

    fn finish_block(&mut self) {
        self.last_block_key.clear();
        self.last_block_key.extend_from_slice(self.block.last_key());
        let block = self.block.finish();
        self.last_block = Some(self.append(&block, self.compression));
        self.block_count += 1;
    }

    /// Enters the last block into the index, now that the key after it is known.
    fn index_last_block(&mut self, next_key: Option<&[u8]>) {
        if let Some(place) = self.last_block.take() {
            let last = self.last_block_key.as_slice();
            self.partition.add(next_key.map_or(last, |next| separator(last, next)), place);
            self.partition_blocks += 1;
        }
    }

    fn finish_partition(&mut self) {
        if self.partition.is_empty() {
            return;
        }
        let separator = self.partition.last_separator().to_vec();
        let bytes = partition::encode(&self.partition.finish(), &self.hashes);
        // A bloom does not shrink, and the index is prefix-compressed already.
        let place = self.append(&bytes, Compression::None);
        self.top.add(&separator, place);
        self.hashes.clear();
        self.partition_blocks = 0;
    }

    fn append(&mut self, plain: &[u8], compression: Compression) -> Place {
        let offset = self.written + self.pending.len() as u64;
        frame::encode(&mut self.pending, self.meta.id, offset, compression, plain)
    }

    fn write_pending(&mut self) -> Result<(), Error> {
        self.file.write(self.written, &self.pending)?;
        self.written += self.pending.len() as u64;
        self.pending.clear();
        Ok(())
    }

    /// Finishes the file. At least one entry was added.
    pub(crate) fn finish(mut self) -> Result<WrittenSst, Error> {
        self.finish_block();
        self.meta.last_key = self.last_block_key.clone();
        self.index_last_block(None);
        self.finish_partition();
        let top = self.top.finish();
        let top_index = self.append(&top, Compression::None);
        self.meta.file_bytes = self.written + (self.pending.len() + FOOTER_BYTES) as u64;
        let footer = Footer {
            top_index,
            block_count: self.block_count,
            entry_count: self.meta.entry_count,
            file_bytes: self.meta.file_bytes,
        };
        self.pending.extend_from_slice(&footer.encode(self.meta.id));
        self.write_pending()?;
        debug_assert!(self.meta.file_bytes > (HEADER_BYTES + FOOTER_BYTES) as u64);
        Ok(WrittenSst { file: self.file, meta: Arc::new(self.meta) })
    }
}

/// An SST that is complete, but not durable yet.
pub(crate) struct WrittenSst {
    file: File,
    meta: Arc<SstMeta>,
}

impl WrittenSst {
    /// Makes the content durable. The name is not, until the folder is synced.
    pub(crate) fn sync(self) -> Result<Arc<SstMeta>, Error> {
        if !is_planted(Bug::SstNotSynced) && !is_planted(Bug::SstNamedBeforeDurable) {
            self.file.sync()?;
        }
        Ok(self.meta)
    }
}
