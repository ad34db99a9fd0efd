//! The parameters from before expressions, on every operation that has them.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeAction, AttributeValue, AttributeValueUpdate, ComparisonOperator, Condition, ConditionalOperator,
    ExpectedAttributeValue, KeysAndAttributes, ReturnValue,
};
use compat_tests::items::{get, put, put_all};
use compat_tests::table::keys_only;
use compat_tests::value::{Item, integer, text};
use compat_tests::{Refused, Server, Table, b, item, l, n, ns, s, ss};

use ComparisonOperator as Op;

fn condition(operator: &Op, values: &[AttributeValue]) -> Condition {
    let list = (!values.is_empty()).then(|| values.to_vec());
    Condition::builder().comparison_operator(operator.clone()).set_attribute_value_list(list).build().unwrap()
}

fn compared(operator: &Op, values: &[AttributeValue]) -> ExpectedAttributeValue {
    let list = (!values.is_empty()).then(|| values.to_vec());
    ExpectedAttributeValue::builder().comparison_operator(operator.clone()).set_attribute_value_list(list).build()
}

fn equal(value: AttributeValue) -> ExpectedAttributeValue {
    ExpectedAttributeValue::builder().value(value).build()
}

fn absent() -> ExpectedAttributeValue {
    ExpectedAttributeValue::builder().exists(false).build()
}

fn update(action: AttributeAction, value: Option<AttributeValue>) -> AttributeValueUpdate {
    AttributeValueUpdate::builder().action(action).set_value(value).build()
}

fn key() -> Option<Item> {
    Some(item! { "pk" => "a" })
}

/// Each operator, its values, and whether `v` of the item `{v: 5, t: "text", tags: {x, y}, list: [1], bin: 0x01}` meets it.
fn comparisons() -> Vec<(&'static str, Op, Vec<AttributeValue>, bool)> {
    vec![
        ("v", Op::Eq, vec![n("5.0")], true),
        ("v", Op::Eq, vec![s("5")], false),
        ("tags", Op::Eq, vec![ss(["y", "x"])], true),
        ("v", Op::Ne, vec![n("5")], false),
        ("none", Op::Ne, vec![n("5")], true),
        ("v", Op::Lt, vec![n("5.1")], true),
        ("v", Op::Lt, vec![n("5")], false),
        ("v", Op::Le, vec![n("5")], true),
        ("v", Op::Gt, vec![n("-6")], true),
        ("t", Op::Gt, vec![s("tex")], true),
        ("v", Op::Ge, vec![n("5")], true),
        ("bin", Op::Ge, vec![b([2])], false),
        ("v", Op::Between, vec![n("4"), n("5")], true),
        ("v", Op::Between, vec![n("6"), n("7")], false),
        ("v", Op::In, vec![n("1"), n("5")], true),
        ("t", Op::In, vec![s("a"), s("b")], false),
        ("v", Op::NotNull, vec![], true),
        ("none", Op::NotNull, vec![], false),
        ("none", Op::Null, vec![], true),
        ("v", Op::Null, vec![], false),
        ("t", Op::BeginsWith, vec![s("te")], true),
        ("t", Op::BeginsWith, vec![s("ex")], false),
        ("t", Op::Contains, vec![s("ex")], true),
        ("tags", Op::Contains, vec![s("x")], true),
        ("list", Op::Contains, vec![n("1")], true),
        ("tags", Op::Contains, vec![s("z")], false),
        ("t", Op::NotContains, vec![s("z")], true),
        ("tags", Op::NotContains, vec![s("x")], false),
    ]
}

fn compared_item() -> Item {
    item! { "pk" => "a", "v" => 5, "t" => "text", "tags" => ss(["x", "y"]), "list" => l([n("1")]), "bin" => b([1]) }
}

#[tokio::test]
async fn expected_holds_writes_to_every_operator() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S").create(&db, "items").await;
    put(&db, "items", compared_item()).await;
    for (name, operator, values, is_met) in comparisons() {
        let expected = || HashMap::from([(name.to_owned(), compared(&operator, &values))]);
        let put = db.put_item().table_name("items").set_item(Some(compared_item())).set_expected(Some(expected()));
        let update = db.update_item().table_name("items").set_key(key()).set_expected(Some(expected()));
        for refusal in [
            put.send().await.err().map(|error| error.into_service_error().is_conditional_check_failed_exception()),
            update.send().await.err().map(|error| error.into_service_error().is_conditional_check_failed_exception()),
        ] {
            assert_eq!(refusal, (!is_met).then_some(true), "{name} {operator:?} {values:?}");
        }
        let delete = db.delete_item().table_name("items").set_key(key()).set_expected(Some(expected()));
        let deleted = delete.return_values(ReturnValue::AllOld).send().await;
        assert_eq!(deleted.is_ok(), is_met, "{name} {operator:?} {values:?}");
        if is_met {
            db.put_item().table_name("items").set_item(Some(compared_item())).send().await.unwrap();
        }
    }
}

#[tokio::test]
async fn expected_may_say_exists_and_join_with_or() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S").create(&db, "items").await;
    let put = |expected: &[(&str, ExpectedAttributeValue)], operator: Option<ConditionalOperator>| {
        let expected = expected.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        let put = db.put_item().table_name("items").set_item(Some(compared_item()));
        put.set_expected(Some(expected)).set_conditional_operator(operator).send()
    };
    put(&[("pk", absent())], None).await.unwrap();
    assert_eq!(put(&[("pk", absent())], None).await.refused().code, "ConditionalCheckFailedException");
    put(&[("v", equal(n("5"))), ("none", absent())], None).await.unwrap();
    let both = [("v", equal(n("6"))), ("none", absent())];
    assert_eq!(put(&both, None).await.refused().code, "ConditionalCheckFailedException");
    assert_eq!(put(&both, Some(ConditionalOperator::And)).await.refused().code, "ConditionalCheckFailedException");
    put(&both, Some(ConditionalOperator::Or)).await.unwrap();
    let one = put(&both[..1], Some(ConditionalOperator::Or)).await.refused();
    assert!(one.is_validation("ConditionalOperator can only be used when Filter or Expected has two or more elements"));
}

#[tokio::test]
async fn attribute_updates_put_add_and_delete() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S").create(&db, "items").await;
    use AttributeAction::{Add, Delete, Put};
    for (before, actions, after) in [
        (item! {}, vec![("v", Put, Some(n("1")))], item! { "v" => 1 }),
        (
            item! { "v" => 1 },
            vec![("v", Add, Some(n("2.5"))), ("w", Add, Some(n("7")))],
            item! { "v" => n("3.5"), "w" => 7 },
        ),
        (item! { "v" => 1, "w" => 1 }, vec![("v", Delete, None)], item! { "w" => 1 }),
        (
            item! { "s" => ss(["a"]) },
            vec![("s", Add, Some(ss(["b"]))), ("t", Add, Some(ns(["1"])))],
            item! { "s" => ss(["a", "b"]), "t" => ns(["1"]) },
        ),
        (item! { "s" => ss(["a", "b"]) }, vec![("s", Delete, Some(ss(["b", "z"])))], item! { "s" => ss(["a"]) }),
        (item! { "s" => ss(["a"]) }, vec![("s", Delete, Some(ss(["a"])))], item! {}),
        (item! { "l" => l([n("1")]) }, vec![("l", Add, Some(l([n("2")])))], item! { "l" => l([n("1"), n("2")]) }),
    ] {
        let with_key = |mut item: Item| {
            item.extend(item! { "pk" => "a" });
            item
        };
        put(&db, "items", with_key(before)).await;
        let what = format!("{actions:?}");
        let actions =
            actions.into_iter().map(|(name, action, value)| (name.to_owned(), update(action, value))).collect();
        let request = db.update_item().table_name("items").set_key(key()).set_attribute_updates(Some(actions));
        let answer = request.return_values(ReturnValue::AllNew).send().await.unwrap();
        assert_eq!(answer.attributes, Some(with_key(after.clone())), "{what}");
        assert_eq!(get(&db, "items", key().unwrap()).await, Some(with_key(after)), "{what}");
    }
    // Without an action it is PUT, and an item that is not there is made.
    let value = AttributeValueUpdate::builder().value(s("made")).build();
    let request = db.update_item().table_name("items").set_key(Some(item! { "pk" => "new" }));
    request.attribute_updates("v", value).send().await.unwrap();
    assert_eq!(get(&db, "items", item! { "pk" => "new" }).await, Some(item! { "pk" => "new", "v" => "made" }));
}

/// Ten items of one partition, and one of another.
async fn rows(db: &Client) {
    Table::new("pk:S sk:N").lsi("by-t", "t:S", keys_only()).create(db, "rows").await;
    let row = |sk: usize| item! { "pk" => "a", "sk" => sk, "t" => format!("t{}", 9 - sk), "v" => sk % 3 };
    put_all(db, "rows", (0..10).map(row).chain([item! { "pk" => "b", "sk" => 1, "v" => 9 }])).await;
}

#[tokio::test]
async fn key_conditions_take_every_operator_of_a_key() {
    let server = Server::in_memory();
    let db = server.client();
    rows(&db).await;
    let query = |name: &str, operator: Op, values: &[AttributeValue], index: Option<&str>| {
        let query = db.query().table_name("rows").set_index_name(index.map(str::to_owned));
        query
            .key_conditions("pk", condition(&Op::Eq, &[s("a")]))
            .key_conditions(name, condition(&operator, values))
            .send()
    };
    let sorts = |items: &[Item]| -> Vec<i64> { items.iter().map(|item| integer(item, "sk")).collect() };
    for (operator, values, expected) in [
        (Op::Eq, vec![n("3")], vec![3]),
        (Op::Lt, vec![n("2")], vec![0, 1]),
        (Op::Le, vec![n("2")], vec![0, 1, 2]),
        (Op::Gt, vec![n("7")], vec![8, 9]),
        (Op::Ge, vec![n("7")], vec![7, 8, 9]),
        (Op::Between, vec![n("2.5"), n("5")], vec![3, 4, 5]),
    ] {
        let found = query("sk", operator.clone(), &values, None).await.unwrap();
        assert_eq!(sorts(found.items()), expected, "{operator:?}");
    }
    let found = query("t", Op::BeginsWith, &[s("t")], Some("by-t")).await.unwrap();
    assert_eq!(sorts(found.items()), [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
    for operator in [Op::Ne, Op::In, Op::Contains, Op::NotContains, Op::Null, Op::NotNull] {
        let values: &[AttributeValue] = if matches!(operator, Op::Null | Op::NotNull) { &[] } else { &[n("1")] };
        let refusal = query("sk", operator.clone(), values, None).await.refused();
        assert_eq!(refusal.code, "ValidationException", "{operator:?}: {refusal:?}");
    }
    let wrong_type = query("sk", Op::Eq, &[s("3")], None).await.refused();
    assert!(wrong_type.is_validation("Condition parameter type does not match schema type"), "{wrong_type:?}");
}

#[tokio::test]
async fn query_filter_and_scan_filter_take_every_operator() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S").create(&db, "items").await;
    put(&db, "items", compared_item()).await;
    for (name, operator, values, is_met) in comparisons() {
        let scan = db.scan().table_name("items").scan_filter(name, condition(&operator, &values)).send().await.unwrap();
        let query = db.query().table_name("items").key_conditions("pk", condition(&Op::Eq, &[s("a")]));
        let query = query.query_filter(name, condition(&operator, &values)).send().await.unwrap();
        assert_eq!((scan.count(), scan.scanned_count()), (i32::from(is_met), 1), "{name} {operator:?} {values:?}");
        assert_eq!((query.count(), query.scanned_count()), (i32::from(is_met), 1), "{name} {operator:?} {values:?}");
    }
    let two = |operator: Option<ConditionalOperator>| {
        let scan = db.scan().table_name("items").scan_filter("v", condition(&Op::Eq, &[n("5")]));
        scan.scan_filter("t", condition(&Op::Eq, &[s("other")])).set_conditional_operator(operator).send()
    };
    assert_eq!(two(None).await.unwrap().count(), 0);
    assert_eq!(two(Some(ConditionalOperator::Or)).await.unwrap().count(), 1);
}

#[tokio::test]
async fn attributes_to_get_gives_only_those() {
    let server = Server::in_memory();
    let db = server.client();
    rows(&db).await;
    let names = || Some(vec!["v".to_owned(), "none".to_owned()]);
    let key = || item! { "pk" => "a", "sk" => 4 };
    let got =
        db.get_item().table_name("rows").set_key(Some(key())).set_attributes_to_get(names()).send().await.unwrap();
    assert_eq!(got.item, Some(item! { "v" => 1 }));
    let keys = KeysAndAttributes::builder().keys(key()).set_attributes_to_get(names()).build().unwrap();
    let batch = db.batch_get_item().request_items("rows", keys).send().await.unwrap();
    assert_eq!(batch.responses.unwrap()["rows"], [item! { "v" => 1 }]);
    let query = db.query().table_name("rows").key_conditions("pk", condition(&Op::Eq, &[s("b")]));
    assert_eq!(query.set_attributes_to_get(names()).send().await.unwrap().items(), [item! { "v" => 9 }]);
    let scan = db.scan().table_name("rows").set_attributes_to_get(Some(vec!["pk".to_owned()])).send().await.unwrap();
    assert_eq!(scan.items().iter().filter(|item| text(item, "pk") == "a" && item.len() == 1).count(), 10);
    let twice = vec!["v".to_owned(), "v".to_owned()];
    let twice = db.get_item().table_name("rows").set_key(Some(key())).set_attributes_to_get(Some(twice)).send().await;
    let twice = twice.refused();
    assert!(twice.is_validation("Duplicate value in attribute name: v"), "{twice:?}");
}

#[tokio::test]
async fn old_and_new_parameters_do_not_mix() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S").create(&db, "items").await;
    let mixed =
        "Can not use both expression and non-expression parameters in the same request: Non-expression parameters: ";
    let value = || Some(item! { ":v" => 1 });
    let expected = || equal(n("1"));
    let eq = || condition(&Op::Eq, &[s("a")]);
    let put = db.put_item().table_name("items").set_item(key()).condition_expression("v = :v");
    let put = put.set_expression_attribute_values(value()).expected("v", expected()).send().await.refused();
    let update_both = db.update_item().table_name("items").set_key(key()).update_expression("SET v = :v");
    let update_both = update_both.set_expression_attribute_values(value());
    let update_both =
        update_both.attribute_updates("v", update(AttributeAction::Put, Some(n("1")))).send().await.refused();
    let delete = db.delete_item().table_name("items").set_key(key()).condition_expression("v = :v");
    let delete = delete.set_expression_attribute_values(value()).expected("v", expected()).send().await.refused();
    let get = db.get_item().table_name("items").set_key(key()).projection_expression("v").attributes_to_get("v");
    let get = get.send().await.refused();
    let query = db.query().table_name("items").key_conditions("pk", eq()).filter_expression("attribute_exists(v)");
    let query = query.send().await.refused();
    let scan = db.scan().table_name("items").scan_filter("v", eq()).filter_expression("attribute_exists(v)");
    let scan = scan.send().await.refused();
    for (refusal, parts) in [
        (put, "{Expected} Expression parameters: {ConditionExpression}"),
        (update_both, "{AttributeUpdates} Expression parameters: {UpdateExpression}"),
        (delete, "{Expected} Expression parameters: {ConditionExpression}"),
        (get, "{AttributesToGet} Expression parameters: {ProjectionExpression}"),
        (query, "{KeyConditions} Expression parameters: {FilterExpression}"),
        (scan, "{ScanFilter} Expression parameters: {FilterExpression}"),
    ] {
        assert!(refusal.is_validation(&format!("{mixed}{parts}")), "{refusal:?}");
    }
}

#[tokio::test]
async fn wrong_arguments_are_refused_and_nothing_is_written() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S").create(&db, "items").await;
    for (expected, part) in [
        (compared(&Op::Between, &[n("1")]), "Invalid number of argument(s) for the BETWEEN ComparisonOperator"),
        (compared(&Op::Eq, &[n("1"), n("2")]), "Invalid number of argument(s) for the EQ ComparisonOperator"),
        (compared(&Op::Null, &[n("1")]), "Invalid number of argument(s) for the NULL ComparisonOperator"),
        (compared(&Op::Between, &[n("2"), n("1")]), "the lower bound is greater than the upper bound"),
        (compared(&Op::BeginsWith, &[n("1")]), "ComparisonOperator BEGINS_WITH is not valid for N AttributeValue type"),
        (ExpectedAttributeValue::builder().exists(true).build(), "Value must be provided when Exists is true"),
        (
            ExpectedAttributeValue::builder().exists(false).value(n("1")).build(),
            "Value cannot be used when Exists is false",
        ),
        (
            ExpectedAttributeValue::builder().exists(true).comparison_operator(Op::Null).build(),
            "Exists and ComparisonOperator cannot be used together",
        ),
    ] {
        let refusal = db.put_item().table_name("items").set_item(key()).expected("v", expected).send().await.refused();
        assert!(refusal.is_validation(part), "{part}: {refusal:?}");
    }
    for (action, value, part) in [
        (AttributeAction::Put, None, "Only DELETE action is allowed when no attribute value is specified"),
        (AttributeAction::Add, Some(s("x")), "ADD action is not supported for the type S"),
        (AttributeAction::Delete, Some(n("1")), "DELETE action with value is not supported for the type N"),
    ] {
        let request = db.update_item().table_name("items").set_key(key()).attribute_updates("v", update(action, value));
        let refusal = request.send().await.refused();
        assert!(refusal.is_validation(part), "{part}: {refusal:?}");
    }
    let request = db.update_item().table_name("items").set_key(key());
    let of_key = request.attribute_updates("pk", update(AttributeAction::Put, Some(s("b")))).send().await.refused();
    assert!(of_key.is_validation("Cannot update attribute pk. This attribute is part of the key"), "{of_key:?}");
    assert_eq!(db.scan().table_name("items").send().await.unwrap().count(), 0);
}
