//! Integers in byte strings, and reading them back without trusting what is there.

/// Appends a number in seven-bit groups, the lowest first.
pub(crate) fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends bytes with their length in front.
pub(crate) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Reads from the front of a byte string. Every method returns `None` when the bytes are not what it expects.
#[derive(Clone)]
pub(crate) struct Decoder<'a> {
    rest: &'a [u8],
}

impl<'a> Decoder<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Decoder { rest: bytes }
    }

    pub(crate) fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    /// How many bytes are left.
    pub(crate) fn len(&self) -> usize {
        self.rest.len()
    }

    pub(crate) fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        Some(taken)
    }

    fn chunk<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (chunk, rest) = self.rest.split_first_chunk::<N>()?;
        self.rest = rest;
        Some(*chunk)
    }

    pub(crate) fn u8(&mut self) -> Option<u8> {
        self.chunk::<1>().map(|[byte]| byte)
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.chunk().map(u32::from_le_bytes)
    }

    #[inline]
    pub(crate) fn varint(&mut self) -> Option<u64> {
        // Most numbers are small.
        match self.rest {
            [byte, rest @ ..] if *byte < 0x80 => {
                self.rest = rest;
                Some(u64::from(*byte))
            }
            [low, high, rest @ ..] if *high < 0x80 => {
                self.rest = rest;
                Some(u64::from(*low & 0x7f) | u64::from(*high) << 7)
            }
            _ => self.long_varint(),
        }
    }

    fn long_varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.u8()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                return None;
            }
            value |= bits << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    pub(crate) fn varint_len(&mut self) -> Option<usize> {
        usize::try_from(self.varint()?).ok()
    }

    pub(crate) fn bytes(&mut self) -> Option<&'a [u8]> {
        let len = self.varint_len()?;
        self.take(len)
    }
}

/// Bounds the search for a record behind a damaged one. What lies there is the content of values and keys as well, which may
/// look like the start of a record anywhere; without this, a search that checks each would take hours.
pub(crate) struct Patience {
    checksum_bytes: usize,
}

impl Patience {
    /// Checksums may be made of so many times the length of the file.
    const LENGTHS: usize = 16;

    pub(crate) fn with(file: &[u8]) -> Self {
        Patience { checksum_bytes: file.len().saturating_mul(Self::LENGTHS) }
    }

    /// Notes that a checksum was made of so many bytes in vain; `false` when the search has to end.
    pub(crate) fn lasts_after(&mut self, bytes: usize) -> bool {
        self.checksum_bytes = self.checksum_bytes.saturating_sub(bytes);
        self.checksum_bytes > 0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_varint_reads_back(value: u64, tail: u8) {
            let mut bytes = Vec::new();
            put_varint(&mut bytes, value);
            bytes.push(tail);
            let mut decoder = Decoder::new(&bytes);
            prop_assert_eq!(decoder.varint(), Some(value));
            prop_assert_eq!(decoder.u8(), Some(tail));
            prop_assert!(decoder.is_at_end());
        }
    }

    #[test]
    fn a_varint_that_is_cut_off_or_too_large_is_refused() {
        assert_eq!(Decoder::new(&[0x80, 0x80]).varint(), None);
        assert_eq!(Decoder::new(&[0xff; 10]).varint(), None);
        assert_eq!(Decoder::new(&[0x80; 11]).varint(), None);
    }

    #[test]
    fn bytes_longer_than_the_input_are_refused() {
        assert_eq!(Decoder::new(&[5, 1, 2]).bytes(), None);
        assert_eq!(Decoder::new(&[2, 1, 2]).bytes(), Some(&[1, 2][..]));
    }
}
