//! PutItem.

use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};
use compat_tests::value::Item;
use compat_tests::{Refused, Server, Table, b, bs, item, l, m, n, ns, null, s, ss};

#[tokio::test]
async fn every_attribute_type_is_read_back_as_it_was_written() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S").create(&db, "items").await;
    let item = item! {
        "pk" => "all", "text" => "naïve café ☕ 🦀 \u{0} \" \\ \n", "empty text" => "",
        "number" => n("-12.5"), "bytes" => b([0u8, 255, 10]), "no bytes" => b([]),
        "yes" => true, "no" => false, "nothing" => null(),
        "strings" => ss(["a", "b", "é"]), "numbers" => ns(["-1", "2", "10"]), "binaries" => bs([b"", b"\x00", b"\xff"]),
        "list" => l([s("a"), n("1"), l([]), m(Item::new()), null()]), "empty list" => l([]),
        "map" => m(item! { "list" => l([m(item! { "x" => ss(["y"]) })]), "empty" => "" }), "empty map" => m(Item::new()),
    };
    db.put_item().table_name("items").set_item(Some(item.clone())).send().await.unwrap();
    let got = db.get_item().table_name("items").set_key(Some(item! { "pk" => "all" })).send().await.unwrap();
    assert_eq!(got.item.unwrap(), item);
}

#[tokio::test]
async fn numbers_keep_thirty_eight_digits_and_their_shortest_form() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S").create(&db, "numbers").await;
    let forms = [
        ("0", "0"),
        ("-0", "0"),
        ("+5", "5"),
        ("007", "7"),
        ("1.50", "1.5"),
        ("1e3", "1000"),
        ("1E-3", "0.001"),
        ("99999999999999999999999999999999999999", "99999999999999999999999999999999999999"),
        ("0.00000000000000000000000000000000000001", "0.00000000000000000000000000000000000001"),
        ("-1.2345678901234567890123456789012345678", "-1.2345678901234567890123456789012345678"),
        ("9007199254740993", "9007199254740993"),
        ("0.1", "0.1"),
    ];
    for (written, read) in forms {
        db.put_item()
            .table_name("numbers")
            .set_item(Some(item! { "pk" => "n", "n" => n(written) }))
            .send()
            .await
            .unwrap();
        let got = db.get_item().table_name("numbers").set_key(Some(item! { "pk" => "n" })).send().await.unwrap();
        assert_eq!(got.item.unwrap()["n"], n(read), "{written}");
    }
    for refused in
        ["", " 1", "1 ", "abc", "1e126", "1e-131", "123456789012345678901234567890123456789", "1.2.3", "NaN", "0x10"]
    {
        let put = db.put_item().table_name("numbers").set_item(Some(item! { "pk" => "n", "n" => n(refused) }));
        assert!(put.send().await.refused().is_validation(""), "{refused}");
    }
}

#[tokio::test]
async fn a_put_replaces_the_whole_item() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S sk:N").create(&db, "items").await;
    let put = |item| db.put_item().table_name("items").set_item(Some(item));
    put(item! { "pk" => "a", "sk" => 1, "old" => 1 }).send().await.unwrap();
    let replaced =
        put(item! { "pk" => "a", "sk" => 1, "new" => 2 }).return_values(ReturnValue::AllOld).send().await.unwrap();
    assert_eq!(replaced.attributes.unwrap(), item! { "pk" => "a", "sk" => 1, "old" => 1 });
    let got = db.get_item().table_name("items").set_key(Some(item! { "pk" => "a", "sk" => 1 })).send().await.unwrap();
    assert_eq!(got.item.unwrap(), item! { "pk" => "a", "sk" => 1, "new" => 2 });
    let first = put(item! { "pk" => "b", "sk" => 1 }).return_values(ReturnValue::AllOld).send().await.unwrap();
    assert_eq!(first.attributes, None);
}

#[tokio::test]
async fn a_condition_that_fails_keeps_the_item_and_shows_it_when_asked() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S").create(&db, "items").await;
    let put = || {
        db.put_item()
            .table_name("items")
            .set_item(Some(item! { "pk" => "a", "v" => 2 }))
            .condition_expression("attribute_not_exists(pk)")
    };
    db.put_item().table_name("items").set_item(Some(item! { "pk" => "a", "v" => 1 })).send().await.unwrap();
    let plain = put().send().await.unwrap_err().into_service_error();
    assert!(plain.is_conditional_check_failed_exception());
    let with_item = put().return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    match with_item.send().await.unwrap_err().into_service_error() {
        aws_sdk_dynamodb::operation::put_item::PutItemError::ConditionalCheckFailedException(failed) => {
            assert_eq!(failed.message(), Some("The conditional request failed"));
            assert_eq!(failed.item.unwrap(), item! { "pk" => "a", "v" => 1 });
        }
        other => panic!("{other:?}"),
    }
    let got = db.get_item().table_name("items").set_key(Some(item! { "pk" => "a" })).send().await.unwrap();
    assert_eq!(got.item.unwrap(), item! { "pk" => "a", "v" => 1 });
}

#[tokio::test]
async fn every_operator_and_function_of_a_condition_decides() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S").create(&db, "items").await;
    let item = item! {
        "pk" => "a", "n" => 5, "s" => "hello", "b" => b(*b"abc"), "set" => ss(["x", "y"]),
        "l" => l([n("1"), n("2")]), "m" => m(item! { "k" => "v" }), "t" => true, "z" => null(),
    };
    db.put_item().table_name("items").set_item(Some(item)).send().await.unwrap();
    let holds = [
        "n = :five",
        "n <> :six",
        "n < :six",
        "n <= :five",
        "n > :four",
        "n >= :five",
        "n BETWEEN :four AND :six",
        "n IN (:four, :five)",
        "attribute_exists(m.k)",
        "attribute_not_exists(m.x)",
        "attribute_type(#l, :list)",
        "begins_with(s, :he)",
        "contains(s, :ell)",
        "contains(#set, :x)",
        "contains(#l, :two)",
        "size(s) = :five",
        "size(#set) = :two",
        "size(#l) < size(s)",
        "NOT n = :six",
        "n = :six OR s = :hello",
        "n = :five AND s = :hello",
        "(n = :six OR n = :five) AND NOT (s = :he)",
        "m.k = :v",
        "#l[1] = :two",
        "absent <> :five",
        "t = :true",
        ":five = n",
    ];
    let fails = [
        "n = :six",
        "n <> :five",
        "n < :five",
        "s > :z",
        "n BETWEEN :six AND :six",
        "n IN (:four, :six)",
        "attribute_exists(x)",
        "attribute_not_exists(pk)",
        "attribute_type(n, :list)",
        "begins_with(s, :ell)",
        "contains(s, :z)",
        "contains(#set, :z)",
        "size(n) = :five",
        "NOT n = :five",
        "absent = :five",
        "absent < :five",
        "n = :hello",
        "s < :five",
    ];
    let values = item! {
        ":four" => 4, ":five" => 5, ":six" => 6, ":two" => 2, ":list" => "L", ":he" => "he", ":ell" => "ell", ":hello" => "hello",
        ":x" => "x", ":v" => "v", ":z" => "z", ":true" => true,
    };
    for (condition, expected) in holds.iter().map(|c| (c, true)).chain(fails.iter().map(|c| (c, false))) {
        let used =
            values.iter().filter(|(name, _)| uses(condition, name)).map(|(name, value)| (name.clone(), value.clone()));
        let mut update =
            db.update_item().table_name("items").set_key(Some(item! { "pk" => "a" })).condition_expression(*condition);
        let used: Item = used.collect();
        update = update.set_expression_attribute_values((!used.is_empty()).then_some(used));
        for (placeholder, name) in [("#l", "l"), ("#set", "set")] {
            if uses(condition, placeholder) {
                update = update.expression_attribute_names(placeholder, name);
            }
        }
        let outcome = update.send().await.map(|_| ()).map_err(|error| error.into_service_error());
        match outcome {
            Ok(()) => assert!(expected, "{condition} held"),
            Err(error) => assert!(!expected && error.is_conditional_check_failed_exception(), "{condition}: {error:?}"),
        }
    }
}

fn uses(expression: &str, placeholder: &str) -> bool {
    let mut words = expression.split(|c: char| !c.is_alphanumeric() && c != ':' && c != '#');
    words.any(|word| word == placeholder)
}

#[tokio::test]
async fn an_item_of_four_hundred_kilobytes_fits_and_one_byte_more_does_not() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S").create(&db, "items").await;
    // "pk" and "a" are three bytes, "v" is one.
    let fits = "x".repeat(409_600 - 4);
    db.put_item().table_name("items").set_item(Some(item! { "pk" => "a", "v" => fits.as_str() })).send().await.unwrap();
    let got = db.get_item().table_name("items").set_key(Some(item! { "pk" => "a" })).send().await.unwrap();
    assert_eq!(got.item.unwrap()["v"], s(&fits));
    let over = db
        .put_item()
        .table_name("items")
        .set_item(Some(item! { "pk" => "a", "v" => fits + "x" }))
        .send()
        .await
        .refused();
    assert!(over.is_validation("Item size has exceeded the maximum allowed size"), "{over:?}");
}

#[tokio::test]
async fn keys_may_be_as_long_as_the_limits_allow() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S sk:B").create(&db, "items").await;
    let put = |pk: usize, sk: usize| {
        let item = item! { "pk" => "k".repeat(pk), "sk" => b(vec![255u8; sk]) };
        db.put_item().table_name("items").set_item(Some(item)).send()
    };
    put(2048, 1024).await.unwrap();
    put(1, 1).await.unwrap();
    assert!(put(2049, 1).await.refused().is_validation("2048 bytes"));
    assert!(put(1, 1025).await.refused().is_validation("1024 bytes"));
    assert!(put(0, 1).await.refused().is_validation("empty"));
    assert!(put(1, 0).await.refused().is_validation("empty"));
}

#[tokio::test]
async fn an_item_without_its_key_or_with_one_of_another_type_is_refused() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S sk:N").create(&db, "items").await;
    let put = |item| db.put_item().table_name("items").set_item(Some(item)).send();
    assert!(put(item! { "pk" => "a" }).await.refused().is_validation("Missing the key sk in the item"));
    assert!(
        put(item! { "pk" => 1, "sk" => 1 })
            .await
            .refused()
            .is_validation("Type mismatch for key pk expected: S actual: N")
    );
    assert!(put(item! { "pk" => "a", "sk" => 1, "e" => ss([]) }).await.refused().is_validation("empty"));
    assert!(
        put(item! { "pk" => "a", "sk" => 1, "d" => ss(["x", "x"]) })
            .await
            .refused()
            .is_validation("contains duplicates")
    );
}
