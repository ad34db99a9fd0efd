//! GetItem.

use compat_tests::value::Item;
use compat_tests::{Refused, Server, Table, item, l, m, s, ss};

fn document() -> Item {
    item! {
        "pk" => "a", "title" => "First", "size" => 3,
        "tags" => ss(["x", "y"]),
        "nested" => m(item! {
            "deep" => m(item! { "er" => "here", "other" => 1 }),
            "list" => l([s("zero"), s("one"), s("two")]),
        }),
    }
}

#[tokio::test]
async fn an_item_that_is_not_there_is_an_answer_without_one() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S").create(&db, "items").await;
    let got = db.get_item().table_name("items").set_key(Some(item! { "pk" => "none" })).send().await.unwrap();
    assert_eq!(got.item, None);
}

#[tokio::test]
async fn a_projection_gives_only_what_it_names() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S").create(&db, "items").await;
    db.put_item().table_name("items").set_item(Some(document())).send().await.unwrap();
    let get = |projection: &str| {
        db.get_item().table_name("items").set_key(Some(item! { "pk" => "a" })).projection_expression(projection)
    };
    assert_eq!(get("title, absent").send().await.unwrap().item.unwrap(), item! { "title" => "First" });
    let deep = get("nested.deep.er, nested.#l[2], nested.#l[0]")
        .expression_attribute_names("#l", "list")
        .send()
        .await
        .unwrap();
    let nested = item! { "deep" => m(item! { "er" => "here" }), "list" => l([s("zero"), s("two")]) };
    assert_eq!(deep.item.unwrap(), item! { "nested" => m(nested) });
    let nothing = get("absent").send().await.unwrap();
    assert_eq!(nothing.item, Some(Item::new()));
}

#[tokio::test]
async fn attributes_to_get_is_still_understood() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S").create(&db, "items").await;
    db.put_item().table_name("items").set_item(Some(document())).send().await.unwrap();
    let get = db.get_item().table_name("items").set_key(Some(item! { "pk" => "a" }));
    let got = get.attributes_to_get("title").attributes_to_get("size").send().await.unwrap();
    assert_eq!(got.item.unwrap(), item! { "title" => "First", "size" => 3 });
}

#[tokio::test]
async fn a_consistent_read_sees_the_write_before_it() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S").create(&db, "items").await;
    for i in 0..100 {
        db.put_item().table_name("items").set_item(Some(item! { "pk" => "a", "n" => i })).send().await.unwrap();
        let got = db
            .get_item()
            .table_name("items")
            .set_key(Some(item! { "pk" => "a" }))
            .consistent_read(true)
            .send()
            .await
            .unwrap();
        assert_eq!(got.item.unwrap(), item! { "pk" => "a", "n" => i });
    }
}

#[tokio::test]
async fn a_key_that_does_not_fit_the_schema_is_refused() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S sk:N").create(&db, "items").await;
    let keys = [
        item! { "pk" => "a" },
        item! { "pk" => "a", "sk" => "text" },
        item! { "pk" => "a", "sk" => 1, "more" => 1 },
        item! { "pk" => "a", "other" => 1 },
    ];
    for key in keys {
        let refusal = db.get_item().table_name("items").set_key(Some(key)).send().await.refused();
        assert!(refusal.is_validation("The provided key element does not match the schema"), "{refusal:?}");
    }
    let empty = db.get_item().table_name("items").set_key(Some(item! { "pk" => "", "sk" => 1 })).send().await.refused();
    assert!(empty.is_validation("cannot contain an empty string value"), "{empty:?}");
}
