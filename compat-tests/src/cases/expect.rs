//! Whether an answer is what a step expects.

use regex_lite::Regex;

use super::names::MATCHERS;
use crate::json::Json;

const SHOWN_CHARS_MAX: usize = 200;

/// What came back.
pub(super) struct Outcome {
    pub(super) status: u16,
    pub(super) body: Json,
}

impl Outcome {
    pub(super) fn error_name(&self) -> &str {
        let name = self.body.get("__type").and_then(Json::as_str).unwrap_or_default();
        name.rsplit('#').next().unwrap_or_default()
    }

    fn message(&self) -> &str {
        self.body.get("message").or(self.body.get("Message")).and_then(Json::as_str).unwrap_or_default()
    }

    /// `expected` holds a step's members about the answer, its names replaced.
    pub(super) fn check(&self, expected: &Json) -> Result<(), String> {
        self.check_status(expected)?;
        self.check_message(expected)?;
        self.check_reasons(expected)?;
        if let Some(wanted) = expected.get("out") {
            unless(holds(wanted, &self.body, false)?, wanted, &self.body)?;
        }
        for (path, wanted) in expected.get("is").into_iter().flat_map(Json::members) {
            let got = self
                .body
                .at(path)
                .ok_or_else(|| format!("expected {path} to be {}; got nothing there", cut(wanted)))?;
            unless(holds(wanted, got, true)?, wanted, got)?;
        }
        for path in expected.get("absent").into_iter().flat_map(Json::elements).filter_map(Json::as_str) {
            if let Some(got) = self.body.at(path) {
                return Err(format!("expected nothing at {path}; got {}", cut(got)));
            }
        }
        Ok(())
    }

    fn check_status(&self, expected: &Json) -> Result<(), String> {
        let got = format!("{} {}", self.status, self.error_name());
        let wanted = match expected.get("error").and_then(Json::as_str) {
            Some(error) => format!("{} {error}", expected.get("status").and_then(Json::as_u64).unwrap_or(400)),
            None => "200 ".to_owned(),
        };
        if got == wanted {
            return Ok(());
        }
        let texts = ["message", "contains", "matches"].iter().find_map(|&name| expected.get(name));
        Err(format!(
            "expected {wanted} {}; got {got}: {}",
            texts.map(cut).unwrap_or_default(),
            cut_text(self.message())
        ))
    }

    fn check_message(&self, expected: &Json) -> Result<(), String> {
        let got = self.message();
        if let Some(wanted) = expected.get("message").and_then(Json::as_str).filter(|&wanted| wanted != got) {
            return Err(format!("expected {:?}; got {:?}", differing(wanted, got), differing(got, wanted)));
        }
        let parts = expected.get("contains").into_iter().flat_map(Json::elements).filter_map(Json::as_str);
        if let Some(part) = parts.into_iter().find(|&part| !got.contains(part)) {
            return Err(format!("expected ... {part} ...; got {}", cut_text(got)));
        }
        match expected.get("matches").and_then(Json::as_str) {
            Some(pattern) if !matches_whole(pattern, got)? => {
                Err(format!("expected /{pattern}/; got {}", cut_text(got)))
            }
            _ => Ok(()),
        }
    }

    fn check_reasons(&self, expected: &Json) -> Result<(), String> {
        let Some(wanted) = expected.get("reasons") else { return Ok(()) };
        let reasons = self.body.get("CancellationReasons").into_iter().flat_map(Json::elements);
        let codes = Json::Array(reasons.map(|reason| reason.get("Code").cloned().unwrap_or(Json::Null)).collect());
        unless(codes == *wanted, wanted, &codes)
    }
}

/// Whether `got` is what `wanted` asks for; `exact` forbids members that `wanted` does not name.
fn holds(wanted: &Json, got: &Json, exact: bool) -> Result<bool, String> {
    match (wanted, got) {
        (Json::Object(members), _) if members.len() == 1 && MATCHERS.contains(&members[0].0.as_str()) => {
            matcher_holds(&members[0].0, &members[0].1, got, exact)
        }
        (Json::Object(wanted), Json::Object(members)) => {
            if exact && wanted.len() != members.len() {
                return Ok(false);
            }
            all(wanted.iter().map(|(name, value)| got.get(name).map_or(Ok(false), |got| holds(value, got, exact))))
        }
        (Json::Array(wanted), Json::Array(got)) => {
            Ok(wanted.len() == got.len() && all(wanted.iter().zip(got).map(|(wanted, got)| holds(wanted, got, exact)))?)
        }
        (Json::Number(wanted), Json::Number(got)) => Ok(wanted == got || wanted.as_f64() == got.as_f64()),
        _ => Ok(wanted == got),
    }
}

fn matcher_holds(matcher: &str, argument: &Json, got: &Json, exact: bool) -> Result<bool, String> {
    match (matcher, argument, got) {
        ("$any", _, _) => Ok(true),
        ("$matches", Json::String(pattern), Json::String(text)) => matches_whole(pattern, text),
        ("$len", count, Json::String(text)) => Ok(count.as_u64() == Some(text.chars().count() as u64)),
        ("$len", count, Json::Array(elements)) => Ok(count.as_u64() == Some(elements.len() as u64)),
        ("$len", count, Json::Object(members)) => Ok(count.as_u64() == Some(members.len() as u64)),
        ("$anyof", Json::Array(choices), _) => any(choices.iter().map(|choice| holds(choice, got, exact))),
        ("$set", Json::Array(wanted), Json::Array(got)) => pairs_up(wanted, got, exact),
        _ => Ok(false),
    }
}

/// Whether every wanted element has a got element of its own.
fn pairs_up(wanted: &[Json], got: &[Json], exact: bool) -> Result<bool, String> {
    if wanted.len() != got.len() {
        return Ok(false);
    }
    let row = |w| got.iter().map(|g| holds(w, g, exact)).collect::<Result<Vec<_>, _>>();
    let fits: Vec<Vec<bool>> = wanted.iter().map(row).collect::<Result<_, _>>()?;
    let mut taken = vec![None; got.len()];
    Ok((0..wanted.len()).all(|w| place(w, &fits, &mut taken, &mut vec![false; got.len()])))
}

/// Finds a place for one, moving others if need be.
fn place(w: usize, fits: &[Vec<bool>], taken: &mut [Option<usize>], tried: &mut [bool]) -> bool {
    for g in 0..taken.len() {
        if !fits[w][g] || tried[g] {
            continue;
        }
        tried[g] = true;
        if taken[g].is_none_or(|other| place(other, fits, taken, tried)) {
            taken[g] = Some(w);
            return true;
        }
    }
    false
}

fn all(mut results: impl Iterator<Item = Result<bool, String>>) -> Result<bool, String> {
    results.try_fold(true, |so_far, result| Ok(so_far && result?))
}

fn any(mut results: impl Iterator<Item = Result<bool, String>>) -> Result<bool, String> {
    results.try_fold(false, |so_far, result| Ok(so_far || result?))
}

/// A leading `(?!text)` is understood too: the text must not start that way.
fn matches_whole(pattern: &str, text: &str) -> Result<bool, String> {
    if let Some((forbidden, rest)) = pattern.strip_prefix("(?!").and_then(|p| p.split_once(')')) {
        return Ok(!regex(&format!(r"\A(?:{forbidden})"))?.is_match(text) && matches_whole(rest, text)?);
    }
    Ok(regex(&format!(r"\A(?:{pattern})\z"))?.is_match(text))
}

fn regex(pattern: &str) -> Result<Regex, String> {
    Regex::new(&format!("(?s){pattern}")).map_err(|error| format!("{pattern}: {error}"))
}

fn unless(holds: bool, wanted: &Json, got: &Json) -> Result<(), String> {
    if holds { Ok(()) } else { Err(format!("expected {}; got {}", cut(wanted), cut(got))) }
}

fn cut(json: &Json) -> String {
    cut_text(&json.to_string())
}

fn cut_text(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN_CHARS_MAX).collect();
    if shown.len() < text.len() {
        shown.push_str("...");
    }
    shown
}

/// A stretch of a long text from a little before the place where it stops being the same as the other one.
fn differing(text: &str, other: &str) -> String {
    let same = text.chars().zip(other.chars()).take_while(|(a, b)| a == b).count();
    let start = if text.chars().count() > SHOWN_CHARS_MAX { same.saturating_sub(30) } else { 0 };
    let stretch = cut_text(&text.chars().skip(start).collect::<String>());
    if start > 0 { format!("...{stretch}") } else { stretch }
}
