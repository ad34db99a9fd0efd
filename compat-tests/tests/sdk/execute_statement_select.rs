//! ExecuteStatement: SELECT.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, ConsumedCapacity, ReturnConsumedCapacity};
use compat_tests::items::{put, put_all};
use compat_tests::statement::{run, run_with, statement};
use compat_tests::table::{all, include, keys_only};
use compat_tests::value::{Item, integer, text};
use compat_tests::{Refused, Server, Table, b, item, l, m, n, ns, null, s, ss};

/// Four items that differ in what they have.
async fn things(db: &Client) {
    Table::new("pk:S").create(db, "things").await;
    let apple = item! {
        "pk" => "a", "n" => 5, "s" => "apple", "flag" => true, "tags" => ss(["x", "y"]), "nums" => ns(["1", "2"]),
        "elems" => l([n("1"), s("two"), m(item! { "deep" => "end" })]), "doc" => m(item! { "body" => m(item! { "er" => 7 }) }),
        "nothing" => null(), "bin" => b([1, 2, 3]),
    };
    let banana =
        item! { "pk" => "b", "n" => 10, "s" => "banana", "flag" => false, "tags" => ss(["y"]), "elems" => l([]) };
    let cherry = item! { "pk" => "c", "n" => n("-3.5"), "s" => "cherry", "other" => "cherry", "elems" => l([n("1")]) };
    put_all(db, "things", [apple, banana, cherry, item! { "pk" => "d" }]).await;
}

fn keys(items: &[Item]) -> String {
    items.iter().map(|item| text(item, "pk")).collect::<BTreeSet<_>>().into_iter().collect()
}

#[tokio::test]
async fn every_operator_and_function_finds_what_it_should() {
    let server = Server::in_memory();
    let db = server.client();
    things(&db).await;
    for (condition, expected) in [
        // An attribute that is missing is unequal to everything, and a negation is true of it.
        ("n = 5", "a"),
        ("5 = n", "a"),
        ("n <> 5", "bcd"),
        ("n != 5", "bcd"),
        ("n < 5", "c"),
        ("n <= 5", "ac"),
        ("n > 5", "b"),
        ("5 < n", "b"),
        ("n >= 5", "ab"),
        ("s = other", "c"),
        ("n BETWEEN -3.5 AND 5", "ac"),
        ("n NOT BETWEEN -3.5 AND 5", "bd"),
        ("s BETWEEN 'b' AND 'c'", "b"),
        ("n IN [5, 1e1, 'x']", "ab"),
        ("n IN (5, 10)", "ab"),
        ("n NOT IN [5, 10]", "cd"),
        ("NOT n = 5", "bcd"),
        ("NOT (n = 5 OR n = 10)", "cd"),
        ("n = 5 OR n = 10 AND s = 'apple'", "a"),
        ("(n = 5 OR n = 10) AND s = 'banana'", "b"),
        ("n = 5 AND s = 'apple' AND flag = true", "a"),
        ("flag = false", "b"),
        ("nothing = null", "a"),
        ("n = '5'", ""),
        ("n < '9'", ""),
        // Documents and sets.
        ("elems = [1, 'two', {'deep': 'end'}]", "a"),
        ("elems = ['two', 1, {'deep': 'end'}]", ""),
        ("elems = []", "b"),
        ("doc = {'body': {'er': 7}}", "a"),
        ("tags = <<'y', 'x'>>", "a"),
        ("nums = <<2, 1>>", "a"),
        ("tags <> <<'y'>>", "acd"),
        // Paths.
        ("doc.body.er = 7", "a"),
        ("\"doc\".\"body\".er > 6.5", "a"),
        ("elems[0] = 1", "ac"),
        ("elems[2].deep = 'end'", "a"),
        ("elems[7] = 1", ""),
        // IS.
        ("n IS MISSING", "d"),
        ("n IS NOT MISSING", "abc"),
        ("pk = 'a' AND nothing IS NULL", "a"),
        ("pk = 'a' AND s IS NOT NULL", "a"),
        ("s IS STRING", "abc"),
        ("n IS NUMERIC", "abc"),
        ("flag IS BOOL", "ab"),
        ("flag IS BOOLEAN AND flag IS NOT STRING", "ab"),
        ("bin IS BLOB", "a"),
        ("doc IS STRUCT", "a"),
        ("doc IS TUPLE", "a"),
        ("elems IS LIST", "abc"),
        ("doc.body.er IS MISSING", "bcd"),
        // Functions, in any case of letters.
        ("begins_with(s, 'ap')", "a"),
        ("BEGINS_WITH(\"s\", 'ban') OR Contains(s, 'rr')", "bc"),
        ("contains(s, 'an')", "b"),
        ("contains(tags, 'y')", "ab"),
        ("contains(nums, 2.0)", "a"),
        ("contains(elems, 'two')", "a"),
        ("NOT contains(tags, 'x')", "bcd"),
        ("size(elems) = 0", "b"),
        ("size(s) > 5", "bc"),
        ("size(tags) = size(nums)", "a"),
        ("size(doc) BETWEEN 1 AND 2", "a"),
        ("attribute_type(n, 'N')", "abc"),
        ("attribute_type(tags, 'SS')", "ab"),
        ("attribute_exists(flag)", "ab"),
        ("attribute_not_exists(flag)", "cd"),
        ("attribute_exists(doc.body.er)", "a"),
        ("attribute_exists(flag) = false", "cd"),
        ("begins_with(s, 'b') = true", "b"),
    ] {
        let found = run(&db, &format!("SELECT * FROM things WHERE {condition}")).await;
        assert_eq!(keys(&found), expected, "{condition}");
    }
}

#[tokio::test]
async fn parameters_of_every_type_stand_for_their_values() {
    let server = Server::in_memory();
    let db = server.client();
    things(&db).await;
    let cases: [(&str, Vec<AttributeValue>, &str); 10] = [
        ("s = ?", vec![s("apple")], "a"),
        ("n BETWEEN ? AND ?", vec![n("5"), n("1E1")], "ab"),
        ("n IN [?, 10, ?]", vec![n("5"), n("-3.5")], "abc"),
        ("flag = ?", vec![AttributeValue::Bool(false)], "b"),
        ("nothing = ?", vec![null()], "a"),
        ("bin = ?", vec![b([1, 2, 3])], "a"),
        ("tags = ? AND contains(nums, ?)", vec![ss(["y", "x"]), n("1")], "a"),
        ("nums = ?", vec![ns(["2", "1.0"])], "a"),
        ("elems = ?", vec![l([n("1")])], "c"),
        ("doc = ?", vec![m(item! { "body" => m(item! { "er" => 7 }) })], "a"),
    ];
    for (condition, parameters, expected) in cases {
        let found = run_with(&db, &format!("SELECT * FROM things WHERE {condition}"), &parameters).await;
        assert_eq!(keys(&found), expected, "{condition}");
    }
    let few = statement(&db, "SELECT * FROM things WHERE n = ? AND s = ?", &[n("5")]).send().await.refused();
    assert!(few.is_validation("Number of parameters in request and statement don't match."), "{few:?}");
    let many = statement(&db, "SELECT * FROM things WHERE n = ?", &[n("5"), n("6")]).send().await.unwrap();
    assert_eq!(keys(many.items()), "a");
}

#[tokio::test]
async fn columns_are_paths_and_come_under_their_last_name() {
    let server = Server::in_memory();
    let db = server.client();
    things(&db).await;
    let of_a =
        async |columns: &str| run(&db, &format!("SELECT {columns} FROM \"things\" WHERE pk = 'a'")).await.remove(0);
    assert_eq!(of_a("s, n").await, item! { "s" => "apple", "n" => 5 });
    assert_eq!(of_a("doc.body.er, elems[2].deep").await, item! { "er" => 7, "deep" => "end" });
    assert_eq!(of_a("tags, absent").await, item! { "tags" => ss(["x", "y"]) });
    assert_eq!(of_a("*").await.len(), 10);
    assert!(of_a("absent").await.is_empty());
}

/// 30 items of 1 KB in each of five partitions, and two indexes.
async fn rows(db: &Client) {
    let table = Table::new("pk:S sk:N").gsi("by-g", "g:S sk:N", all()).gsi("few", "g:S", include(&["v"]));
    table.lsi("by-r", "r:N", keys_only()).create(db, "lines").await;
    let row = |pk: usize, sk: usize| {
        item! {
            "pk" => format!("p{pk}"), "sk" => sk, "g" => format!("g{}", sk % 3), "r" => 30 - sk, "v" => sk % 5,
            "payload" => "x".repeat(950),
        }
    };
    put_all(db, "lines", (0..5).flat_map(|pk| (0..30).map(move |sk| row(pk, sk)))).await;
}

async fn cost(db: &Client, text: &str, consistent: bool) -> ConsumedCapacity {
    let request = statement(db, text, &[]).consistent_read(consistent);
    let answer = request.return_consumed_capacity(ReturnConsumedCapacity::Indexes).send().await;
    answer.unwrap_or_else(|error| panic!("{text}: {error:?}")).consumed_capacity.unwrap()
}

#[tokio::test]
async fn a_select_on_keys_costs_a_query_and_never_a_scan() {
    let server = Server::in_memory();
    let db = server.client();
    rows(&db).await;
    for (condition, units) in [
        ("pk = 'p1' AND sk = 3", 0.5),
        ("sk = 3 AND 'p1' = pk", 0.5),
        ("pk = 'p1' AND sk = 3 AND v = 99", 0.5),
        ("pk = 'p1' AND sk IN [3, 4, 5]", 1.5),
        ("pk IN ['p1', 'p2', 'nobody'] AND sk = 3", 1.5),
        ("pk = 'p1' AND sk < 4", 0.5),
        ("pk = 'p1' AND sk BETWEEN 10 AND 17", 1.0),
        ("pk = 'p1' AND sk > 9 AND v = 0", 2.5),
        ("pk = 'p1'", 4.0),
        ("pk = 'p1' AND (v = 1 OR v = 2)", 4.0),
        ("pk IN ['p1', 'p2']", 8.0),
        ("(pk = 'p1' AND sk = 1) OR (pk = 'p2' AND sk = 2)", 1.0),
        ("pk = 'nobody'", 0.5),
        // No partition is named: this is a scan.
        ("sk = 3", 18.0),
        ("pk > 'p0'", 18.0),
        ("pk = 'p1' OR v = 1", 18.0),
    ] {
        let text = format!("SELECT * FROM lines WHERE {condition}");
        let consumed = cost(&db, &text, false).await;
        assert_eq!(consumed.capacity_units(), Some(units), "{condition}");
        assert_eq!(consumed.table().unwrap().capacity_units(), Some(units), "{condition}");
        assert_eq!(cost(&db, &text, true).await.capacity_units(), Some(2.0 * units), "{condition}");
    }
}

#[tokio::test]
async fn an_index_is_read_by_its_own_keys_and_charged_to_itself() {
    let server = Server::in_memory();
    let db = server.client();
    rows(&db).await;
    put(&db, "lines", item! { "pk" => "sparse", "sk" => 1 }).await;
    for index in ["by-g", "few", "by-r"] {
        assert_eq!(run(&db, &format!("SELECT * FROM \"lines\".\"{index}\"")).await.len(), 150, "{index}");
    }
    let found = run(&db, "SELECT * FROM \"lines\".\"by-g\" WHERE g = 'g1' AND sk = 4").await;
    assert_eq!(keys(&found), "p0p1p2p3p4");
    let few = run(&db, "SELECT * FROM \"lines\".\"few\" WHERE g = 'g0' AND v = 0").await;
    assert_eq!(few.len(), 10);
    assert!(few.iter().all(|item| item.len() == 4), "{few:?}");

    let consumed = cost(&db, "SELECT * FROM \"lines\".\"by-g\" WHERE g = 'g1' AND sk = 4", false).await;
    assert_eq!(consumed.table().unwrap().capacity_units(), Some(0.0));
    assert_eq!(consumed.global_secondary_indexes().unwrap()["by-g"].capacity_units(), Some(1.0));
    // A local index gives what it does not hold by reading the item too.
    let fetched = cost(&db, "SELECT payload FROM \"lines\".\"by-r\" WHERE pk = 'p1' AND r = 4", true).await;
    assert_eq!(fetched.table().unwrap().capacity_units(), Some(1.0));
    assert_eq!(fetched.local_secondary_indexes().unwrap()["by-r"].capacity_units(), Some(1.0));
    assert_eq!(run(&db, "SELECT payload FROM \"lines\".\"by-r\" WHERE pk = 'p1' AND r = 4").await[0].len(), 1);

    for (text, part) in [
        ("SELECT payload, v FROM \"lines\".\"few\"", "Global secondary index few does not project [payload]"),
        (
            "SELECT * FROM \"lines\".\"few\" WHERE g = 'g0' AND payload = 'x'",
            "does not project one or more filter attributes",
        ),
        ("SELECT * FROM \"lines\".\"none\"", "The table does not have the specified index"),
        ("INSERT INTO \"lines\".\"few\" VALUE {'pk': 'x', 'sk': 1}", ""),
        ("DELETE FROM \"lines\".\"few\" WHERE pk = 'p1' AND sk = 1", ""),
    ] {
        let refusal = statement(&db, text, &[]).send().await.refused();
        assert!(refusal.is_validation(part), "{text}: {refusal:?}");
    }
    let consistent =
        statement(&db, "SELECT * FROM \"lines\".\"few\"", &[]).consistent_read(true).send().await.refused();
    assert!(consistent.is_validation("not supported on Global Secondary Indexes"), "{consistent:?}");
}

#[tokio::test]
async fn order_by_sorts_what_the_keys_pin() {
    let server = Server::in_memory();
    let db = server.client();
    rows(&db).await;
    let sorts =
        async |text: &str| -> Vec<i64> { run(&db, text).await.iter().map(|item| integer(item, "sk")).collect() };
    assert_eq!(sorts("SELECT * FROM lines WHERE pk = 'p1' AND sk < 3 ORDER BY sk").await, [0, 1, 2]);
    assert_eq!(sorts("SELECT * FROM lines WHERE pk = 'p1' AND sk < 3 ORDER BY sk DESC").await, [2, 1, 0]);
    assert_eq!(sorts("SELECT * FROM lines WHERE pk = 'p1' AND sk IN [7, 2, 9] ORDER BY sk DESC").await, [9, 7, 2]);
    let both = "SELECT * FROM lines WHERE pk IN ['p2', 'p1'] AND sk < 2 ORDER BY pk DESC, sk ASC";
    let found: Vec<_> =
        run(&db, both).await.iter().map(|item| format!("{}{}", text(item, "pk"), integer(item, "sk"))).collect();
    assert_eq!(found, ["p20", "p21", "p10", "p11"]);
    let of_index = "SELECT * FROM \"lines\".\"by-r\" WHERE pk = 'p1' AND r > 27 ORDER BY r DESC";
    assert_eq!(sorts(of_index).await, [0, 1, 2]);
}

#[tokio::test]
async fn limit_and_next_token_walk_through_every_row_once() {
    let server = Server::in_memory();
    let db = server.client();
    rows(&db).await;
    for (text, count) in [
        ("SELECT * FROM lines", 150),
        ("SELECT sk, pk FROM lines WHERE pk = 'p1' ORDER BY sk DESC", 30),
        ("SELECT pk, sk FROM lines WHERE pk IN ['p4', 'p2'] AND sk > 9", 40),
        ("SELECT pk, sk FROM \"lines\".\"by-g\" WHERE g = 'g2'", 50),
        ("SELECT pk, sk FROM \"lines\".\"by-r\"", 150),
        ("SELECT pk, sk FROM lines WHERE v = 3", 30),
    ] {
        for limit in [None, Some(1), Some(7)] {
            let (mut seen, mut token, mut pages) = (Vec::new(), None, 0);
            loop {
                let page = statement(&db, text, &[]).set_limit(limit).set_next_token(token).send().await.unwrap();
                assert!(limit.is_none_or(|limit| page.items().len() <= limit as usize));
                seen.extend(page.items().iter().map(|item| format!("{} {}", text_of(item), integer(item, "sk"))));
                pages += 1;
                token = page.next_token;
                if token.is_none() {
                    break;
                }
            }
            assert_eq!(seen.len(), count, "{text}, {limit:?}");
            assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), count, "{text}, {limit:?}");
            // A limit counts what is looked at, not what is found.
            let walked = if text.contains("v = 3") { 150 } else { count };
            assert!(limit.is_none_or(|limit| pages >= walked / limit as usize), "{text}, {limit:?}: {pages}");
        }
    }
}

fn text_of(item: &Item) -> &str {
    text(item, "pk")
}

#[tokio::test]
async fn a_next_token_belongs_to_its_statement_and_parameters() {
    let server = Server::in_memory();
    let db = server.client();
    rows(&db).await;
    let text = "SELECT * FROM lines WHERE pk = ? AND v < ?";
    let given = [s("p1"), n("4")];
    let first = statement(&db, text, &given).limit(3).send().await.unwrap();
    let token = first.next_token.expect("there is more");
    let resumed = statement(&db, text, &given).limit(5).next_token(&token).send().await.unwrap();
    assert_eq!(resumed.items().iter().map(|item| integer(item, "sk")).collect::<Vec<_>>(), [3, 5, 6, 7]);
    let same = statement(&db, text, &[s("p1"), n("4")]).next_token(&token).send().await.unwrap();
    assert_eq!(same.items().len(), 24 - 3);
    for (other, parameters) in [
        ("SELECT * FROM lines WHERE pk = ? AND v <= ?", &given),
        ("SELECT * FROM lines WHERE pk = ? AND  v < ?", &given),
        ("select * FROM lines WHERE pk = ? AND v < ?", &given),
        (text, &[s("p2"), n("4")]),
        (text, &[s("p1"), n("4.0")]),
    ] {
        let refusal = statement(&db, other, parameters).next_token(&token).send().await.refused();
        assert_eq!(refusal.code, "ValidationException", "{other}: {refusal:?}");
    }
    for damaged in ["x", &token[..token.len() - 4]] {
        let refusal = statement(&db, text, &given).next_token(damaged).send().await.refused();
        assert_eq!(refusal.code, "ValidationException", "{refusal:?}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_statement_is_said_with_its_place() {
    let server = Server::in_memory();
    let db = server.client();
    things(&db).await;
    let malformed = "Statement wasn't well formed, can't be processed: ";
    for (text, message) in [
        ("SLECT * FROM things WHERE pk = 'a'", format!("{malformed}Expected data manipulation")),
        ("SELECT * FROM things WHERE", format!("{malformed}Unexpected term")),
        (
            "SELECT * FROM things WHERE pk = 'a' AND",
            format!("{malformed}Missing right-hand side expression of infix operator"),
        ),
        ("SELECT * FROM things WHERE pk = 'a' foo", format!("{malformed}Unexpected token after expression")),
        ("SELECT * FROM things WHERE pk IS FOO", format!("{malformed}Expected type name")),
        ("SELECT * FROM things WHERE pk = 'a", malformed.to_owned()),
        ("SELECT attribute_exists(n) FROM things", "Unexpected path component at 1:8:16".to_owned()),
        ("SELECT COUNT(*) FROM things", "Unexpected path component at 1:8:5".to_owned()),
        ("SELECT * FROM things\n  WHERE set_add(tags, <<'x'>>)", "Unrecognized function: set_add at 2:9:7".to_owned()),
        ("SELECT * FROM things WHERE EXISTS(n)", "Unrecognized function: exists at 1:28:6".to_owned()),
        ("SELECT * FROM things AS t", "Aliasing is not supported".to_owned()),
        (
            "SELECT * FROM things WHERE flag < true",
            "Incorrect operand type for operator or function; operator or function: <, operand type: BOOL".to_owned(),
        ),
        (
            "SELECT * FROM things WHERE attribute_exists(n, s)",
            "Incorrect number of operands for operator or function; operator or function: attribute_exists, number of \
             operands: 2"
                .to_owned(),
        ),
        (
            "SELECT * FROM things WHERE n = 1e126",
            "Number overflow. Attempting to store a number with magnitude larger than supported range under root"
                .to_owned(),
        ),
        ("SELECT * FROM nowhere WHERE pk = 'a'", "Requested resource not found".to_owned()),
    ] {
        let refusal = statement(&db, text, &[]).send().await.refused();
        assert_eq!(refusal.message, message, "{text}");
    }
    let deep = format!("SELECT * FROM things WHERE n = {}1{}", "(".repeat(5_000), ")".repeat(3_000));
    for (text, part) in [
        (deep, "Statement wasn't well formed"),
        (format!("SELECT * FROM things WHERE s = '{}'", "x".repeat(8_192)), "length less than or equal to 8192"),
        (String::new(), "length greater than or equal to 1"),
    ] {
        let refusal = statement(&db, &text, &[]).send().await.refused();
        assert!(refusal.code == "ValidationException", "{part}: {refusal:?}");
    }
}
