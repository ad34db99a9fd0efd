//! The names in a case (`$t`, `${name}`, `$new`, ...) and what they stand for.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::iter;

use crate::json::Json;

/// Keys that say how to compare; they are no names.
pub(super) const MATCHERS: [&str; 5] = ["$any", "$set", "$matches", "$len", "$anyof"];

pub(super) struct Names {
    known: HashMap<String, Json>,
    generators: HashMap<String, Json>,
    /// Names made up for tables that the case creates itself.
    pub(super) made_up: Vec<String>,
}

impl Names {
    pub(super) fn new(region: &str, generators: &[(String, Json)]) -> Self {
        let mut names =
            Self { known: HashMap::new(), generators: generators.iter().cloned().collect(), made_up: Vec::new() };
        names.set("missing", random_name("missing").as_str().into());
        names.set("region", region.into());
        names
    }

    pub(super) fn set(&mut self, name: &str, value: Json) {
        self.known.insert(name.to_owned(), value);
    }

    pub(super) fn add_generators(&mut self, generators: &[(String, Json)]) {
        self.generators.extend(generators.iter().cloned());
    }

    /// The value with every name in it replaced, in keys of objects too.
    pub(super) fn substitute(&mut self, value: &Json) -> Result<Json, String> {
        Ok(match value {
            Json::String(text) => self.substitute_text(text)?,
            Json::Array(elements) => {
                Json::Array(elements.iter().map(|e| self.substitute(e)).collect::<Result<_, _>>()?)
            }
            Json::Object(members) => {
                let replaced =
                    members.iter().map(|(name, value)| Ok((self.substitute_key(name)?, self.substitute(value)?)));
                Json::Object(replaced.collect::<Result<_, String>>()?)
            }
            Json::Null | Json::Bool(_) | Json::Number(_) => value.clone(),
        })
    }

    fn substitute_key(&mut self, name: &str) -> Result<String, String> {
        if MATCHERS.contains(&name) {
            return Ok(name.to_owned());
        }
        self.splice(name)
    }

    /// A name that is the whole text stands for its value, of whatever kind.
    fn substitute_text(&mut self, text: &str) -> Result<Json, String> {
        match Piece::all(text).as_slice() {
            [Piece::Name(name)] => self.look_up(name),
            _ => self.splice(text).map(Json::String),
        }
    }

    pub(super) fn splice(&mut self, text: &str) -> Result<String, String> {
        let mut spliced = String::with_capacity(text.len());
        for piece in Piece::all(text) {
            match piece {
                Piece::Text(text) => spliced.push_str(text),
                Piece::Name(name) => match self.look_up(name)? {
                    Json::String(value) => spliced.push_str(&value),
                    value => spliced.push_str(&value.to_string()),
                },
            }
        }
        Ok(spliced)
    }

    fn look_up(&mut self, name: &str) -> Result<Json, String> {
        if let Some(value) = self.known.get(name) {
            return Ok(value.clone());
        }
        let value = match self.generators.get(name).cloned() {
            Some(generator) => self.generate(&generator)?,
            None if is_new(name) => {
                self.made_up.push(random_name(name));
                self.made_up[self.made_up.len() - 1].as_str().into()
            }
            None => return Err(format!("nothing is called ${name}")),
        };
        self.set(name, value.clone());
        Ok(value)
    }

    fn generate(&mut self, generator: &Json) -> Result<Json, String> {
        let Some([(kind, arguments)]) = generator.as_object() else { return Err(format!("no generator: {generator}")) };
        let arguments = arguments.as_array().unwrap_or_default();
        match (kind.as_str(), arguments) {
            ("str", [Json::String(text), count]) => Ok(Json::String(text.repeat(number(count)?))),
            ("nest", [Json::String(kinds), depth]) => Ok(nested(kinds, number(depth)?, one("S", "leaf".into()))),
            ("nest", [Json::String(kinds), depth, leaf]) => Ok(nested(kinds, number(depth)?, leaf.clone())),
            ("list", [template, count]) => {
                (0..number(count)?).map(|i| self.filled(template, i)).collect::<Result<_, _>>().map(Json::Array)
            }
            ("map", [key, template, count]) => (0..number(count)?)
                .map(|i| {
                    let key = self.filled(key, i)?;
                    Ok((key.as_str().unwrap_or_default().to_owned(), self.filled(template, i)?))
                })
                .collect::<Result<_, String>>()
                .map(Json::Object),
            _ => Err(format!("no generator: {generator}")),
        }
    }

    fn filled(&mut self, template: &Json, i: usize) -> Result<Json, String> {
        let outer = self.known.insert("i".to_owned(), i.to_string().as_str().into());
        let filled = self.substitute(template);
        match outer {
            Some(outer) => self.known.insert("i".to_owned(), outer),
            None => self.known.remove("i"),
        };
        filled
    }
}

/// A stretch of text, or a name in it.
enum Piece<'a> {
    Text(&'a str),
    Name(&'a str),
}

impl<'a> Piece<'a> {
    fn all(text: &'a str) -> Vec<Self> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            if at > 0 {
                pieces.push(Self::Text(&rest[..at]));
            }
            let (piece, length) = Self::at_dollar(&rest[at..]);
            pieces.push(piece);
            rest = &rest[at + length..];
        }
        if !rest.is_empty() {
            pieces.push(Self::Text(rest));
        }
        pieces
    }

    /// What a text that starts with `$` starts with, and how long that is.
    fn at_dollar(text: &'a str) -> (Self, usize) {
        let after = &text[1..];
        if after.starts_with('$') {
            return (Self::Text("$"), 2);
        }
        if let Some(end) = after.strip_prefix('{').and_then(|braced| braced.find('}')).filter(|&end| end > 0) {
            return (Self::Name(&after[1..=end]), end + 3);
        }
        let prefix = ["arn:", "stream:"].iter().find(|p| after.starts_with(**p)).map_or(0, |p| p.len());
        match identifier_length(&after[prefix..]) {
            0 => match identifier_length(after) {
                0 => (Self::Text("$"), 1),
                length => (Self::Name(&after[..length]), 1 + length),
            },
            length => (Self::Name(&after[..prefix + length]), 1 + prefix + length),
        }
    }
}

fn identifier_length(text: &str) -> usize {
    if !text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        return 0;
    }
    text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len())
}

fn is_new(name: &str) -> bool {
    name.strip_prefix("new").is_some_and(|rest| rest.bytes().all(|c| c.is_ascii_digit()))
}

/// Always 18 characters longer than `name`, so that positions inside a statement are the same in every run.
pub(super) fn random_name(name: &str) -> String {
    let mut random = RandomState::new().build_hasher().finish();
    let letters = iter::repeat_with(|| {
        let letter = char::from_digit((random % 36) as u32, 36);
        random /= 36;
        letter.unwrap_or('0')
    });
    format!("case-{name}-{}", letters.take(12).collect::<String>())
}

fn nested(kinds: &str, depth: usize, leaf: Json) -> Json {
    let kinds = kinds.as_bytes();
    (0..depth).rev().fold(leaf, |inner, level| match kinds[level % kinds.len()] {
        b'L' => one("L", Json::Array(vec![inner])),
        _ => one("M", one("m", inner)),
    })
}

fn one(name: &str, value: Json) -> Json {
    Json::Object(vec![(name.to_owned(), value)])
}

fn number(json: &Json) -> Result<usize, String> {
    json.as_u64().and_then(|n| usize::try_from(n).ok()).ok_or_else(|| format!("no count: {json}"))
}
