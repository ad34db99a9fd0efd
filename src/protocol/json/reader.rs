//! Reading JSON.

use super::plain_length;
use std::borrow::Cow;

/// Containers that may be open at once. us-east-1, 2026-10: a body nested past about 2,000 attribute values, each an object
/// and a list or map, is a SerializationException without a message (behaviours.md 32).
const DEPTH_MAX: usize = 4_000;

/// The text is not JSON, or is nested deeper than anything that is read.
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
}

impl<'a> Reader<'a> {
    pub fn new(text: &'a [u8]) -> Result<Reader<'a>, NotJson> {
        let text = std::str::from_utf8(text).map_err(|error| NotJson { at: error.valid_up_to() })?;
        Ok(Reader { text, at: 0, depth: 0, after_value: false })
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

    /// The name of the next member of the innermost open object, whose value then has to be read; `None` closes the object.
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

    /// Makes sure that nothing but white space is left.
    pub fn end(&mut self) -> Result<(), NotJson> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.fail()),
        }
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

    /// The hexadecimal digits of one escape, or of the two that make a surrogate pair. Half a pair has no UTF-8 form, so that
    /// storing it would change what the client sent: it is refused.
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
        let rest = self.rest();
        let spaces = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\n' | b'\r' | b'\t')).count();
        self.at += spaces;
        rest.get(spaces).copied()
    }

    fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    fn fail(&self) -> NotJson {
        NotJson { at: self.at }
    }
}
