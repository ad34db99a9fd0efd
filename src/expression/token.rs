//! Text to tokens.

use super::error::Fault;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// A letter, then letters, digits and underscores; no keyword.
    Identifier,
    /// `#name`
    Name,
    /// `:value`
    Value,
    /// Digits without a leading zero.
    Index,
    And,
    Or,
    Not,
    Between,
    In,
    Set,
    Add,
    Delete,
    Remove,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Plus,
    Minus,
    Open,
    Close,
    OpenBracket,
    CloseBracket,
    Comma,
    Dot,
    /// One character that belongs to no token.
    Unknown,
    /// The end of the text, and every token after it.
    End,
}

#[derive(Clone, Copy, Debug)]
struct Token {
    kind: TokenKind,
    start: usize,
    end: usize,
}

/// The tokens of an expression and the place that reading has reached.
pub(super) struct Tokens<'t> {
    text: &'t str,
    tokens: Vec<Token>,
    at: usize,
}

impl<'t> Tokens<'t> {
    pub(super) fn new(text: &'t str) -> Tokens<'t> {
        let mut tokens = Vec::with_capacity(text.len() / 4 + 2);
        let mut start = 0;
        while let Some(rest) = text.get(start..).filter(|rest| !rest.is_empty()) {
            let (kind, length) = first_token(rest);
            if let Some(kind) = kind {
                tokens.push(Token { kind, start, end: start + length });
            }
            start += length;
        }
        tokens.push(Token { kind: TokenKind::End, start: text.len(), end: text.len() });
        Tokens { text, tokens, at: 0 }
    }

    pub(super) fn kind(&self) -> TokenKind {
        self.tokens[self.at].kind
    }

    pub(super) fn kind_after(&self) -> TokenKind {
        self.tokens.get(self.at + 1).map_or(TokenKind::End, |token| token.kind)
    }

    /// Steps over the current token and returns its text.
    pub(super) fn next(&mut self) -> &'t str {
        let token = self.tokens[self.at];
        // The end stays the current token however often it is read.
        self.at = (self.at + 1).min(self.tokens.len() - 1);
        &self.text[token.start..token.end]
    }

    pub(super) fn expect(&mut self, kind: TokenKind) -> Result<&'t str, Fault> {
        if self.kind() == kind { Ok(self.next()) } else { Err(self.syntax_fault()) }
    }

    /// The current token does not belong where it is.
    ///
    /// The window in the message is the text from the start of the token before (of the expression, when there is none) to
    /// the end of the token after, the blanks around them included: `a = = b` gives `= = b`, `f(` gives `(`.
    pub(super) fn syntax_fault(&self) -> Fault {
        let token = self.tokens[self.at];
        let start = if self.at == 0 { 0 } else { self.tokens[self.at - 1].start };
        let end = self.tokens.get(self.at + 1).map_or(token.end, |after| after.end);
        let token_text = if token.kind == TokenKind::End { "<EOF>" } else { &self.text[token.start..token.end] };
        Fault::Syntax { token: token_text.to_string(), near: self.text[start..end].to_string() }
    }
}

/// What the text, which is not empty, begins with: `None` for blanks, and how many bytes it takes.
fn first_token(text: &str) -> (Option<TokenKind>, usize) {
    let bytes = text.as_bytes();
    let kind = match bytes[0] {
        // Nothing else is a blank: a form feed or a no-break space is a syntax error.
        b' ' | b'\t' | b'\r' | b'\n' => return (None, 1),
        first if first.is_ascii_alphabetic() => {
            let length = word_length(bytes);
            return (Some(word_kind(&text[..length])), length);
        }
        b'#' | b':' => return placeholder(bytes),
        // A leading zero is a whole index: in `l[01]` the 1 is a token too many.
        b'1'..=b'9' => return (Some(TokenKind::Index), run_length(bytes, |byte| byte.is_ascii_digit())),
        b'0' => TokenKind::Index,
        b'<' if bytes.get(1) == Some(&b'>') => return (Some(TokenKind::NotEqual), 2),
        b'<' if bytes.get(1) == Some(&b'=') => return (Some(TokenKind::LessOrEqual), 2),
        b'>' if bytes.get(1) == Some(&b'=') => return (Some(TokenKind::GreaterOrEqual), 2),
        b'<' => TokenKind::Less,
        b'>' => TokenKind::Greater,
        b'=' => TokenKind::Equal,
        b'+' => TokenKind::Plus,
        b'-' => TokenKind::Minus,
        b'(' => TokenKind::Open,
        b')' => TokenKind::Close,
        b'[' => TokenKind::OpenBracket,
        b']' => TokenKind::CloseBracket,
        b',' => TokenKind::Comma,
        b'.' => TokenKind::Dot,
        _ => return (Some(TokenKind::Unknown), text.chars().next().map_or(1, char::len_utf8)),
    };
    (Some(kind), 1)
}

/// `#name` or `:value`; a lone `#` or `:` is no token.
fn placeholder(bytes: &[u8]) -> (Option<TokenKind>, usize) {
    let length = 1 + word_length(&bytes[1..]);
    match (length, bytes[0]) {
        (1, _) => (Some(TokenKind::Unknown), 1),
        (_, b'#') => (Some(TokenKind::Name), length),
        _ => (Some(TokenKind::Value), length),
    }
}

fn word_length(bytes: &[u8]) -> usize {
    run_length(bytes, |byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn run_length(bytes: &[u8], belongs: impl Fn(u8) -> bool) -> usize {
    bytes.iter().position(|&byte| !belongs(byte)).unwrap_or(bytes.len())
}

/// Keywords are keywords in every kind of expression and in any case: `set` is no attribute name in a filter either.
fn word_kind(word: &str) -> TokenKind {
    const KEYWORDS: [(&str, TokenKind); 9] = [
        ("AND", TokenKind::And),
        ("OR", TokenKind::Or),
        ("NOT", TokenKind::Not),
        ("BETWEEN", TokenKind::Between),
        ("IN", TokenKind::In),
        ("SET", TokenKind::Set),
        ("ADD", TokenKind::Add),
        ("DELETE", TokenKind::Delete),
        ("REMOVE", TokenKind::Remove),
    ];
    let keyword = KEYWORDS.iter().find(|(keyword, _)| word.eq_ignore_ascii_case(keyword));
    keyword.map_or(TokenKind::Identifier, |&(_, kind)| kind)
}
