//! JSON: a pull reader over a request body and an append-only writer for answers. Neither builds a tree.

mod reader;
mod writer;

pub use reader::{NotJson, NumberText, Reader, Token};
pub use writer::{ArrayWriter, JsonWriter, ObjectWriter};
pub(in crate::protocol) use writer::{separate, write_string};

/// Whether `text` is one JSON value and nothing else.
pub fn is_well_formed(text: &[u8]) -> bool {
    Reader::new(text).and_then(|mut reader| {
        let token = reader.value()?;
        reader.skip(&token)?;
        reader.end()
    }) == Ok(())
}

/// The number of bytes before the first that a JSON string cannot hold as it is: a quote, a backslash or a control
/// character. Whole blocks are tested without branches, which compiles to vector instructions.
fn plain_length(bytes: &[u8]) -> usize {
    const BLOCK_BYTES: usize = 32;
    let is_special = |byte: u8| (byte == b'"') | (byte == b'\\') | (byte < 0x20);
    let mut plain = 0;
    for block in bytes.chunks_exact(BLOCK_BYTES) {
        if block.iter().fold(false, |special, &byte| special | is_special(byte)) {
            break;
        }
        plain += BLOCK_BYTES;
    }
    let tail = bytes.get(plain..).unwrap_or_default();
    plain + tail.iter().position(|&byte| is_special(byte)).unwrap_or(tail.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_plain_prefix_ends_at_the_first_special_byte(mut bytes in prop::collection::vec(0x20u8..0x7F, 0..200), special in any::<u8>()) {
            bytes.push(special);
            let expected = bytes.iter().position(|&byte| byte == b'"' || byte == b'\\' || byte < 0x20);
            prop_assert_eq!(plain_length(&bytes), expected.unwrap_or(bytes.len()));
        }
    }
}
