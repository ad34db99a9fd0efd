//! What every operation's decoding has in common. The texts are those that the dynalite suite recorded on AWS.

use super::*;
use crate::protocol::shapes::*;
use crate::value::{AttributeValue, Given, Item, Number};
use proptest::prelude::*;
use serde_json::{Value, json};

pub(in crate::protocol) fn decode_value(text: &str) -> Result<Given<AttributeValue>, SerializationFault> {
    let mut reader = Reader::new(text.as_bytes())?;
    let token = reader.value()?;
    Given::<AttributeValue>::decode(token, &mut reader, Place::Element)
}

fn any_number() -> impl Strategy<Value = Number> {
    (any::<i64>(), -20i32..20).prop_map(|(digits, exponent)| Number::parse(&format!("{digits}e{exponent}")).unwrap())
}

fn any_set<T: Ord + std::fmt::Debug>(member: impl Strategy<Value = T>) -> impl Strategy<Value = Vec<T>> {
    prop::collection::btree_set(member, 1..5).prop_map(|members| members.into_iter().collect())
}

pub(in crate::protocol) fn any_value() -> impl Strategy<Value = AttributeValue> {
    let leaf = prop_oneof![
        any::<String>().prop_map(AttributeValue::S),
        any_number().prop_map(AttributeValue::N),
        any::<Vec<u8>>().prop_map(AttributeValue::B),
        any::<bool>().prop_map(AttributeValue::Bool),
        Just(AttributeValue::Null),
        any_set(any::<String>()).prop_map(AttributeValue::Ss),
        any_set(any_number()).prop_map(AttributeValue::Ns),
        any_set(any::<Vec<u8>>()).prop_map(AttributeValue::Bs),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(AttributeValue::L),
            prop::collection::vec((".{1,6}", inner), 0..6)
                .prop_map(|entries| AttributeValue::M(entries.into_iter().collect())),
        ]
    })
}

pub(in crate::protocol) fn any_item() -> impl Strategy<Value = Item> {
    prop::collection::vec((".{1,6}", any_value()), 0..6).prop_map(|entries| entries.into_iter().collect())
}

/// `wrong` at a dotted path, in which a `0` is an element of an array.
fn at(path: &str, wrong: &Value) -> Value {
    path.rsplit('.').fold(wrong.clone(), |inner, name| match name {
        "0" => json!([inner]),
        name => json!({ name: inner }),
    })
}

fn message<T: Shape + std::fmt::Debug>(body: &Value) -> Option<String> {
    decode::<T>(body.to_string().as_bytes()).expect_err(&body.to_string()).message()
}

#[track_caller]
fn assert_refused<T: Shape + std::fmt::Debug>(path: &str, wrong: &[(Value, &str)]) {
    for (wrong, expected) in wrong {
        let body = at(path, wrong);
        assert_eq!(message::<T>(&body).as_deref(), Some(*expected), "{body}");
    }
}

const NOT_EXPECTED: &str = "Start of structure or map found where not expected";
const FIELD: &str = "Unexpected field type";
const VALUE: &str = "Unexpected value type in payload";

#[test]
fn strings_of_another_type_are_refused() {
    let wrong = [
        (json!(true), "TRUE_VALUE cannot be converted to String"),
        (json!(false), "FALSE_VALUE cannot be converted to String"),
        (json!(23), "NUMBER_VALUE cannot be converted to String"),
        (json!(-2147483648), "NUMBER_VALUE cannot be converted to String"),
        (json!(34.56), "DECIMAL_VALUE cannot be converted to String"),
        (json!([]), "Unrecognized collection type class java.lang.String"),
        (json!({}), NOT_EXPECTED),
    ];
    for path in ["TableName", "Item.a.S", "Item.a.N", "Item.a.SS.0", "Item.a.NS.0", "ExpressionAttributeNames.a"] {
        assert_refused::<PutItemInput>(path, &wrong);
    }
}

#[test]
fn booleans_and_numbers_of_another_type_are_refused() {
    let boolean = [
        (json!("23"), "Unexpected token received from parser"),
        (json!(23), "NUMBER_VALUE cannot be converted to Boolean"),
        (json!(34.56), "DECIMAL_VALUE cannot be converted to Boolean"),
        (json!([]), "Unrecognized collection type class java.lang.Boolean"),
        (json!({}), NOT_EXPECTED),
    ];
    assert_refused::<PutItemInput>("Expected.a.Exists", &boolean);
    assert_refused::<PutItemInput>("Item.a.BOOL", &boolean);
    assert_refused::<PutItemInput>("Item.a.NULL", &boolean);
    for (path, name) in [("Limit", "Integer"), ("Segment", "Integer")] {
        assert_refused::<ScanInput>(
            path,
            &not_a_number(name).each_ref().map(|(wrong, text)| (wrong.clone(), text.as_str())),
        );
    }
    let long = not_a_number("Long");
    assert_refused::<CreateTableInput>(
        "ProvisionedThroughput.ReadCapacityUnits",
        &long.each_ref().map(|(wrong, text)| (wrong.clone(), text.as_str())),
    );
}

fn not_a_number(name: &str) -> [(Value, String); 5] {
    [
        (json!("23"), format!("STRING_VALUE cannot be converted to {name}")),
        (json!(true), format!("TRUE_VALUE cannot be converted to {name}")),
        (json!(false), format!("FALSE_VALUE cannot be converted to {name}")),
        (json!([]), format!("Unrecognized collection type class java.lang.{name}")),
        (json!({}), NOT_EXPECTED.to_owned()),
    ]
}

#[test]
fn bytes_of_another_type_are_refused() {
    let wrong = [
        (json!(true), "only base-64-encoded strings are convertible to bytes"),
        (json!(34.56), "only base-64-encoded strings are convertible to bytes"),
        (json!([]), "Unrecognized collection type class java.nio.ByteBuffer"),
        (json!({}), NOT_EXPECTED),
        (json!("23456"), "Base64 encoded length is expected a multiple of 4 bytes but found: 5"),
        (json!("=+/="), "Invalid last non-pad Base64 character dectected"),
        (json!("+/+="), "Invalid last non-pad Base64 character dectected"),
        (json!("é=="), "Base64 encoded length is expected a multiple of 4 bytes but found: 3"),
    ];
    for path in ["Item.a.B", "Item.a.BS.0", "Item.a.L.0.BS.0", "Item.a.M.b.BS.0"] {
        assert_refused::<PutItemInput>(path, &wrong);
    }
}

#[test]
fn lists_and_maps_of_another_type_are_refused() {
    let list = [(json!("23"), FIELD), (json!(true), FIELD), (json!(23), FIELD), (json!({}), NOT_EXPECTED)];
    for path in ["Item.a.SS", "Item.a.L", "Item.a.L.0.BS"] {
        assert_refused::<PutItemInput>(path, &list);
    }
    assert_refused::<ScanInput>("AttributesToGet", &list);
    let map_of = |class: &str| format!("Unrecognized collection type java.util.Map<java.lang.String, {class}>");
    let package = "com.amazonaws.dynamodb.v20120810";
    for (path, class) in [
        ("Item", format!("{package}.AttributeValue")),
        ("Item.a.M", format!("{package}.AttributeValue")),
        ("Expected", format!("{package}.ExpectedAttributeValue")),
        ("ExpressionAttributeNames", "java.lang.String".to_owned()),
    ] {
        assert_refused::<PutItemInput>(
            path,
            &[(json!("23"), FIELD), (json!(1.5), FIELD), (json!([]), &map_of(&class))],
        );
    }
    let of_lists = map_of(&format!("java.util.List<{package}.WriteRequest>"));
    assert_refused::<BatchWriteItemInput>("RequestItems", &[(json!([]), &of_lists)]);
    let cast = SerializationFault::ParameterizedCast.message().unwrap();
    assert!(cast.starts_with("class sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl cannot be cast"));
    assert!(cast.ends_with("are in module java.base of loader 'bootstrap')"));
    assert_refused::<BatchWriteItemInput>("RequestItems.t", &[(json!(1), &cast), (json!({}), NOT_EXPECTED)]);
    let of_values = map_of(&format!("{package}.AttributeValue"));
    assert_refused::<BatchGetItemInput>("RequestItems.t.Keys.0", &[(json!("1"), &cast), (json!([]), &of_values)]);
}

#[test]
fn structures_of_another_type_are_refused_by_where_they_stand() {
    let class = |name: &str| format!("Unrecognized collection type class com.amazonaws.dynamodb.v20120810.{name}");
    let member =
        |name: &str| [(json!("23"), FIELD.to_owned()), (json!(true), FIELD.to_owned()), (json!([]), class(name))];
    let element =
        |name: &str| [(json!("23"), VALUE.to_owned()), (json!(2.5), VALUE.to_owned()), (json!([]), class(name))];
    let check = |path: &str, wrong: [(Value, String); 3]| {
        for (wrong, expected) in wrong {
            assert_eq!(message::<PutItemInput>(&at(path, &wrong)), Some(expected), "{path}");
        }
    };
    check("Item.a", element("AttributeValue"));
    check("Item.a.L.0", element("AttributeValue"));
    check("Item.a.M.b", element("AttributeValue"));
    check("Expected.a", element("ExpectedAttributeValue"));
    check("Expected.a.Value", member("AttributeValue"));
    check("ExpressionAttributeValues.:a", element("AttributeValue"));
    for (wrong, expected) in member("ProvisionedThroughput") {
        assert_eq!(message::<CreateTableInput>(&at("ProvisionedThroughput", &wrong)), Some(expected));
    }
    for (wrong, expected) in element("WriteRequest") {
        assert_eq!(message::<BatchWriteItemInput>(&at("RequestItems.t.0", &wrong)), Some(expected));
    }
}

#[test]
fn a_body_that_is_not_a_json_object_has_no_message() {
    for body in ["hi", "[]", "1", "\"a\"", "null", "{", "{}}", "{\"TableName\":1", "{\"TableName\":1} x"] {
        assert_eq!(decode::<PutItemInput>(body.as_bytes()), Err(SerializationFault::NotJson), "{body}");
    }
    assert_eq!(decode::<ListTablesInput>(b""), Ok(ListTablesInput::default()));
}

#[test]
fn nulls_and_unknown_members_are_as_good_as_absent() {
    let deep = "{\"x\":[".repeat(1_000) + &"]}".repeat(1_000);
    let body = format!(
        r#"{{"TableName":null,"tablename":"no","Unknown":{deep},"Key":{{"a":{{"S":"x","N":null,"X":[1]}}}},"ConsistentRead":"Yes"}}"#
    );
    let input = decode::<GetItemInput>(body.as_bytes()).unwrap();
    let key: Item = [("a".to_owned(), AttributeValue::S("x".into()))].into_iter().collect();
    let expected = GetItemInput { key: Some(Given::sound(key, 1)), consistent_read: Some(true), ..Default::default() };
    assert_eq!(input, expected);
}

#[test]
fn the_last_of_repeated_members_counts() {
    let body = r##"{"TableName":"a","TableName":"b","ExpressionAttributeNames":{"#a":"1","#b":"2","#a":"3"}}"##;
    let input = decode::<PutItemInput>(body.as_bytes()).unwrap();
    assert_eq!(input.table_name.as_deref(), Some("b"));
    let expected = [("#b", "2"), ("#a", "3")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(input.expression_attribute_names.unwrap(), expected);
    let many: String = (0..20).map(|n| format!(r#""{}":"{n}","#, n % 11)).collect();
    let body = format!(r#"{{"ExpressionAttributeNames":{{{}}}}}"#, many.trim_end_matches(','));
    let names = decode::<PutItemInput>(body.as_bytes()).unwrap().expression_attribute_names.unwrap();
    let values: Vec<u32> = names.iter().map(|(_, value)| value.parse().unwrap()).collect();
    assert_eq!(values, (9..20).collect::<Vec<_>>());
}

#[test]
fn integers_saturate_at_their_width() {
    let body = r#"{"Limit":4294967296,"Segment":-99999999999,"TotalSegments":3.9}"#;
    let input = decode::<ScanInput>(body.as_bytes()).unwrap();
    assert_eq!(input.limit, Some(i64::from(i32::MAX)));
    assert_eq!(input.segment, Some(i64::from(i32::MIN)));
    assert_eq!(input.total_segments, Some(3));
    let body = br#"{"ProvisionedThroughput":{"ReadCapacityUnits":4294967296}}"#;
    let throughput = decode::<CreateTableInput>(body).unwrap().provisioned_throughput.unwrap();
    assert_eq!(throughput.read_capacity_units, Some(4294967296));
}

#[test]
fn null_elements_of_lists_stand_for_empty_structures() {
    let body = br#"{"KeySchema":[null],"Tags":null,"AttributeDefinitions":[{"AttributeName":"a"}]}"#;
    let input = decode::<CreateTableInput>(body).unwrap();
    assert_eq!(input.key_schema, Some(vec![KeySchemaElement::default()]));
    assert_eq!(input.tags, None);
    let body = br#"{"AttributesToGet":["a",null,"b"]}"#;
    let names = decode::<GetItemInput>(body).unwrap().attributes_to_get.unwrap();
    assert_eq!(names, ["a", "b"]);
}

#[test]
fn a_body_of_very_many_structures_is_refused() {
    let body = |count: usize| format!(r#"{{"TransactItems":[{}{{}}]}}"#, "{},null,".repeat(count / 2));
    let decode = |count| decode::<TransactWriteItemsInput>(body(count).as_bytes());
    assert_eq!(decode(1_000).unwrap().transact_items.unwrap().len(), 1_001);
    assert_eq!(decode(1_000_000), Err(SerializationFault::NotJson));
}

proptest! {
    #[test]
    fn any_bytes_are_decoded_or_refused(bytes in any::<Vec<u8>>()) {
        let _ = decode::<PutItemInput>(&bytes);
        let _ = decode::<CreateTableInput>(&bytes);
    }

    #[test]
    fn a_damaged_body_is_decoded_or_refused(
        item in any_item(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut body = br#"{"TableName":"t","Item":"#.to_vec();
        crate::protocol::JsonWriter::new(&mut body).item(&item, crate::protocol::NumberSetOrder::ByValue);
        body.push(b'}');
        let at = at.index(body.len());
        let sound = std::mem::replace(&mut body[at], byte);
        let _ = decode::<PutItemInput>(&body);
        body[at] = sound;
        body.truncate(cut.index(body.len()));
        prop_assert!(body.is_empty() || decode::<PutItemInput>(&body) == Err(SerializationFault::NotJson));
    }
}
