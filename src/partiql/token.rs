//! A statement's text to tokens. The whole text is read before anything is parsed, so that what no statement can hold is
//! reported before any syntax error.

use super::error::{Malformed, Position};
use super::keywords::keyword;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token<'t> {
    pub(super) kind: TokenKind,
    /// As written, quotes included.
    pub(super) text: &'t str,
    pub(super) position: Position,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    Identifier,
    /// `"name"`
    Quoted,
    /// `'text'`
    String,
    Number,
    /// Between backticks.
    Ion,
    /// In lower case.
    Keyword(&'static str),
    Parameter,
    Open,
    Close,
    OpenBracket,
    CloseBracket,
    OpenBrace,
    CloseBrace,
    OpenBag,
    CloseBag,
    Comma,
    Colon,
    Semicolon,
    Dot,
    Star,
    Plus,
    Minus,
    Slash,
    Percent,
    Concatenate,
    At,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    End,
}

/// Longer ones before those that they begin with.
const SYMBOLS: &[(&str, TokenKind)] = &[
    ("<<", TokenKind::OpenBag),
    (">>", TokenKind::CloseBag),
    ("<=", TokenKind::LessOrEqual),
    (">=", TokenKind::GreaterOrEqual),
    ("<>", TokenKind::NotEqual),
    ("!=", TokenKind::NotEqual),
    ("||", TokenKind::Concatenate),
    ("(", TokenKind::Open),
    (")", TokenKind::Close),
    ("[", TokenKind::OpenBracket),
    ("]", TokenKind::CloseBracket),
    ("{", TokenKind::OpenBrace),
    ("}", TokenKind::CloseBrace),
    (",", TokenKind::Comma),
    (":", TokenKind::Colon),
    (";", TokenKind::Semicolon),
    (".", TokenKind::Dot),
    ("*", TokenKind::Star),
    ("+", TokenKind::Plus),
    ("-", TokenKind::Minus),
    ("/", TokenKind::Slash),
    ("%", TokenKind::Percent),
    ("@", TokenKind::At),
    ("?", TokenKind::Parameter),
    ("=", TokenKind::Equal),
    ("<", TokenKind::Less),
    (">", TokenKind::Greater),
];

/// The tokens of a text; the last one is always `End`.
pub(super) fn tokens(text: &str) -> Result<Vec<Token<'_>>, Malformed> {
    let mut lexer = Lexer { rest: text, line: 1, column: 1 };
    let mut tokens = Vec::new();
    loop {
        lexer.skip_blanks()?;
        let (kind, length) = lexer.next_kind()?;
        tokens.push(lexer.take(kind, length));
        if kind == TokenKind::End {
            return Ok(tokens);
        }
    }
}

struct Lexer<'t> {
    rest: &'t str,
    line: usize,
    column: usize,
}

impl<'t> Lexer<'t> {
    /// White space and comments.
    fn skip_blanks(&mut self) -> Result<(), Malformed> {
        loop {
            let blank = self.rest.find(|c| !matches!(c, ' ' | '\t' | '\r' | '\n')).unwrap_or(self.rest.len());
            self.advance(blank);
            if self.rest.starts_with("--") {
                let line = self.rest.find('\n').unwrap_or(self.rest.len());
                self.advance(line);
            } else if self.rest.starts_with("/*") {
                let end = self.rest.get(2..).and_then(|inside| inside.find("*/")).ok_or(Malformed::Unreadable)?;
                self.advance(end + 4);
            } else {
                return Ok(());
            }
        }
    }

    /// The kind of the next token and its length in bytes.
    fn next_kind(&self) -> Result<(TokenKind, usize), Malformed> {
        let bytes = self.rest.as_bytes();
        let Some(first) = bytes.first() else { return Ok((TokenKind::End, 0)) };
        let starts_number = first.is_ascii_digit() || (*first == b'.' && bytes.get(1).is_some_and(u8::is_ascii_digit));
        match first {
            b'"' => Ok((TokenKind::Quoted, quoted_length(bytes, b'"')?)),
            b'\'' => Ok((TokenKind::String, quoted_length(bytes, b'\'')?)),
            b'`' => Ok((TokenKind::Ion, quoted_length(bytes, b'`')?)),
            _ if starts_number => Ok((TokenKind::Number, number_length(self.rest)?)),
            b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'$' => {
                let is_inside = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$');
                let length = bytes.iter().position(|byte| !is_inside(byte)).unwrap_or(bytes.len());
                let word = self.rest.get(..length).unwrap_or_default();
                Ok((keyword(word).map_or(TokenKind::Identifier, TokenKind::Keyword), length))
            }
            _ => {
                let symbol = SYMBOLS.iter().find(|(text, _)| self.rest.starts_with(text));
                symbol.map(|(text, kind)| (*kind, text.len())).ok_or(Malformed::Unreadable)
            }
        }
    }

    fn take(&mut self, kind: TokenKind, length_bytes: usize) -> Token<'t> {
        let (line, column) = (self.line, self.column);
        let text = self.advance(length_bytes);
        Token { kind, text, position: Position { line, column, length: text.chars().count() } }
    }

    fn advance(&mut self, length_bytes: usize) -> &'t str {
        // Lengths come from scans that stop at ASCII bytes or at the end.
        let (passed, rest) = self.rest.split_at_checked(length_bytes).unwrap_or((self.rest, ""));
        match passed.rfind('\n') {
            Some(newline) => {
                self.line += passed.bytes().filter(|byte| *byte == b'\n').count();
                self.column = 1 + passed.get(newline + 1..).unwrap_or_default().chars().count();
            }
            None => self.column += passed.chars().count(),
        }
        self.rest = rest;
        passed
    }
}

/// The length of a text in quotes, in which a doubled quote stands for one.
fn quoted_length(bytes: &[u8], quote: u8) -> Result<usize, Malformed> {
    let mut at = 1;
    loop {
        let length = bytes.get(at..).and_then(|rest| rest.iter().position(|byte| *byte == quote));
        at += length.ok_or(Malformed::Unreadable)? + 1;
        if bytes.get(at) != Some(&quote) {
            return Ok(at);
        }
        at += 1;
    }
}

/// `digits [. digits] [e [+-] digits]`, with a digit on at least one side of the point.
fn number_length(text: &str) -> Result<usize, Malformed> {
    let bytes = text.as_bytes();
    let digits = |from: usize| bytes.iter().skip(from).take_while(|byte| byte.is_ascii_digit()).count();
    let mut at = digits(0);
    let mut fraction = 0;
    if bytes.get(at) == Some(&b'.') {
        fraction = digits(at + 1);
        at += 1 + fraction;
    }
    let mut exponent = 0;
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        let start = at + 1;
        let signed = start + usize::from(matches!(bytes.get(start), Some(b'+' | b'-')));
        let length = digits(signed);
        if length == 0 {
            return Err(Malformed::Unreadable);
        }
        at = signed + length;
        exponent = text.get(start..at).and_then(|digits| digits.parse().ok()).ok_or(Malformed::Unreadable)?;
    }
    fits_java_decimal(fraction, exponent).then_some(at).ok_or(Malformed::Unreadable)
}

/// The parser's numbers are Java's BigDecimal: exponent and scale have 32 bits (eu-west-2 and us-east-1, 2026-10).
fn fits_java_decimal(fraction_digits: usize, exponent: i64) -> bool {
    let scale = i64::try_from(fraction_digits).ok().and_then(|digits| digits.checked_sub(exponent));
    i32::try_from(exponent).is_ok() && scale.is_some_and(|scale| i32::try_from(scale).is_ok())
}

/// The text between quotes, doubled ones made single.
pub(super) fn unquoted(text: &str) -> String {
    let mut chars = text.chars();
    let quote = chars.next().map_or_else(String::new, String::from);
    chars.next_back();
    match quote.as_str() {
        "" => String::new(),
        quote => chars.as_str().replace(&quote.repeat(2), quote),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<TokenKind> {
        let mut kinds: Vec<_> = tokens(text).expect(text).iter().map(|token| token.kind).collect();
        assert_eq!(kinds.pop(), Some(TokenKind::End));
        kinds
    }

    #[test]
    fn numbers_have_exponents_and_need_no_leading_digit() {
        for text in ["1", "1.5", ".5", "5.", "7.31e6", "7.31E+6", "73100000e-1", "1e2147483647"] {
            assert_eq!(kinds(text), [TokenKind::Number], "{text}");
        }
        assert_eq!(kinds("1.2.3"), [TokenKind::Number; 2]);
        assert_eq!(kinds("1 e5"), [TokenKind::Number, TokenKind::Identifier]);
        for text in ["5e", "5e+", "1e2147483648", "1e99999999999", "1.5e-2147483647", "1e99999999999999999999"] {
            assert_eq!(tokens(text), Err(Malformed::Unreadable), "{text}");
        }
    }

    #[test]
    fn comments_are_white_space() {
        assert_eq!(kinds("-- a\n? /* b\n /* c */ ? -- d"), [TokenKind::Parameter; 2]);
        assert_eq!(kinds("/**/"), []);
        for text in ["/* a", "/*/", "# a"] {
            assert_eq!(tokens(text), Err(Malformed::Unreadable), "{text}");
        }
    }

    #[test]
    fn positions_count_characters_from_one() {
        let tokens = tokens("'é€' a\n  \"𝄞\" bc").expect("sound");
        let at = |line, column, length| Position { line, column, length };
        let positions: Vec<_> = tokens.iter().map(|token| token.position).collect();
        assert_eq!(positions, [at(1, 1, 4), at(1, 6, 1), at(2, 3, 3), at(2, 7, 2), at(2, 9, 0)]);
    }

    #[test]
    fn a_doubled_quote_is_a_quote() {
        assert_eq!(unquoted("'it''s'"), "it's");
        assert_eq!(unquoted("\"a\"\"b\""), "a\"b");
        assert_eq!(unquoted("''"), "");
        assert_eq!(kinds("'a''' 'b'"), [TokenKind::String; 2]);
        assert_eq!(tokens("'a''"), Err(Malformed::Unreadable));
    }

    #[test]
    fn what_no_statement_can_hold_is_refused() {
        for text in ["'abc", "\"", "`a", "é", "a ~ b", "\u{a0}", "\0", "!"] {
            assert_eq!(tokens(text), Err(Malformed::Unreadable), "{text}");
        }
    }
}
