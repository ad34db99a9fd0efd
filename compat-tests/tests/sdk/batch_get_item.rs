//! BatchGetItem.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::KeysAndAttributes;
use compat_tests::value::{Item, text};
use compat_tests::{Refused, Server, Table, item};

fn keys(keys: impl IntoIterator<Item = Item>) -> aws_sdk_dynamodb::types::builders::KeysAndAttributesBuilder {
    KeysAndAttributes::builder().set_keys(Some(keys.into_iter().collect()))
}

#[tokio::test]
async fn items_of_several_tables_come_back_and_missing_ones_do_not() {
    let server = Server::in_memory();
    let db = server.client();
    for name in ["one", "two"] {
        Table::new("pk:S").create(&db, name).await;
        for pk in ["a", "b"] {
            db.put_item()
                .table_name(name)
                .set_item(Some(item! { "pk" => pk, "in" => name, "more" => 1 }))
                .send()
                .await
                .unwrap();
        }
    }
    let one = keys([item! { "pk" => "a" }, item! { "pk" => "b" }, item! { "pk" => "c" }]).build().unwrap();
    let two = keys([item! { "pk" => "b" }])
        .projection_expression("pk, #in")
        .expression_attribute_names("#in", "in")
        .consistent_read(true);
    let answer =
        db.batch_get_item().request_items("one", one).request_items("two", two.build().unwrap()).send().await.unwrap();
    let responses = answer.responses.unwrap();
    let found: BTreeSet<&str> = responses["one"].iter().map(|item| text(item, "pk")).collect();
    assert_eq!(found, BTreeSet::from(["a", "b"]));
    assert_eq!(responses["two"], [item! { "pk" => "b", "in" => "two" }]);
    assert!(answer.unprocessed_keys.unwrap_or_default().is_empty());
}

#[tokio::test]
async fn more_than_sixteen_megabytes_come_in_several_answers() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S").create(&db, "items").await;
    let large = "x".repeat(399_000);
    for i in 0..60 {
        db.put_item()
            .table_name("items")
            .set_item(Some(item! { "pk" => i.to_string(), "v" => large.as_str() }))
            .send()
            .await
            .unwrap();
    }
    let mut asked = keys((0..60).map(|i| item! { "pk" => i.to_string() })).build().unwrap();
    let mut found = BTreeSet::new();
    let mut answers = 0;
    loop {
        let answer = db.batch_get_item().request_items("items", asked).send().await.unwrap();
        answers += 1;
        let items = &answer.responses().unwrap()["items"];
        found.extend(items.iter().map(|item| text(item, "pk").to_owned()));
        match answer.unprocessed_keys.unwrap_or_default().remove("items") {
            Some(rest) => asked = rest,
            None => break,
        }
    }
    assert_eq!(found.len(), 60);
    assert_eq!(answers, 2);
}

#[tokio::test]
async fn too_many_keys_or_one_twice_is_refused() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S").create(&db, "items").await;
    let many = keys((0..101).map(|i| item! { "pk" => i.to_string() })).build().unwrap();
    assert_eq!(db.batch_get_item().request_items("items", many).send().await.refused().code, "ValidationException");
    let twice = keys([item! { "pk" => "a" }, item! { "pk" => "a" }]).build().unwrap();
    let refusal = db.batch_get_item().request_items("items", twice).send().await.refused();
    assert!(refusal.is_validation("Provided list of item keys contains duplicates"), "{refusal:?}");
}
