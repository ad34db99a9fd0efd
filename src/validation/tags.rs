//! The requests of TagResource, UntagResource and ListTagsOfResource.

use super::Layer;
use super::constraint::Members;
use super::table_definition::Tag;
use super::table_name::{NAME_BYTES_MIN, TableName, is_same_region};
use super::violation::{AccountViolation, Violation};
use crate::protocol::shapes::{self, ListTagsOfResourceInput, TagResourceInput, UntagResourceInput};

/// Of one resource, and of one request.
const TAGS_MAX: usize = 50;
const KEY_CHARS_MAX: usize = 128;
const VALUE_CHARS_MAX: usize = 256;

/// The table that is tagged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// As the request gave it.
    pub arn: String,
    pub table: TableName,
    region: String,
    account: String,
}

impl Resource {
    /// Whether a caller of this account and Region can own it.
    pub fn may_be_of(&self, account: &str, region: &str) -> bool {
        self.account == account && is_same_region(&self.region, region)
    }
}

#[derive(Debug, PartialEq)]
pub struct TagResource {
    pub resource: Resource,
    /// Each key once; not empty.
    pub tags: Vec<Tag>,
}

#[derive(Debug, PartialEq)]
pub struct UntagResource {
    pub resource: Resource,
    pub keys: Vec<String>,
}

#[derive(Debug, PartialEq)]
pub struct ListTagsOfResource {
    pub resource: Resource,
    /// Tags after the one with this key.
    pub start_after: Option<String>,
}

pub fn validate_tag(input: TagResourceInput, _layer: Layer) -> Result<TagResource, Violation> {
    let arn = input.resource_arn.ok_or(AccountViolation::ResourceArnMissing)?;
    let mut members = Members::new();
    members.require(&input.tags, "tags");
    members.finish()?;
    let resource = resource(arn)?;
    let given = input.tags.unwrap_or_default();
    if given.is_empty() {
        return Err(AccountViolation::NoTags.into());
    }
    Ok(TagResource { resource, tags: check(given)? })
}

pub fn validate_untag(input: UntagResourceInput, _layer: Layer) -> Result<UntagResource, Violation> {
    let arn = input.resource_arn.ok_or(AccountViolation::ResourceArnMissing)?;
    let mut members = Members::new();
    members.require(&input.tag_keys, "tagKeys");
    members.finish()?;
    let resource = resource(arn)?;
    let keys = input.tag_keys.unwrap_or_default();
    if keys.is_empty() {
        return Err(AccountViolation::NoTagKeys.into());
    }
    if keys.len() > TAGS_MAX {
        return Err(AccountViolation::TooManyTags.into());
    }
    keys.iter().try_for_each(|key| check_key(Some(key)))?;
    Ok(UntagResource { resource, keys })
}

pub fn validate_list(input: ListTagsOfResourceInput, _layer: Layer) -> Result<ListTagsOfResource, Violation> {
    let resource = resource(input.resource_arn.ok_or(AccountViolation::ResourceArnMissing)?)?;
    Ok(ListTagsOfResource { resource, start_after: input.next_token })
}

/// Tags as they were given, of CreateTable too: each key once and well-formed, not more than a resource may have.
pub(super) fn check(given: Vec<shapes::Tag>) -> Result<Vec<Tag>, Violation> {
    let mut tags: Vec<Tag> = Vec::with_capacity(given.len().min(TAGS_MAX));
    if given.len() > TAGS_MAX {
        return Err(AccountViolation::TooManyTags.into());
    }
    for tag in given {
        check_key(tag.key.as_deref())?;
        check_value(tag.value.as_deref())?;
        let (key, value) = (tag.key.unwrap_or_default(), tag.value.unwrap_or_default());
        if tags.iter().any(|other| other.key == key) {
            return Err(AccountViolation::DuplicateTagKey { key }.into());
        }
        tags.push(Tag { key, value });
    }
    Ok(tags)
}

/// The tags of a resource that has `current` when `given` are added. A tag that is there already gets the new value.
pub fn add(current: &[Tag], given: &[Tag]) -> Result<Vec<Tag>, Violation> {
    let mut tags = current.to_vec();
    for tag in given {
        match tags.iter_mut().find(|other| other.key == tag.key) {
            Some(other) => other.value.clone_from(&tag.value),
            None => tags.push(tag.clone()),
        }
    }
    if tags.len() > TAGS_MAX {
        return Err(AccountViolation::TooManyTags.into());
    }
    Ok(tags)
}

/// The tags that are left of `current` without those keys. A key that no tag has is passed over.
pub fn remove(current: &[Tag], keys: &[String]) -> Vec<Tag> {
    current.iter().filter(|tag| !keys.contains(&tag.key)).cloned().collect()
}

/// The ARN of a table. In the ARN of a stream the table counts.
fn resource(arn: String) -> Result<Resource, Violation> {
    let Some(rest) = arn.strip_prefix("arn:") else {
        return Err(AccountViolation::NotAnArn { given: arn }.into());
    };
    let mut parts = rest.splitn(5, ':');
    let (_partition, service, region, account) = (parts.next(), parts.next(), parts.next(), parts.next());
    let [region, account] = [region, account].map(|part| part.unwrap_or_default().to_string());
    let Some(path) = parts.next().filter(|_| service == Some("dynamodb")) else {
        return Err(AccountViolation::ForeignArn { arn }.into());
    };
    if path.contains("/index/") {
        return Err(AccountViolation::NotATableArn { arn }.into());
    }
    let name = path.strip_prefix("table/").and_then(|rest| rest.split("/stream/").next());
    let table = name.filter(|name| name.len() >= NAME_BYTES_MIN).and_then(TableName::parse);
    match table {
        Some(table) => Ok(Resource { arn, table, region, account }),
        None => Err(AccountViolation::InvalidTableArn { arn }.into()),
    }
}

fn check_key(given: Option<&str>) -> Result<(), Violation> {
    let key = given.unwrap_or("null");
    let length = key.chars().count();
    if given.is_none() || length == 0 || length > KEY_CHARS_MAX || !key.chars().all(may_stand_in_tag) {
        return Err(AccountViolation::TagKeyInvalid { key: key.to_string() }.into());
    }
    if key.get(..4).is_some_and(|prefix| prefix.eq_ignore_ascii_case("aws:")) {
        return Err(AccountViolation::TagKeyReserved { key: key.to_string() }.into());
    }
    Ok(())
}

fn check_value(given: Option<&str>) -> Result<(), Violation> {
    let value = given.unwrap_or("null");
    if given.is_none() || value.chars().count() > VALUE_CHARS_MAX || !value.chars().all(may_stand_in_tag) {
        return Err(AccountViolation::TagValueInvalid { value: value.to_string() }.into());
    }
    Ok(())
}

/// Letters and digits of any script, spaces and a few signs (us-west-2, 2026-10).
fn may_stand_in_tag(character: char) -> bool {
    character.is_alphanumeric() || is_space(character) || "+-=._:/@".contains(character)
}

fn is_space(character: char) -> bool {
    character.is_whitespace() && !character.is_control()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:dynamodb:us-east-1:000000000000:table/Music";

    fn tag(key: &str, value: &str) -> shapes::Tag {
        shapes::Tag { key: Some(key.into()), value: Some(value.into()) }
    }

    fn refusal(arn: &str, tags: Option<Vec<shapes::Tag>>) -> String {
        let input = TagResourceInput { resource_arn: Some(arn.into()), tags };
        validate_tag(input, Layer::Older).expect_err("to be refused").to_string()
    }

    #[test]
    fn an_arn_has_to_name_a_table() {
        let tags = || Some(vec![tag("a", "1")]);
        assert_eq!(refusal("x", tags()), "One or more parameter values were invalid: ARNs must start with 'arn:': x");
        assert_eq!(
            refusal("arn:aws:s3:us-east-1:1:table/Music", tags()),
            "One or more parameter values were invalid: Provided Arn is not a DynamoDB resource arn: \
             arn:aws:s3:us-east-1:1:table/Music"
        );
        assert!(refusal(&format!("{ARN}/index/i"), tags()).contains("only table or stream is accepted"));
        let short = "arn:aws:dynamodb:us-east-1:000000000000:table/ab";
        assert_eq!(refusal(short, tags()), format!("Invalid TableArn: Invalid ResourceArn provided as input {short}"));
        assert_eq!(resource(ARN.into()).map(|resource| resource.table.to_string()), Ok("Music".to_string()));
    }

    #[test]
    fn tags_are_checked_one_by_one() {
        assert!(refusal(ARN, None).starts_with("1 validation error detected: Value null at 'tags'"));
        assert_eq!(refusal(ARN, Some(vec![])), "Atleast one Tag needs to be provided as Input.");
        let one = |key: &str, value: &str| refusal(ARN, Some(vec![tag("good", ""), tag(key, value)]));
        assert_eq!(one("", "v"), "The Tag Key provided is invalid, Key: ");
        assert_eq!(one("a,b", "v"), "The Tag Key provided is invalid, Key: a,b");
        assert_eq!(one("k", "100%"), "The Tag Value provided is invalid, Value: 100%");
        assert_eq!(one("aws:zzz", "v"), "Tag Key cannot be prefixed with aws:, Key: aws:zzz");
        assert_eq!(one("good", "v"), "Duplicate Tag Keys provided as input: Duplicate Tag Key found good");
        let keyless = shapes::Tag { key: None, value: Some("v".into()) };
        assert_eq!(refusal(ARN, Some(vec![keyless])), "The Tag Key provided is invalid, Key: null");
        let valueless = shapes::Tag { key: Some("k".into()), value: None };
        assert_eq!(refusal(ARN, Some(vec![valueless])), "The Tag Value provided is invalid, Value: null");
        let many = (0..51).map(|i| tag(&format!("k{i}"), "")).collect();
        assert_eq!(refusal(ARN, Some(many)), "Number of Tags exceed the current limit for the provided ResourceArn");
    }

    #[test]
    fn any_script_and_a_few_signs_are_allowed() {
        for (key, value) in
            [("ключ", "café"), ("表", "a+b-c=d.e_f:g/h@i"), ("a\u{a0}b", "a\u{3000}b"), (&"k".repeat(128), "")]
        {
            assert!(check(vec![tag(key, value)]).is_ok(), "{key}");
        }
        assert!(check(vec![tag(&"k".repeat(129), "")]).is_err());
        assert!(check(vec![tag("k", &"é".repeat(256))]).is_ok());
        assert!(check(vec![tag("k", &"v".repeat(257))]).is_err());
    }

    #[test]
    fn adding_overwrites_by_key_and_removing_passes_over_what_is_not_there() {
        let own = |key: &str, value: &str| Tag { key: key.into(), value: value.into() };
        let tags = add(&[own("a", "1")], &[own("a", "2"), own("b", "")]).expect("few");
        assert_eq!(tags, [own("a", "2"), own("b", "")]);
        assert_eq!(remove(&tags, &["a".into(), "zz".into()]), [own("b", "")]);
        let full: Vec<Tag> = (0..50).map(|i| own(&format!("k{i}"), "")).collect();
        assert!(add(&full, &[own("k0", "new")]).is_ok());
        assert!(add(&full, &[own("one more", "")]).is_err());
    }
}
