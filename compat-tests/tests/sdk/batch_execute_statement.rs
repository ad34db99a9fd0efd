//! BatchExecuteStatement.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    BatchStatementErrorCodeEnum, BatchStatementRequest, BatchStatementResponse, ReturnConsumedCapacity,
    ReturnValuesOnConditionCheckFailure,
};
use compat_tests::items::{get, put_all};
use compat_tests::statement::member;
use compat_tests::table::all;
use compat_tests::{Refused, Server, Table, item, n, s};

async fn batch(db: &Client, members: Vec<BatchStatementRequest>) -> Vec<BatchStatementResponse> {
    db.batch_execute_statement().set_statements(Some(members)).send().await.unwrap().responses.unwrap()
}

fn code(response: &BatchStatementResponse) -> Option<&BatchStatementErrorCodeEnum> {
    response.error().and_then(|error| error.code())
}

#[tokio::test]
async fn reads_answer_in_order_each_with_its_item_or_none() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S").create(&db, "one").await;
    Table::new("pk:S sk:N").create(&db, "two").await;
    put_all(&db, "one", [item! { "pk" => "a", "v" => 1, "w" => 2 }]).await;
    put_all(&db, "two", [item! { "pk" => "b", "sk" => 1 }]).await;
    let responses = batch(
        &db,
        vec![
            member("SELECT * FROM two WHERE sk = ? AND pk = ?", &[n("1"), s("b")]),
            member("SELECT * FROM one WHERE pk = 'nobody'", &[]),
            member("SELECT w FROM one WHERE pk IN ['a']", &[]),
        ],
    )
    .await;
    let items: Vec<_> = responses.iter().map(|response| response.item().cloned()).collect();
    assert_eq!(items, [Some(item! { "pk" => "b", "sk" => 1 }), None, Some(item! { "w" => 2 })]);
    let tables: Vec<_> = responses.iter().map(|response| response.table_name()).collect();
    assert_eq!(tables, [Some("two"), Some("one"), Some("one")]);
}

#[tokio::test]
async fn each_write_succeeds_or_fails_by_itself() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S").create(&db, "items").await;
    put_all(&db, "items", ["a", "b", "c", "d"].map(|pk| item! { "pk" => pk, "n" => 1 })).await;
    let with_old = |text: &str| {
        let member = BatchStatementRequest::builder().statement(text);
        member.return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld).build().unwrap()
    };
    let responses = batch(
        &db,
        vec![
            member("INSERT INTO items VALUE {'pk': 'new'}", &[]),
            member("INSERT INTO items VALUE {'pk': 'a'}", &[]),
            member("UPDATE items SET n = n + 1 WHERE pk = 'b' RETURNING MODIFIED NEW *", &[]),
            with_old("UPDATE items SET n = 9 WHERE pk = 'c' AND n = 5"),
            member("UPDATE items SET n = 9 WHERE n = 1", &[]),
            member("DELETE FROM items WHERE pk = 'd' RETURNING ALL OLD *", &[]),
            member("DELETE FROM nowhere WHERE pk = 'd'", &[]),
            member("UPDATE items SET", &[]),
            member("DELETE FROM items WHERE pk = ?", &[]),
        ],
    )
    .await;
    use BatchStatementErrorCodeEnum as Code;
    let codes: Vec<_> = responses.iter().map(code).collect();
    assert_eq!(
        codes,
        [
            None,
            Some(&Code::DuplicateItem),
            None,
            Some(&Code::ConditionalCheckFailed),
            Some(&Code::ValidationError),
            None,
            Some(&Code::ResourceNotFound),
            Some(&Code::ValidationError),
            Some(&Code::ValidationError),
        ]
    );
    assert_eq!(responses[2].item(), Some(&item! { "n" => 2 }));
    assert_eq!(responses[3].error().unwrap().item(), Some(&item! { "pk" => "c", "n" => 1 }));
    assert_eq!(responses[5].item(), Some(&item! { "pk" => "d", "n" => 1 }));
    // The name is there if the statement was run.
    let named: Vec<_> = responses.iter().map(|response| response.table_name().is_some()).collect();
    assert_eq!(named, [true, true, true, true, false, true, false, false, false]);
    assert!(get(&db, "items", item! { "pk" => "new" }).await.is_some());
    assert!(get(&db, "items", item! { "pk" => "d" }).await.is_none());
    assert_eq!(get(&db, "items", item! { "pk" => "c" }).await, Some(item! { "pk" => "c", "n" => 1 }));
}

#[tokio::test]
async fn a_select_has_to_name_one_item_and_nothing_else() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S sk:N").gsi("by-g", "g:S", all()).create(&db, "items").await;
    let key = "Select statements within BatchExecuteStatement must specify the primary key in the where clause.";
    let texts = [
        "SELECT * FROM items",
        "SELECT * FROM items WHERE pk = 'a'",
        "SELECT * FROM items WHERE pk = 'a' AND sk > 1",
        "SELECT * FROM items WHERE pk = 'a' AND sk = 1 AND n = 1",
        "SELECT * FROM items WHERE pk = 'a' AND sk IN [1, 2]",
        "SELECT * FROM items.\"by-g\" WHERE g = 'x'",
    ];
    for response in batch(&db, texts.map(|text| member(text, &[])).into()).await {
        assert_eq!(code(&response), Some(&BatchStatementErrorCodeEnum::ValidationError));
        assert_eq!(response.error().unwrap().message(), Some(key));
    }
}

#[tokio::test]
async fn capacity_is_summed_by_table_and_each_read_is_rated_for_itself() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S").gsi("by-g", "g:S", all()).create(&db, "one").await;
    Table::new("pk:S").create(&db, "two").await;
    put_all(&db, "one", ["a", "b"].map(|pk| item! { "pk" => pk, "g" => "x", "payload" => "x".repeat(5_000) })).await;
    let of = async |members: Vec<BatchStatementRequest>| -> Vec<(String, f64)> {
        let request = db.batch_execute_statement().set_statements(Some(members));
        let answer = request.return_consumed_capacity(ReturnConsumedCapacity::Indexes).send().await.unwrap();
        let arms = answer.consumed_capacity().iter();
        arms.map(|arm| (arm.table_name().unwrap().to_owned(), arm.capacity_units().unwrap())).collect()
    };
    let consistent =
        BatchStatementRequest::builder().statement("SELECT * FROM one WHERE pk = 'b'").consistent_read(true);
    let reads = vec![
        member("SELECT * FROM one WHERE pk = 'a'", &[]),
        consistent.build().unwrap(),
        member("SELECT * FROM two WHERE pk = 'nobody'", &[]),
    ];
    assert_eq!(of(reads).await, [("one".to_owned(), 3.0), ("two".to_owned(), 0.5)]);
    // 5 KB and 1 KB for the items, the same for their entries, which a write outside of them would not touch.
    let writes = vec![
        member("UPDATE one SET v = 1 WHERE pk = 'a'", &[]),
        member("INSERT INTO one VALUE {'pk': 'small', 'g': 'y'}", &[]),
        member("DELETE FROM one WHERE pk = 'nobody'", &[]),
        member("UPDATE two SET v = 1 WHERE pk = 'nobody'", &[]),
    ];
    assert_eq!(of(writes).await, [("one".to_owned(), 5.0 + 5.0 + 1.0 + 1.0 + 1.0)]);
}

#[tokio::test]
async fn a_batch_that_cannot_be_is_refused_whole() {
    let server = Server::in_memory();
    let db = server.client();
    Table::new("pk:S").create(&db, "items").await;
    let refused = async |members: Vec<BatchStatementRequest>| {
        db.batch_execute_statement().set_statements(Some(members)).send().await.refused()
    };
    let insert = |pk: usize| member(&format!("INSERT INTO items VALUE {{'pk': '{pk}'}}"), &[]);
    let mixed = refused(vec![insert(1), member("SELECT * FROM items WHERE pk = '2'", &[])]).await;
    assert_eq!(mixed.code, "ValidationException", "{mixed:?}");
    let twice = refused(vec![insert(1), member("DELETE FROM items WHERE pk = '1'", &[])]).await;
    assert!(twice.is_validation("Provided list of item keys contains duplicates"), "{twice:?}");
    let many = refused((0..26).map(insert).collect()).await;
    assert!(many.is_validation("Member must have length less than or equal to 25"), "{many:?}");
    let none = refused(Vec::new()).await;
    assert!(none.is_validation("Member must have length greater than or equal to 1"), "{none:?}");
    assert_eq!(db.scan().table_name("items").send().await.unwrap().count(), 0);
}
