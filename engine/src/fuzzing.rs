//! What the fuzzer of `tests/decodes_anything.rs` feeds with bytes that nobody wrote. Nothing may panic, hang or take memory
//! out of all proportion, and what decodes reads the same when it is encoded again.

use crate::batch::{Kind, Mutation, mutations_of};
use crate::key::{self, EncodedKey, Key};

pub use crate::manifest::fuzzing::{check as manifest, seeds as manifest_seeds};
pub use crate::sst::fuzzing::{check as sst, seeds as sst_seeds};
pub use crate::wal::fuzzing::{check as wal, seeds as wal_seeds};

/// An encoded key.
pub fn key(bytes: &[u8]) {
    let (Some(space), Some((escaped, sort))) = (key::space_of(bytes), key::split(bytes)) else { return };
    let partition = key::unescape(escaped);
    let encoded = EncodedKey::new(Key { space, partition: &partition, sort });
    assert_eq!(key::space_of(&encoded.bytes), Some(space));
    assert_eq!(key::split(&encoded.bytes), Some((escaped, sort)), "a key reads differently when it is encoded again");
}

/// Some encoded keys.
pub fn key_seeds() -> Vec<Vec<u8>> {
    let parts: [&[u8]; 5] = [b"", b"a", b"\0", b"zero\0\xff\x01inside", &[0xff; 40]];
    let keys = parts.iter().flat_map(|partition| parts.iter().map(move |sort| Key { space: 7, partition, sort }));
    keys.map(|key| EncodedKey::new(key).bytes.to_vec()).collect()
}

/// The mutations of a batch, as a WAL record holds them.
pub fn batch(bytes: &[u8]) {
    let Some(mutations) = mutations_of(bytes).collect::<Option<Vec<Mutation<'_>>>>() else { return };
    let mut again = Vec::new();
    for mutation in &mutations {
        let space_bytes;
        let (kind, stripe, entry, key_len) = match mutation {
            Mutation::Entry { stripe, kind, entry, key_len } => (*kind as u8, *stripe as u8, &entry[..], *key_len),
            Mutation::DropSpace(space) => {
                space_bytes = space.to_be_bytes();
                (3, 0, &space_bytes[..], 4)
            }
        };
        again.extend_from_slice(&[kind, stripe]);
        again.extend_from_slice(&(key_len as u32).to_le_bytes());
        again.extend_from_slice(&((entry.len() - key_len) as u32).to_le_bytes());
        again.extend_from_slice(entry);
    }
    let reread: Vec<Mutation<'_>> = mutations_of(&again).collect::<Option<_>>().unwrap_or_default();
    assert!(mutations.len() == reread.len() && mutations.iter().zip(&reread).all(|(left, right)| is_same(left, right)));
}

fn is_same(left: &Mutation<'_>, right: &Mutation<'_>) -> bool {
    let plain = |mutation: &Mutation<'_>| match mutation {
        Mutation::Entry { stripe, kind, entry, key_len } => (*stripe, *kind == Kind::Put, entry.to_vec(), *key_len),
        Mutation::DropSpace(space) => (usize::MAX, false, space.to_be_bytes().to_vec(), 4),
    };
    plain(left) == plain(right)
}

/// Some encoded batches.
pub fn batch_seeds() -> Vec<Vec<u8>> {
    let mut batch = crate::WriteBatch::default();
    let mut seeds = Vec::new();
    for (number, key) in [&b"a"[..], b"b\0c", b"", b"a"].into_iter().enumerate() {
        let key = Key { space: number as u32, partition: key, sort: b"sort" };
        batch.put(key, &[7; 30]);
        batch.delete(Key { sort: b"", ..key });
        batch.put_stamped(9, b"stream", b"shard", b"record");
        batch.drop_space(number as u32);
        seeds.push(std::mem::take(&mut batch).seal().encoded().to_vec());
    }
    seeds
}
