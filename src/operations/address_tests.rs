//! Where a table, a stream or the server itself is, as ARNs and addresses say it.

use hyper::header::HeaderValue;
use serde_json::{Value, json};

use super::fixtures::Server;
use crate::protocol::Operation;
use crate::service::Host;

fn table_arn(region: &str, account: &str) -> String {
    format!("arn:aws:dynamodb:{region}:{account}:table/items")
}

const OWN: &str = "000000000000";

#[test]
fn an_arn_of_another_region_does_not_find_the_table_of_that_name_here() {
    let server = Server::open();
    server.create_plain_table("items", false);
    let item = json!({"pk": {"S": "k"}});
    let calls = |name: &str| {
        [
            (Operation::PutItem, json!({"TableName": name, "Item": item})),
            (Operation::GetItem, json!({"TableName": name, "Key": item})),
            (Operation::Scan, json!({"TableName": name})),
            (Operation::DescribeTable, json!({"TableName": name})),
            (Operation::BatchWriteItem, json!({"RequestItems": {name: [{"PutRequest": {"Item": item}}]}})),
            (Operation::TransactWriteItems, json!({"TransactItems": [{"Put": {"TableName": name, "Item": item}}]})),
            (Operation::ExecuteStatement, json!({"Statement": format!("SELECT * FROM \"{name}\"")})),
        ]
    };
    // Of the account nothing is said, as in DynamoDB Local: a program is configured with one that is not ours.
    for arn in [table_arn("us-east-1", OWN), table_arn("us-east-1", "123456789012"), table_arn("ddblocal", OWN)] {
        for (operation, input) in calls(&arn) {
            server.ok(operation, &input);
        }
    }
    for (operation, input) in calls(&table_arn("eu-west-1", OWN)) {
        assert_eq!(server.error(operation, &input), "ResourceNotFoundException", "{operation}");
    }
}

#[test]
fn all_regions_are_one_in_a_shared_database() {
    let server = Server::open_with(&["--shared-db"]);
    server.create_plain_table("items", false);
    server.ok(Operation::Scan, &json!({"TableName": table_arn("eu-west-1", OWN)}));
    server.ok(Operation::ListTagsOfResource, &json!({"ResourceArn": table_arn("eu-west-1", OWN)}));
}

#[test]
fn tags_of_somebody_elses_table_are_not_ours() {
    let server = Server::open();
    server.create_plain_table("items", false);
    let tags = json!([{"Key": "a", "Value": "1"}]);
    let call = |arn: &str| {
        let tag = json!({"ResourceArn": arn, "Tags": tags});
        let untag = json!({"ResourceArn": arn, "TagKeys": ["a"]});
        [
            server.error(Operation::TagResource, &tag),
            server.error(Operation::ListTagsOfResource, &json!({"ResourceArn": arn})),
            server.error(Operation::UntagResource, &untag),
        ]
    };
    assert_eq!(call(&table_arn("us-east-1", OWN)), ["none", "none", "none"]);
    for arn in [table_arn("us-east-1", "999999999999"), table_arn("eu-west-1", OWN)] {
        let not_found = "ResourceNotFoundException";
        assert_eq!(call(&arn), [not_found, "AccessDeniedException", not_found], "{arn}");
    }
}

#[test]
fn a_stream_is_found_by_its_own_arn_only() {
    let server = Server::open();
    let stream = server.create_table("items");
    let describe = |arn: &str| server.error(Operation::DescribeStream, &json!({"StreamArn": arn}));
    assert_eq!(describe(&stream), "none");
    assert_eq!(describe(&stream.replace("us-east-1", "eu-west-1")), "ResourceNotFoundException");
    assert_eq!(describe(&stream.replace(OWN, "999999999999")), "ResourceNotFoundException");
}

#[test]
fn the_endpoint_to_go_on_with_is_the_one_that_was_asked() {
    let server = Server::open();
    let address = |host: Option<&'static str>| {
        let host = Host(host.map(HeaderValue::from_static));
        let (_, answer) = server.call_at(host, Operation::DescribeEndpoints, &json!({}));
        let Value::String(address) = &answer["Endpoints"][0]["Address"] else { panic!("{answer}") };
        assert_eq!(answer["Endpoints"][0]["CachePeriodInMinutes"], 1440);
        address.clone()
    };
    assert_eq!(address(Some("localhost:8000")), "localhost:8000");
    assert_eq!(address(Some("dynamodb")), "dynamodb");
    for nothing in [None, Some("")] {
        assert_eq!(address(nothing), "dynamodb.us-east-1.amazonaws.com");
    }
}
