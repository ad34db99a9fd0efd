//! TagResource, UntagResource and ListTagsOfResource.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::Tag;
use compat_tests::table::{describe, until_active};
use compat_tests::{Refused, Server, Table};

fn tag(key: &str, value: &str) -> Tag {
    Tag::builder().key(key).value(value).build().unwrap()
}

async fn tags(db: &Client, arn: &str) -> BTreeMap<String, String> {
    let answer = db.list_tags_of_resource().resource_arn(arn).send().await.unwrap();
    assert_eq!(answer.next_token(), None);
    answer.tags().iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned())).collect()
}

fn map<const N: usize>(tags: [(&str, &str); N]) -> BTreeMap<String, String> {
    tags.map(|(key, value)| (key.to_owned(), value.to_owned())).into()
}

#[tokio::test]
async fn tags_are_added_overwritten_and_taken_off_and_survive_a_restart() {
    let server = Server::on_disk();
    let db = server.client();
    let create = Table::new("pk:S").request(&db, "items").tags(tag("from", "the start"));
    let arn = create.send().await.unwrap().table_description.unwrap().table_arn.unwrap();
    until_active(&db, "items").await;
    assert_eq!(tags(&db, &arn).await, map([("from", "the start")]));
    let add = |given: Vec<Tag>| db.tag_resource().resource_arn(&arn).set_tags(Some(given)).send();
    add(vec![tag("from", "later"), tag("Größe", ""), tag("a/b", "c:d @e")]).await.unwrap();
    let three = map([("from", "later"), ("Größe", ""), ("a/b", "c:d @e")]);
    assert_eq!(tags(&db, &arn).await, three);
    let server = server.kill().reopen();
    let db = server.client();
    assert_eq!(tags(&db, &arn).await, three);
    db.untag_resource().resource_arn(&arn).tag_keys("from").tag_keys("nobody has it").send().await.unwrap();
    assert_eq!(tags(&db, &arn).await, map([("Größe", ""), ("a/b", "c:d @e")]));
}

#[tokio::test]
async fn a_new_table_of_the_same_name_has_none_of_the_old_tags() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S").request(&db, "items").tags(tag("a", "b")).send().await.unwrap();
    let arn = until_active(&db, "items").await.table_arn.unwrap();
    db.delete_table().table_name("items").send().await.unwrap();
    Table::new("pk:S").create(&db, "items").await;
    assert!(tags(&db, &arn).await.is_empty());
}

#[tokio::test]
async fn a_resource_has_at_most_fifty_tags() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S").create(&db, "items").await;
    let arn = describe(&db, "items").await.table_arn.unwrap();
    let add = |given: Vec<Tag>| db.tag_resource().resource_arn(&arn).set_tags(Some(given)).send();
    add((0..50).map(|i| tag(&format!("key {i}"), "v")).collect()).await.unwrap();
    add(vec![tag("key 7", "other")]).await.unwrap();
    let many = add(vec![tag("one more", "v")]).await.refused();
    assert!(many.is_validation("Number of Tags exceed the current limit"), "{many:?}");
    assert_eq!(tags(&db, &arn).await.len(), 50);
}

#[tokio::test]
async fn wrong_tags_and_wrong_resources_are_refused() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S").create(&db, "items").await;
    let arn = describe(&db, "items").await.table_arn.unwrap();
    for (given, part) in [
        (vec![], "Atleast one Tag needs to be provided as Input."),
        (vec![tag("a", "1"), tag("a", "2")], "Duplicate Tag Key found a"),
        (vec![tag("aws:mine", "1")], "Tag Key cannot be prefixed with aws:"),
        (vec![tag("", "1")], "The Tag Key provided is invalid"),
        (vec![tag(&"k".repeat(129), "1")], "The Tag Key provided is invalid"),
        (vec![tag("k", &"v".repeat(257))], "The Tag Value provided is invalid"),
    ] {
        let refusal = db.tag_resource().resource_arn(&arn).set_tags(Some(given)).send().await.refused();
        assert!(refusal.is_validation(part), "{part}: {refusal:?}");
    }
    assert!(tags(&db, &arn).await.is_empty());
    let missing = arn.replace("items", "nowhere");
    let tagged = db.tag_resource().resource_arn(&missing).tags(tag("a", "b")).send().await.refused();
    assert_eq!(tagged.code, "ResourceNotFoundException");
    let untagged = db.untag_resource().resource_arn(&missing).tag_keys("a").send().await.refused();
    assert_eq!(untagged.code, "ResourceNotFoundException");
    let listed = db.list_tags_of_resource().resource_arn(&missing).send().await.refused();
    assert_eq!(listed.code, "AccessDeniedException");
    for wrong in ["no-arn", "arn:aws:s3:::bucket", &format!("{arn}/index/i")] {
        let refusal = db.list_tags_of_resource().resource_arn(wrong).send().await.refused();
        assert_eq!(refusal.code, "ValidationException", "{refusal:?}");
    }
}
