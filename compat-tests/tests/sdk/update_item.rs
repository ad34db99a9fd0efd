//! UpdateItem.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::ReturnValue;
use compat_tests::value::Item;
use compat_tests::{Refused, Server, Table, item, l, m, n, ns, s, ss};

async fn with_item(item: Item) -> (Server, Client) {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S").create(&db, "items").await;
    db.put_item().table_name("items").set_item(Some(item)).send().await.unwrap();
    (server, db)
}

fn update(db: &Client, expression: &str, values: Item) -> UpdateItemFluentBuilder {
    let update =
        db.update_item().table_name("items").set_key(Some(item! { "pk" => "a" })).update_expression(expression);
    update.set_expression_attribute_values((!values.is_empty()).then_some(values)).return_values(ReturnValue::AllNew)
}

async fn updated(db: &Client, expression: &str, values: Item) -> Item {
    let answer = update(db, expression, values).send().await.unwrap_or_else(|error| panic!("{expression}: {error:?}"));
    answer.attributes.unwrap()
}

#[tokio::test]
async fn an_update_of_nothing_makes_the_item() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S").create(&db, "items").await;
    assert_eq!(updated(&db, "SET v = :v", item! { ":v" => 1 }).await, item! { "pk" => "a", "v" => 1 });
    db.update_item().table_name("items").set_key(Some(item! { "pk" => "b" })).send().await.unwrap();
    assert_eq!(db.scan().table_name("items").send().await.unwrap().count(), 2);
}

#[tokio::test]
async fn set_assigns_adds_subtracts_appends_and_defaults() {
    let (_server, db) =
        with_item(item! { "pk" => "a", "n" => 5, "l" => l([n("1")]), "m" => m(item! { "x" => 1 }) }).await;
    let values = item! { ":one" => 1, ":list" => l([n("2")]), ":text" => "t" };
    let expression = "SET n = n + :one, d = n - :one, l = list_append(l, :list), front = list_append(:list, l), \
                      e = if_not_exists(e, :text), m.y = :text, m.x = if_not_exists(m.x, :text)";
    let expected = item! {
        "pk" => "a", "n" => 6, "d" => 4, "l" => l([n("1"), n("2")]), "front" => l([n("2"), n("1")]), "e" => "t",
        "m" => m(item! { "x" => 1, "y" => "t" }),
    };
    assert_eq!(updated(&db, expression, values).await, expected);
}

#[tokio::test]
async fn every_clause_reads_the_item_as_it_was() {
    let (_server, db) = with_item(item! { "pk" => "a", "a" => 1, "b" => 2 }).await;
    assert_eq!(updated(&db, "SET a = b, b = a", item! {}).await, item! { "pk" => "a", "a" => 2, "b" => 1 });
}

#[tokio::test]
async fn add_and_delete_change_numbers_and_sets() {
    let (_server, db) =
        with_item(item! { "pk" => "a", "n" => n("0.1"), "set" => ss(["a", "b"]), "ns" => ns(["1"]) }).await;
    let values = item! { ":n" => n("0.2"), ":add" => ss(["b", "c"]), ":gone" => ns(["1"]), ":new" => 7 };
    let names = update(&db, "ADD n :n, #set :add, fresh :new DELETE ns :gone", values)
        .expression_attribute_names("#set", "set");
    let expected = item! { "pk" => "a", "n" => n("0.3"), "set" => ss(["a", "b", "c"]), "fresh" => 7 };
    assert_eq!(names.send().await.unwrap().attributes.unwrap(), expected);
}

#[tokio::test]
async fn arithmetic_is_exact_to_thirty_eight_digits() {
    let (_server, db) = with_item(item! { "pk" => "a", "n" => n("99999999999999999999999999999999999998") }).await;
    let one = || item! { ":one" => 1 };
    assert_eq!(updated(&db, "ADD n :one", one()).await["n"], n("99999999999999999999999999999999999999"));
    assert_eq!(updated(&db, "SET n = n - :one", one()).await["n"], n("99999999999999999999999999999999999998"));
    let (_server, db) = with_item(item! { "pk" => "a", "n" => n("9e125") }).await;
    assert!(update(&db, "SET n = n + n", item! {}).send().await.refused().is_validation("Number overflow"));
}

#[tokio::test]
async fn remove_takes_attributes_and_elements_away() {
    let (_server, db) =
        with_item(item! { "pk" => "a", "x" => 1, "l" => l(["0", "1", "2", "3"].map(n)), "m" => m(item! { "k" => 1 }) })
            .await;
    let left = updated(&db, "REMOVE x, l[0], l[2], m.k, absent", item! {}).await;
    assert_eq!(left, item! { "pk" => "a", "l" => l([n("1"), n("3")]), "m" => m(item! {}) });
}

#[tokio::test]
async fn a_set_past_the_end_of_a_list_appends() {
    let (_server, db) = with_item(item! { "pk" => "a", "l" => l([n("0")]) }).await;
    let values = item! { ":a" => "a", ":b" => "b" };
    let after = updated(&db, "SET l[9] = :b, l[5] = :a", values).await;
    assert_eq!(after["l"], l([n("0"), s("a"), s("b")]));
}

#[tokio::test]
async fn return_values_tell_before_and_after() {
    let (_server, db) =
        with_item(item! { "pk" => "a", "x" => 1, "y" => 1, "m" => m(item! { "k" => 1, "o" => 1 }) }).await;
    let answer = |values: ReturnValue, new: i32| {
        update(&db, "SET x = :v, m.k = :v", item! { ":v" => new }).return_values(values).send()
    };
    assert_eq!(answer(ReturnValue::None, 2).await.unwrap().attributes, None);
    let changed = |v: i32| item! { "x" => v, "m" => m(item! { "k" => v }) };
    assert_eq!(answer(ReturnValue::UpdatedOld, 3).await.unwrap().attributes.unwrap(), changed(2));
    assert_eq!(answer(ReturnValue::UpdatedNew, 4).await.unwrap().attributes.unwrap(), changed(4));
    let whole = |v: i32| item! { "pk" => "a", "x" => v, "y" => 1, "m" => m(item! { "k" => v, "o" => 1 }) };
    assert_eq!(answer(ReturnValue::AllOld, 5).await.unwrap().attributes.unwrap(), whole(4));
    assert_eq!(answer(ReturnValue::AllNew, 6).await.unwrap().attributes.unwrap(), whole(6));
}

#[tokio::test]
async fn an_update_that_cannot_be_done_changes_nothing() {
    let before = item! { "pk" => "a", "s" => "text", "n" => 1, "l" => l([]) };
    let (_server, db) = with_item(before.clone()).await;
    let refused = [
        ("SET x = absent", item! {}, "attribute that does not exist in the item"),
        ("SET absent.x = :v", item! { ":v" => 1 }, "document path provided in the update expression is invalid"),
        ("SET s = s + :v", item! { ":v" => 1 }, "incorrect"),
        ("ADD s :v", item! { ":v" => 1 }, "incorrect"),
        ("SET pk = :v", item! { ":v" => "b" }, "This attribute is part of the key"),
        ("SET x = :v, x = :v", item! { ":v" => 1 }, "overlap"),
        ("SET l = :v, l[0] = :v", item! { ":v" => 1 }, "overlap"),
        ("SET x = :absent", item! { ":v" => 1 }, ":absent"),
        ("SET x = :v", item! { ":v" => 1, ":unused" => 1 }, "unused"),
        ("SET size = :v", item! { ":v" => 1 }, "reserved keyword"),
        ("SET x = ", item! {}, "Syntax error"),
        ("", item! {}, "empty"),
    ];
    for (expression, values, part) in refused {
        let refusal = update(&db, expression, values).send().await.refused();
        assert!(refusal.is_validation(part), "{expression}: {refusal:?}");
    }
    let got = db.get_item().table_name("items").set_key(Some(item! { "pk" => "a" })).send().await.unwrap();
    assert_eq!(got.item.unwrap(), before);
}

#[tokio::test]
async fn a_condition_on_what_is_stored_guards_the_update() {
    let (_server, db) = with_item(item! { "pk" => "a", "version" => 1 }).await;
    let next = || {
        let values = item! { ":was" => 1, ":one" => 1 };
        update(&db, "SET version = version + :one", values).condition_expression("version = :was").send()
    };
    assert_eq!(next().await.unwrap().attributes.unwrap(), item! { "pk" => "a", "version" => 2 });
    assert!(next().await.unwrap_err().into_service_error().is_conditional_check_failed_exception());
    let ghost = db
        .update_item()
        .table_name("items")
        .set_key(Some(item! { "pk" => "ghost" }))
        .condition_expression("attribute_exists(pk)");
    assert!(ghost.send().await.unwrap_err().into_service_error().is_conditional_check_failed_exception());
    assert_eq!(db.scan().table_name("items").send().await.unwrap().count(), 1);
}
