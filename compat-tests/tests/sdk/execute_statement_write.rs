//! ExecuteStatement: INSERT, UPDATE and DELETE.

use aws_sdk_dynamodb::operation::execute_statement::ExecuteStatementError;
use aws_sdk_dynamodb::types::{ReturnConsumedCapacity, ReturnValuesOnConditionCheckFailure};
use compat_tests::items::{get, put};
use compat_tests::statement::{run, run_with, statement};
use compat_tests::table::all;
use compat_tests::value::{IntoValue, Item};
use compat_tests::{Refused, Server, Table, b, item, l, m, n, ns, null, s, ss};

#[tokio::test]
async fn an_insert_stores_literals_and_parameters_of_every_type() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S").create(&db, "items").await;
    let text = "INSERT INTO \"items\" VALUE {'pk': ?, 'n': -1.5e3, 'big': 12345678901234567890123456789012345678, \
                's': 'it''s', 'yes': true, 'null': null, 'l': [1, 'two', [], {'deep': [false]}], 'm': {'in': {'er': 7}}, \
                'ss': <<'b', 'a'>>, 'ns': <<2, 1.0>>, 'bin': ?}";
    assert!(run_with(&db, text, &[s("a"), b([1, 2])]).await.is_empty());
    let expected = item! {
        "pk" => "a", "n" => n("-1500"), "big" => n("12345678901234567890123456789012345678"), "s" => "it's", "yes" => true,
        "null" => null(), "l" => l([n("1"), s("two"), l([]), m(item! { "deep" => l([false.into_value()]) })]),
        "m" => m(item! { "in" => m(item! { "er" => 7 }) }), "ss" => ss(["a", "b"]), "ns" => ns(["1", "2"]),
        "bin" => b([1, 2]),
    };
    assert_eq!(get(&db, "items", item! { "pk" => "a" }).await, Some(expected.clone()));

    let again = statement(&db, "INSERT INTO items VALUE {'pk': 'a', 'n': 0}", &[]).send().await.unwrap_err();
    assert!(again.into_service_error().is_duplicate_item_exception());
    assert_eq!(get(&db, "items", item! { "pk" => "a" }).await, Some(expected));
    let whole = m(item! { "pk" => "b", "n" => 1 });
    let refused = statement(&db, "INSERT INTO items VALUE {'n': 1}", &[]).send().await.refused();
    assert_eq!(refused.code, "ValidationException", "{refused:?}");
    run_with(&db, "INSERT INTO items VALUE ?", &[whole]).await;
    assert_eq!(get(&db, "items", item! { "pk" => "b" }).await, Some(item! { "pk" => "b", "n" => 1 }));
}

#[tokio::test]
async fn an_update_sets_removes_and_computes() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S").create(&db, "items").await;
    for (before, text, after) in [
        (item! { "n" => 1 }, "SET n = 2", item! { "n" => 2 }),
        (item! { "n" => 1 }, "SET n = n + 1 SET copy = n - 2", item! { "n" => 2, "copy" => -1 }),
        (
            item! { "n" => 1 },
            "SET a = 'x', b = {'c': [1]}",
            item! { "n" => 1, "a" => "x", "b" => m(item! { "c" => l([n("1")]) }) },
        ),
        (item! { "n" => 1, "gone" => 1 }, "REMOVE gone", item! { "n" => 1 }),
        (item! { "a" => 1, "b" => 2 }, "REMOVE a REMOVE b SET c = a", item! { "c" => 1 }),
        (
            item! { "m" => m(item! { "x" => 1, "y" => 2 }) },
            "SET m.x = 9 REMOVE m.y",
            item! { "m" => m(item! { "x" => 9 }) },
        ),
        (
            item! { "l" => l([n("0"), n("1"), n("2")]) },
            "REMOVE l[0] SET l[1] = 'b'",
            item! { "l" => l([s("b"), n("2")]) },
        ),
        (item! { "l" => l([n("0")]) }, "SET l = list_append(l, [1, 2])", item! { "l" => l([n("0"), n("1"), n("2")]) }),
        (item! { "l" => l([n("0")]) }, "SET l[9] = 'end'", item! { "l" => l([n("0"), s("end")]) }),
        (item! { "s" => ss(["a"]) }, "SET s = set_add(s, <<'b', 'a'>>)", item! { "s" => ss(["a", "b"]) }),
        (item! {}, "SET s = set_add(s, <<1, 2>>)", item! { "s" => ns(["1", "2"]) }),
        (item! { "s" => ss(["a", "b"]) }, "SET s = set_delete(s, <<'b', 'z'>>)", item! { "s" => ss(["a"]) }),
        (item! { "s" => ss(["a"]) }, "SET s = set_delete(s, <<'a'>>)", item! {}),
    ] {
        let with_key = |mut item: Item| {
            item.extend(item! { "pk" => "k" });
            item
        };
        for written in [format!("UPDATE items {text} WHERE pk = 'k'"), format!("FROM items WHERE pk = 'k' {text}")] {
            put(&db, "items", with_key(before.clone())).await;
            assert!(run(&db, &written).await.is_empty());
            assert_eq!(get(&db, "items", item! { "pk" => "k" }).await, Some(with_key(after.clone())), "{written}");
        }
    }
}

#[tokio::test]
async fn an_update_or_a_delete_needs_its_item_and_its_condition() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S sk:N").create(&db, "items").await;
    let stored = item! { "pk" => "a", "sk" => 1, "n" => 5, "tags" => ss(["x"]) };
    put(&db, "items", stored.clone()).await;
    for text in [
        "UPDATE items SET n = 6 WHERE pk = 'a' AND sk = 1 AND n = 4",
        "UPDATE items SET n = 6 WHERE pk = 'a' AND sk = 1 AND NOT contains(tags, 'x')",
        "UPDATE items SET n = 6 WHERE pk = 'a' AND sk = 1 AND attribute_not_exists(pk)",
        "DELETE FROM items WHERE pk = 'a' AND sk = 1 AND n IN [1, 2]",
    ] {
        let request = statement(&db, text, &[]);
        let request = request.return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let error = request.send().await.unwrap_err().into_service_error();
        let ExecuteStatementError::ConditionalCheckFailedException(failed) = error else { panic!("{text}: {error:?}") };
        assert_eq!(failed.item(), Some(&stored), "{text}");
    }
    // An UPDATE makes no item; a DELETE of nothing is done already.
    let missing = statement(&db, "UPDATE items SET n = 6 WHERE pk = 'b' AND sk = 1", &[]).send().await.unwrap_err();
    assert!(missing.into_service_error().is_conditional_check_failed_exception());
    run(&db, "DELETE FROM items WHERE pk = 'b' AND sk = 1").await;
    assert_eq!(get(&db, "items", item! { "pk" => "b", "sk" => 1 }).await, None);
    run(&db, "UPDATE items SET n = 6 WHERE pk = 'a' AND sk = 1 AND n = 5 AND size(tags) = 1").await;
    run(&db, "DELETE FROM items WHERE pk = 'a' AND sk = 1 AND n > 5").await;
    assert_eq!(get(&db, "items", item! { "pk" => "a", "sk" => 1 }).await, None);

    let key = "Where clause does not contain a mandatory equality on all key attributes";
    for text in [
        "UPDATE items SET n = 6 WHERE pk = 'a'",
        "UPDATE items SET n = 6 WHERE pk = 'a' AND sk > 1",
        "DELETE FROM items WHERE pk = 'a' AND (sk = 1 OR sk = 2)",
        "DELETE FROM items WHERE pk IN ['a', 'b'] AND sk = 1",
        "DELETE FROM items WHERE n = 1",
    ] {
        let refusal = statement(&db, text, &[]).send().await.refused();
        assert!(refusal.is_validation(key), "{text}: {refusal:?}");
    }
}

#[tokio::test]
async fn returning_gives_the_whole_item_or_what_changed_before_or_after() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S").create(&db, "items").await;
    let before = item! { "pk" => "a", "n" => 1, "kept" => "k", "m" => m(item! { "x" => 1, "y" => 2 }) };
    let after = item! { "pk" => "a", "n" => 2, "kept" => "k", "m" => m(item! { "x" => 3, "y" => 2 }) };
    for (returning, expected) in [
        ("ALL OLD *", before.clone()),
        ("ALL NEW *", after),
        ("MODIFIED OLD *", item! { "n" => 1, "m" => m(item! { "x" => 1 }) }),
        ("MODIFIED NEW *", item! { "n" => 2, "m" => m(item! { "x" => 3 }) }),
    ] {
        put(&db, "items", before.clone()).await;
        let text = format!("UPDATE items SET n = n + 1 SET m.x = 3 WHERE pk = 'a' RETURNING {returning}");
        assert_eq!(run(&db, &text).await, [expected], "{returning}");
    }
    put(&db, "items", before.clone()).await;
    assert_eq!(run(&db, "DELETE FROM items WHERE pk = 'a' RETURNING ALL OLD *").await, [before]);
    assert!(run(&db, "DELETE FROM items WHERE pk = 'a' RETURNING ALL OLD *").await.is_empty());
    let refusal =
        statement(&db, "DELETE FROM items WHERE pk = 'a' RETURNING MODIFIED OLD *", &[]).send().await.refused();
    assert!(
        refusal.is_validation(
            "Invalid returning clause: RETURNING MODIFIED OLD *. Only RETURNING ALL OLD * is allowed in DELETE statements."
        ),
        "{refusal:?}"
    );
}

#[tokio::test]
async fn writes_reach_indexes_and_are_charged_like_any_other() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S").gsi("by-g", "g:S", all()).create(&db, "items").await;
    let cost = async |text: &str| {
        let request = statement(&db, text, &[]).return_consumed_capacity(ReturnConsumedCapacity::Indexes);
        let consumed = request.send().await.unwrap().consumed_capacity.unwrap();
        let index = consumed.global_secondary_indexes().and_then(|arms| arms["by-g"].capacity_units());
        (consumed.table().unwrap().capacity_units().unwrap(), index)
    };
    assert_eq!(cost("INSERT INTO items VALUE {'pk': 'a', 'g': 'x'}").await, (1.0, Some(1.0)));
    assert_eq!(run(&db, "SELECT * FROM items.\"by-g\" WHERE g = 'x'").await.len(), 1);
    assert_eq!(cost("UPDATE items SET v = 1 WHERE pk = 'a'").await, (1.0, Some(1.0)));
    assert_eq!(cost("UPDATE items SET v = 1 WHERE pk = 'a'").await, (1.0, None));
    assert_eq!(cost("UPDATE items SET g = 'y' WHERE pk = 'a'").await, (1.0, Some(2.0)));
    assert!(run(&db, "SELECT * FROM items.\"by-g\" WHERE g = 'x'").await.is_empty());
    assert_eq!(cost("DELETE FROM items WHERE pk = 'a'").await, (1.0, Some(1.0)));
    assert!(run(&db, "SELECT * FROM items.\"by-g\"").await.is_empty());
}

#[tokio::test]
async fn a_wrong_write_is_refused_and_changes_nothing() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S").create(&db, "items").await;
    let stored = item! { "pk" => "a", "n" => 1, "s" => ss(["x"]), "t" => "text" };
    put(&db, "items", stored.clone()).await;
    for (text, part) in [
        ("UPDATE items SET pk = 'b' WHERE pk = 'a'", "This attribute is part of the key"),
        ("UPDATE items REMOVE pk WHERE pk = 'a'", "This attribute is part of the key"),
        ("UPDATE items SET n = 1 SET n = 2 WHERE pk = 'a'", "Two document paths overlap"),
        ("UPDATE items SET m.x = 1 WHERE pk = 'a'", "The document path provided in the update expression is invalid"),
        ("UPDATE items SET n = t + 1 WHERE pk = 'a'", "An operand in the update expression has an incorrect data type"),
        (
            "UPDATE items SET s = set_add(t, <<'y'>>) WHERE pk = 'a'",
            "The first argument to SET_ADD must equal the assignment value at 1:22:7",
        ),
        (
            "UPDATE items SET s = set_delete(s, 'y') WHERE pk = 'a'",
            "The second argument to SET_DELETE must be a value with type SET at 1:33:1",
        ),
        ("UPDATE items SET s = set_add(s) WHERE pk = 'a'", "SET_ADD must have exactly two arguments at 1:22:7"),
        ("UPDATE items SET s = <<>> WHERE pk = 'a'", "Empty bags are not supported"),
        ("UPDATE items SET s = <<'y', 'y'>> WHERE pk = 'a'", "Input collection [y, y] contains duplicates."),
        (
            "UPDATE items SET n = 5 WHERE pk = 5",
            "Key attribute's data type should match its data type in table's schema: Key pk",
        ),
        ("INSERT INTO items VALUE {'pk': 'b', 'x': set_add(s, <<1>>)}", "Unsupported data type: set_add under key"),
        ("INSERT INTO items VALUE {'pk': ''}", "cannot contain an empty string value"),
        ("INSERT INTO items VALUE [1]", ""),
    ] {
        let refusal = statement(&db, text, &[]).send().await.refused();
        assert!(refusal.is_validation(part), "{text}: {refusal:?}");
    }
    assert_eq!(get(&db, "items", item! { "pk" => "a" }).await, Some(stored));
    assert_eq!(run(&db, "SELECT * FROM items").await.len(), 1);
}
