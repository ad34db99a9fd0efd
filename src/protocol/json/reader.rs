//! Reading JSON.

use super::plain_length;
use std::borrow::Cow;

/// Containers that may be open at once. us-east-1, 2026-10: a body nested past about 2,000 attribute values, each an
/// object and a list or map, is a SerializationException without a message (behaviours.md 32).
const DEPTH_MAX: usize = 4_000;

/// Structures of the service model in one body; a hundred of the largest lists that AWS accepts have fewer. Each may
/// take hundreds of bytes of memory where its text, `{}`, takes two.
const STRUCTURES_MAX: u32 = 20_000;

/// The text is not JSON, or holds more or is nested deeper than anything that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotJson {
    /// The byte that could not be read on from.
    pub at: usize,
}

/// The start of a value. The members of an object or an array are then pulled with [`Reader::next_member`] and
/// [`Reader::next_element`] until those say that there are no more.
#[derive(Clone, Debug, PartialEq)]
pub enum Token<'a> {
    Object,
    Array,
    String(Cow<'a, str>),
    Number(NumberText<'a>),
    True,
    False,
    Null,
}

/// A JSON number as written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NumberText<'a> {
    pub text: &'a str,
    /// Written without fraction and exponent.
    pub integral: bool,
}

impl NumberText<'_> {
    /// The number without its fraction; the nearest end of the range if it lies outside.
    pub fn to_i64(self) -> i64 {
        if self.integral {
            return self.text.parse().unwrap_or(if self.text.starts_with('-') { i64::MIN } else { i64::MAX });
        }
        self.to_f64() as i64
    }

    pub fn to_f64(self) -> f64 {
        self.text.parse().unwrap_or(f64::NAN)
    }
}

/// Reads JSON from front to back. Values come as [`Token`]s; what a caller does not want, it skips.
pub struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    /// A value has just ended, so that only a comma or the end of its container may come.
    after_value: bool,
    structures: u32,
}

impl<'a> Reader<'a> {
    pub fn new(text: &'a [u8]) -> Result<Reader<'a>, NotJson> {
        let text = std::str::from_utf8(text).map_err(|error| NotJson { at: error.valid_up_to() })?;
        Ok(Reader { text, at: 0, depth: 0, after_value: false, structures: 0 })
    }

    /// Reads the start of the next value, and the whole of it unless it is an object or an array.
    pub fn value(&mut self) -> Result<Token<'a>, NotJson> {
        let token = match self.peek() {
            Some(b'"') => Token::String(self.string()?),
            Some(b'{') => return self.open(Token::Object),
            Some(b'[') => return self.open(Token::Array),
            Some(b't') => self.literal("true", Token::True)?,
            Some(b'f') => self.literal("false", Token::False)?,
            Some(b'n') => self.literal("null", Token::Null)?,
            Some(b'-' | b'0'..=b'9') => Token::Number(self.number()?),
            _ => return Err(self.fail()),
        };
        self.after_value = true;
        Ok(token)
    }

    /// The name of the next member of the innermost open object, whose value then has to be read; `None` closes the
    /// object.
    pub fn next_member(&mut self) -> Result<Option<Cow<'a, str>>, NotJson> {
        if !self.next_in_container(b'}')? {
            return Ok(None);
        }
        if self.peek() != Some(b'"') {
            return Err(self.fail());
        }
        let name = self.string()?;
        if self.peek() != Some(b':') {
            return Err(self.fail());
        }
        self.at += 1;
        Ok(Some(name))
    }

    /// Whether the innermost open array has another element, which then has to be read; if not, the array is closed.
    pub fn next_element(&mut self) -> Result<bool, NotJson> {
        self.next_in_container(b']')
    }

    /// Passes over the rest of a value whose start was read as `token`, however deep it goes.
    pub fn skip(&mut self, token: &Token<'_>) -> Result<(), NotJson> {
        let mut open_objects = Vec::new();
        match token {
            Token::Object => open_objects.push(true),
            Token::Array => open_objects.push(false),
            _ => return Ok(()),
        }
        while let Some(&is_object) = open_objects.last() {
            let more = if is_object { self.next_member()?.is_some() } else { self.next_element()? };
            if !more {
                open_objects.pop();
                continue;
            }
            match self.value()? {
                Token::Object => open_objects.push(true),
                Token::Array => open_objects.push(false),
                _ => {}
            }
        }
        Ok(())
    }

    /// Counts a structure that the caller is about to build, and refuses the body when there are too many.
    pub fn count_structure(&mut self) -> Result<(), NotJson> {
        self.structures += 1;
        if self.structures > STRUCTURES_MAX { Err(self.fail()) } else { Ok(()) }
    }

    /// Makes sure that nothing but white space is left.
    pub fn end(&mut self) -> Result<(), NotJson> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.fail()),
        }
    }

    /// How far has been read, for [`text_from`](Reader::text_from).
    pub fn position(&self) -> usize {
        self.at
    }

    /// The text that was read from a position on.
    pub fn text_from(&self, position: usize) -> Option<&'a str> {
        self.text.get(position..self.at)
    }

    fn open(&mut self, token: Token<'a>) -> Result<Token<'a>, NotJson> {
        if self.depth == DEPTH_MAX {
            return Err(self.fail());
        }
        self.depth += 1;
        self.at += 1;
        self.after_value = false;
        Ok(token)
    }

    fn next_in_container(&mut self, close: u8) -> Result<bool, NotJson> {
        match self.peek() {
            Some(byte) if byte == close => {
                self.at += 1;
                self.depth = self.depth.saturating_sub(1);
                self.after_value = true;
                Ok(false)
            }
            Some(b',') if self.after_value => {
                self.at += 1;
                self.after_value = false;
                // A comma promises a value: `[1,]` is refused here, as `value` would not see the bracket.
                if self.peek() == Some(close) { Err(self.fail()) } else { Ok(true) }
            }
            Some(_) if !self.after_value => Ok(true),
            _ => Err(self.fail()),
        }
    }

    fn literal(&mut self, literal: &str, token: Token<'a>) -> Result<Token<'a>, NotJson> {
        if !self.rest().starts_with(literal.as_bytes()) {
            return Err(self.fail());
        }
        self.at += literal.len();
        Ok(token)
    }

    fn number(&mut self) -> Result<NumberText<'a>, NotJson> {
        let start = self.at;
        self.take(|byte| byte == b'-');
        let leading_zero = self.rest().first() == Some(&b'0');
        let integer_digits = self.digits()?;
        if leading_zero && integer_digits > 1 {
            return Err(self.fail());
        }
        let mut integral = true;
        if self.take(|byte| byte == b'.') {
            integral = false;
            self.digits()?;
        }
        if self.take(|byte| matches!(byte, b'e' | b'E')) {
            integral = false;
            self.take(|byte| matches!(byte, b'+' | b'-'));
            self.digits()?;
        }
        let text = self.text.get(start..self.at).ok_or_else(|| self.fail())?;
        Ok(NumberText { text, integral })
    }

    fn digits(&mut self) -> Result<usize, NotJson> {
        let count = self.rest().iter().take_while(|byte| byte.is_ascii_digit()).count();
        if count == 0 {
            return Err(self.fail());
        }
        self.at += count;
        Ok(count)
    }

    fn take(&mut self, wanted: impl Fn(u8) -> bool) -> bool {
        let found = self.rest().first().is_some_and(|&byte| wanted(byte));
        self.at += usize::from(found);
        found
    }

    /// A string, its opening quote being next. One without escapes is borrowed from the body.
    fn string(&mut self) -> Result<Cow<'a, str>, NotJson> {
        self.at += 1;
        let run = self.plain_run()?;
        if self.rest().first() == Some(&b'"') {
            self.at += 1;
            return Ok(Cow::Borrowed(run));
        }
        let mut unescaped = String::from(run);
        loop {
            match self.rest().first() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Cow::Owned(unescaped));
                }
                Some(b'\\') => {
                    self.at += 1;
                    unescaped.push(self.escape()?);
                }
                // The end of the text, or a control character, which JSON wants escaped.
                _ => return Err(self.fail()),
            }
            unescaped.push_str(self.plain_run()?);
        }
    }

    fn plain_run(&mut self) -> Result<&'a str, NotJson> {
        let start = self.at;
        self.at += plain_length(self.rest());
        self.text.get(start..self.at).ok_or_else(|| self.fail())
    }

    /// What follows a backslash.
    fn escape(&mut self) -> Result<char, NotJson> {
        let unescaped = match self.rest().first() {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{C}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.at += 1;
                return self.unicode_escape();
            }
            _ => return Err(self.fail()),
        };
        self.at += 1;
        Ok(unescaped)
    }

    /// The hexadecimal digits of one escape, or of the two that make a surrogate pair. Half a pair has no UTF-8 form,
    /// so that storing it would change what the client sent: it is refused.
    fn unicode_escape(&mut self) -> Result<char, NotJson> {
        let first = self.hex4()?;
        if !(0xD800..0xE000).contains(&first) {
            return char::from_u32(first).ok_or_else(|| self.fail());
        }
        if first >= 0xDC00 || !self.rest().starts_with(b"\\u") {
            return Err(self.fail());
        }
        self.at += 2;
        let second = self.hex4()?;
        if !(0xDC00..0xE000).contains(&second) {
            return Err(self.fail());
        }
        let combined = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
        char::from_u32(combined).ok_or_else(|| self.fail())
    }

    fn hex4(&mut self) -> Result<u32, NotJson> {
        let digits = self.rest().first_chunk::<4>().ok_or_else(|| self.fail())?;
        let mut value = 0;
        for &digit in digits {
            value = value * 16 + char::from(digit).to_digit(16).ok_or_else(|| self.fail())?;
        }
        self.at += 4;
        Ok(value)
    }

    /// The next byte that is not white space, without taking it.
    fn peek(&mut self) -> Option<u8> {
        loop {
            match self.text.as_bytes().get(self.at) {
                Some(b' ' | b'\n' | b'\r' | b'\t') => self.at += 1,
                byte => return byte.copied(),
            }
        }
    }

    fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    fn fail(&self) -> NotJson {
        NotJson { at: self.at }
    }
}

#[cfg(test)]
mod tests {
    use super::super::is_well_formed;
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    /// The tree that the tokens describe. Numbers stay texts.
    fn tree(reader: &mut Reader<'_>) -> Result<Value, NotJson> {
        Ok(match reader.value()? {
            Token::Null => Value::Null,
            Token::True => Value::Bool(true),
            Token::False => Value::Bool(false),
            Token::Number(number) => Value::String(format!("#{}", number.text)),
            Token::String(text) => Value::String(text.into_owned()),
            Token::Array => {
                let mut array = Vec::new();
                while reader.next_element()? {
                    array.push(tree(reader)?);
                }
                Value::Array(array)
            }
            Token::Object => {
                let mut object = serde_json::Map::new();
                while let Some(name) = reader.next_member()? {
                    object.insert(name.into_owned(), tree(reader)?);
                }
                Value::Object(object)
            }
        })
    }

    fn read(text: &[u8]) -> Result<Value, NotJson> {
        let mut reader = Reader::new(text)?;
        let value = tree(&mut reader)?;
        reader.end()?;
        Ok(value)
    }

    fn string(text: &str) -> Result<String, NotJson> {
        match Reader::new(text.as_bytes())?.value()? {
            Token::String(text) => Ok(text.into_owned()),
            other => panic!("{other:?}"),
        }
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(|number| Value::String(format!("#{number}"))),
            any::<String>().prop_map(|text| Value::String(format!("'{text}"))),
        ];
        leaf.prop_recursive(6, 60, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
                prop::collection::vec((any::<String>(), inner), 0..6)
                    .prop_map(|entries| Value::Object(entries.into_iter().collect())),
            ]
        })
    }

    /// Turns the texts that stand for numbers into numbers.
    fn with_numbers(value: &Value) -> Value {
        match value {
            Value::String(text) if text.starts_with('#') => serde_json::from_str(&text[1..]).unwrap(),
            Value::Array(array) => array.iter().map(with_numbers).collect(),
            Value::Object(object) => object.iter().map(|(name, value)| (name.clone(), with_numbers(value))).collect(),
            other => other.clone(),
        }
    }

    proptest! {
        #[test]
        fn a_document_reads_as_it_was_written(value in any_json(), pretty in any::<bool>()) {
            let written = with_numbers(&value);
            let text = if pretty { serde_json::to_vec_pretty(&written) } else { serde_json::to_vec(&written) }.unwrap();
            prop_assert_eq!(read(&text), Ok(value));
            prop_assert!(is_well_formed(&text));
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in any::<Vec<u8>>()) {
            let _ = read(&bytes);
            is_well_formed(&bytes);
        }

        #[test]
        fn near_json_is_judged_as_serde_json_judges_it(text in r#"([\[\]{},: "]|\\u|\\n|0|1|-|\.5|true|null|a|D83D|DE00){0,12}"#) {
            prop_assert_eq!(is_well_formed(text.as_bytes()), serde_json::from_str::<Value>(&text).is_ok(), "{}", text);
        }

        #[test]
        fn a_document_with_one_byte_changed_is_judged_as_serde_json_judges_it(
            value in any_json(),
            at in any::<prop::sample::Index>(),
            byte in any::<u8>(),
        ) {
            // serde_json refuses numbers that an f64 cannot hold, which is no question of form.
            prop_assume!(!matches!(byte, b'e' | b'E'));
            let mut text = serde_json::to_vec(&with_numbers(&value)).unwrap();
            let at = at.index(text.len());
            text[at] = byte;
            prop_assert_eq!(is_well_formed(&text), serde_json::from_slice::<Value>(&text).is_ok());
        }
    }

    #[test]
    fn every_escape_is_read() {
        assert_eq!(string(r#""\"\\\/\b\f\n\r\t\u0041\u00e9\u20AC""#).unwrap(), "\"\\/\u{8}\u{C}\n\r\tAé€");
        assert_eq!(string(r#""plain \u0000 end""#).unwrap(), "plain \0 end");
        for broken in [r#""\x""#, r#""\u12""#, r#""\u12G4""#, r#""\"#, r#""\u"#, "\"a\nb\"", "\"a\u{0}\"", r#""open"#] {
            assert!(string(broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn surrogates_are_read_in_pairs_only() {
        assert_eq!(string(r#""a\uD83D\uDE00b""#).unwrap(), "a😀b");
        assert_eq!(string(r#""\uDBFF\uDFFF\uD800\uDC00""#).unwrap(), "\u{10FFFF}\u{10000}");
        for half in
            [r#""\uD83D""#, r#""\uDE00""#, r#""\uD83Dx""#, r#""\uD83D\n""#, r#""\uD83D\uD83D""#, r#""\uDE00\uD83D""#]
        {
            assert!(string(half).is_err(), "{half}");
        }
    }

    #[test]
    fn bytes_that_are_not_utf_8_are_refused() {
        for bytes in [&b"\"\xFF\""[..], b"\"\xC3\"", b"\"\xED\xA0\x80\"", b"{\"\xC0\x80\":1}"] {
            assert!(!is_well_formed(bytes), "{bytes:?}");
        }
        assert!(is_well_formed("\"é€😀\"".as_bytes()));
    }

    #[test]
    fn commas_stand_between_values_only() {
        for text in [
            "[1,]",
            "[,1]",
            "[1 2]",
            "[1,,2]",
            "{\"a\":1,}",
            "{,}",
            "{\"a\" 1}",
            "{\"a\":}",
            "{a:1}",
            "{1:1}",
            "[}",
            "{]",
            "1 1",
            "",
            " ",
        ] {
            assert!(!is_well_formed(text.as_bytes()), "{text}");
        }
        for text in [" [ ] ", "{ }", "[1 , 2]", "\t{\"a\"\r\n: [ {} , [] ]}\n", "0"] {
            assert!(is_well_formed(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn numbers_follow_the_grammar() {
        for text in ["0", "-0", "10", "1.5", "0.0", "1e5", "1E+5", "1.5e-5", "-9"] {
            assert!(is_well_formed(text.as_bytes()), "{text}");
        }
        for text in ["01", "-", "+1", ".5", "1.", "1e", "1e+", "--1", "0x1", "NaN", "1_0", "-01"] {
            assert!(!is_well_formed(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn integers_saturate_and_lose_their_fraction() {
        let value = |text: &str| match Reader::new(text.as_bytes()).unwrap().value().unwrap() {
            Token::Number(number) => number.to_i64(),
            other => panic!("{other:?}"),
        };
        assert_eq!([value("7"), value("-7"), value("7.9"), value("-7.9"), value("1e2")], [7, -7, 7, -7, 100]);
        assert_eq!([value("99999999999999999999"), value("1e400")], [i64::MAX; 2]);
        assert_eq!([value("-99999999999999999999"), value("-1e400")], [i64::MIN; 2]);
    }

    #[test]
    fn nesting_is_bounded_and_needs_no_stack() {
        let nested = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
        assert!(is_well_formed(nested(DEPTH_MAX).as_bytes()));
        assert!(!is_well_formed(nested(DEPTH_MAX + 1).as_bytes()));
        assert!(!is_well_formed("{\"a\":".repeat(3_000_000).as_bytes()));
    }
}
