//! Writing JSON.

use super::plain_length;

/// The place of one value in an answer. It is used up by writing the value.
#[must_use = "a place without a value is not JSON"]
pub struct JsonWriter<'o> {
    out: &'o mut Vec<u8>,
}

impl<'o> JsonWriter<'o> {
    pub fn new(out: &'o mut Vec<u8>) -> JsonWriter<'o> {
        JsonWriter { out }
    }

    pub fn string(self, text: &str) {
        write_string(self.out, text.as_bytes());
    }

    pub fn number(self, number: impl itoa::Integer) {
        self.out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
    }

    /// With a fraction always, as AWS writes capacity units: `1.0`. JSON has no other numbers: they become `null`.
    pub fn double(self, number: f64) {
        match number.is_finite() {
            true => self.out.extend_from_slice(format!("{number:?}").as_bytes()),
            false => self.null(),
        }
    }

    /// A timestamp: seconds since 1970, with three decimals.
    pub fn epoch_millis(self, millis: u64) {
        let mut digits = itoa::Buffer::new();
        self.out.extend_from_slice(digits.format(millis / 1000).as_bytes());
        let fraction = digits.format(1000 + millis % 1000).as_bytes();
        self.out.push(b'.');
        self.out.extend_from_slice(fraction.get(1..).unwrap_or_default());
    }

    pub fn boolean(self, boolean: bool) {
        self.out.extend_from_slice(if boolean { b"true" } else { b"false" });
    }

    pub fn null(self) {
        self.out.extend_from_slice(b"null");
    }

    pub fn object(self, write_members: impl FnOnce(&mut ObjectWriter<'_>)) {
        self.out.push(b'{');
        write_members(&mut ObjectWriter { out: self.out, first: true });
        self.out.push(b'}');
    }

    pub fn array(self, write_elements: impl FnOnce(&mut ArrayWriter<'_>)) {
        self.out.push(b'[');
        write_elements(&mut ArrayWriter { out: self.out, first: true });
        self.out.push(b']');
    }

    /// The buffer itself, for a codec that appends exactly one value to it.
    pub(in crate::protocol) fn into_out(self) -> &'o mut Vec<u8> {
        self.out
    }
}

pub struct ObjectWriter<'o> {
    out: &'o mut Vec<u8>,
    first: bool,
}

impl ObjectWriter<'_> {
    pub fn member(&mut self, name: &str) -> JsonWriter<'_> {
        separate(self.out, &mut self.first);
        write_string(self.out, name.as_bytes());
        self.out.push(b':');
        JsonWriter { out: self.out }
    }
}

pub struct ArrayWriter<'o> {
    out: &'o mut Vec<u8>,
    first: bool,
}

impl ArrayWriter<'_> {
    pub fn element(&mut self) -> JsonWriter<'_> {
        separate(self.out, &mut self.first);
        JsonWriter { out: self.out }
    }
}

pub(in crate::protocol) fn separate(out: &mut Vec<u8>, first: &mut bool) {
    if !std::mem::take(first) {
        out.push(b',');
    }
}

/// Appends a JSON string. `utf8` comes as bytes because stored items are walked as bytes.
pub(in crate::protocol) fn write_string(out: &mut Vec<u8>, utf8: &[u8]) {
    out.push(b'"');
    let mut rest = utf8;
    loop {
        let (plain, special) = rest.split_at(plain_length(rest));
        out.extend_from_slice(plain);
        let Some((&byte, after)) = special.split_first() else { break };
        write_escape(out, byte);
        rest = after;
    }
    out.push(b'"');
}

fn write_escape(out: &mut Vec<u8>, byte: u8) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let short = match byte {
        b'"' | b'\\' => byte,
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        0x08 => b'b',
        0x0C => b'f',
        _ => {
            let (high, low) = (HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 0xF)]);
            out.extend_from_slice(&[b'\\', b'u', b'0', b'0', high, low]);
            return;
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn written(write: impl FnOnce(JsonWriter<'_>)) -> String {
        let mut out = Vec::new();
        write(JsonWriter::new(&mut out));
        String::from_utf8(out).unwrap()
    }

    proptest! {
        #[test]
        fn any_string_survives(text in any::<String>()) {
            prop_assert_eq!(serde_json::from_str::<String>(&written(|place| place.string(&text))).unwrap(), text);
        }
    }

    #[test]
    fn only_what_has_to_be_is_escaped() {
        let text = written(|place| place.string("/é\u{7F}\"\\\n\r\t\u{8}\u{C}\u{1}"));
        assert_eq!(text, "\"/é\u{7F}\\\"\\\\\\n\\r\\t\\b\\f\\u0001\"");
    }

    #[test]
    fn objects_and_arrays_nest() {
        let text = written(|place| {
            place.object(|table| {
                table.member("Name").string("t");
                table.member("Empty").object(|_| {});
                table.member("Keys").array(|keys| {
                    keys.element().number(1u64);
                    keys.element().boolean(true);
                    keys.element().array(|_| {});
                    keys.element().null();
                });
            });
        });
        let expected = json!({"Name": "t", "Empty": {}, "Keys": [1, true, [], null]});
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), expected);
        assert_eq!(text, r#"{"Name":"t","Empty":{},"Keys":[1,true,[],null]}"#);
    }

    #[test]
    fn numbers_are_written_as_aws_writes_them() {
        assert_eq!(written(|place| place.number(-3i64)), "-3");
        assert_eq!([1.0, 0.5, 25.0].map(|units| written(|place| place.double(units))), ["1.0", "0.5", "25.0"]);
        assert_eq!(written(|place| place.double(f64::NAN)), "null");
        assert_eq!(written(|place| place.epoch_millis(1_700_000_000_007)), "1700000000.007");
        assert_eq!(written(|place| place.epoch_millis(999)), "0.999");
    }
}
