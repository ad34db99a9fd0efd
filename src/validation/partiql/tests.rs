use super::*;
use crate::partiql::{Columns, Select};
use crate::validation::read::{KeyRange, SortBound};
use crate::validation::{TableName, refused};

fn definition(statement: &Statement) -> crate::validation::TableDefinition {
    let name = TableName::parse(statement.table()).expect("a table name");
    refused::definition(&name).expect("a table of the tests")
}

fn text(value: &AttributeValue) -> String {
    match value {
        AttributeValue::S(text) => text.clone(),
        AttributeValue::N(number) => number.to_string(),
        other => panic!("{other:?}"),
    }
}

fn range(range: &KeyRange) -> String {
    let partition = range.partition.iter().map(text).collect::<String>();
    let equal = range.sort_equal.iter().map(|value| format!(" ={}", text(value))).collect::<String>();
    let bound = match &range.sort_bound {
        None => String::new(),
        Some(SortBound::Less(value)) => format!(" <{}", text(value)),
        Some(SortBound::LessOrEqual(value)) => format!(" <={}", text(value)),
        Some(SortBound::Greater(value)) => format!(" >{}", text(value)),
        Some(SortBound::GreaterOrEqual(value)) => format!(" >={}", text(value)),
        Some(SortBound::Between(low, high)) => format!(" {}..{}", text(low), text(high)),
        Some(SortBound::BeginsWith(value)) => format!(" {}*", text(value)),
    };
    format!("{partition}{equal}{bound}")
}

/// The ranges that a statement reads, "everything", or its refusal.
fn planned(statement: &str) -> String {
    let statement = Statement::parse(statement, &[]).unwrap_or_else(|error| panic!("{statement}: {error:?}"));
    let definition = definition(&statement);
    let Statement::Select(select) = &statement else { panic!("a SELECT") };
    match plan(&definition, select, false) {
        Err(violation) => violation.to_string(),
        Ok(SelectPlan { reads: Reads::Everything, .. }) => "everything".to_string(),
        Ok(SelectPlan { reads: Reads::Ranges(ranges), forward, fetch_base, .. }) => {
            let ranges = ranges.iter().map(range).collect::<Vec<_>>().join(", ");
            let (backward, base) = (if forward { "" } else { " backward" }, if fetch_base { " base" } else { "" });
            format!("{ranges}{backward}{base}")
        }
    }
}

fn assert_planned(expected: &[(&str, &str)]) {
    for (statement, plan) in expected {
        assert_eq!(planned(statement), *plan, "{statement}");
    }
}

#[test]
fn a_statement_comes_to_no_more_than_50_lookups() {
    let values = |count: usize| (0..count).map(|value| format!("'v{value}'")).collect::<Vec<_>>().join(", ");
    let planned = |condition: String| planned(&format!("SELECT * FROM range WHERE {condition}"));
    let too_many = "Too many decomposed read operations for a given query.";
    let (some, many) = (values(50), values(51));
    for condition in [
        format!("pk IN [{many}]"),
        format!("pk = 'a' AND sk IN [{many}]"),
        format!("pk IN [{}] AND sk IN ['1', '2']", values(26)),
    ] {
        assert_eq!(planned(condition.clone()), too_many, "{condition}");
    }
    assert_eq!(planned(format!("pk IN [{some}] AND n IN [{}]", values(100))).split(", ").count(), 50);
    assert_eq!(planned(format!("pk IN [{}] AND sk IN ['1', '2']", values(25))).split(", ").count(), 50);
    assert_eq!(planned(format!("pk IN [{many}] OR n = 1")), "everything");
}

#[test]
fn keys_are_looked_up_and_everything_else_is_read_through() {
    assert_planned(&[
        ("SELECT * FROM range", "everything"),
        ("SELECT * FROM range WHERE n = 2", "everything"),
        ("SELECT * FROM range WHERE sk = 'a'", "everything"),
        ("SELECT * FROM range WHERE sk = 5", "everything"),
        ("SELECT * FROM range WHERE pk > 'a'", "everything"),
        ("SELECT * FROM range WHERE NOT pk = 'a'", "everything"),
        ("SELECT * FROM range WHERE pk = 'a' OR n = 1", "everything"),
        ("SELECT * FROM range WHERE pk = 'a'", "a"),
        ("SELECT * FROM range WHERE 'a' = pk AND n = 1", "a"),
        ("SELECT * FROM range WHERE pk IN ['b', 'a']", "b, a"),
        ("SELECT * FROM range WHERE (pk IN ['a']) AND pk = 'a'", "a"),
        ("SELECT * FROM range WHERE pk = 'a' AND sk = '1'", "a =1"),
        ("SELECT * FROM range WHERE pk = 'a' AND '1' < sk", "a >1"),
        ("SELECT * FROM range WHERE pk = 'a' AND sk IN ['2', '1']", "a =1, a =2"),
        ("SELECT * FROM range WHERE pk = 'a' AND sk = '1' AND sk > '0'", "a =1"),
        ("SELECT * FROM range WHERE pk = 'a' AND sk BETWEEN '1' AND '2'", "a 1..2"),
        ("SELECT * FROM range WHERE pk = 'a' AND begins_with(sk, '1')", "a 1*"),
        ("SELECT * FROM range WHERE pk = 'a' AND sk > '1' AND sk < '3'", "a >1"),
        ("SELECT * FROM range WHERE pk = 'a' AND sk <> '1'", "a"),
        ("SELECT * FROM range WHERE pk = 'a' AND NOT sk = '1'", "a"),
        ("SELECT * FROM range WHERE pk = 'a' AND (n = 1 OR n = 3)", "a"),
        ("SELECT * FROM range WHERE pk = 'a' AND pk = 'b'", ""),
        ("SELECT * FROM indexed.gsi WHERE gpk = 'a' AND gsk >= 2", "a >=2"),
        ("SELECT * FROM indexed.gsi WHERE pk = 'a'", "everything"),
    ]);
}

#[test]
fn alternatives_lie_apart() {
    let overlap = "Overlapping conditions with range keys are not supported in where clause";
    assert_planned(&[
        ("SELECT * FROM range WHERE (pk = 'p' AND sk = '3') OR (pk = 'p' AND sk = '1')", "p =1, p =3"),
        ("SELECT * FROM range WHERE (pk = 'p' AND sk = '1') OR (pk = 'q' AND sk = '1')", "p =1, q =1"),
        ("SELECT * FROM range WHERE pk = 'p' AND (sk < '1' OR sk > '3')", "p <1, p >3"),
        ("SELECT * FROM range WHERE pk = 'p' OR pk = 'q'", "p, q"),
        ("SELECT * FROM hash WHERE pk = 'p' OR pk = 'p' AND a = 1", overlap),
        ("SELECT * FROM range WHERE pk IN ['p', 'p']", overlap),
        ("SELECT * FROM range WHERE pk = 'p' AND sk IN ['1', '1']", overlap),
        ("SELECT * FROM range WHERE pk = 'p' AND (sk = '1' OR n = 2)", overlap),
        ("SELECT * FROM indexed.gsik WHERE gpk = 'p' AND pk = '1' OR gpk = 'p' AND pk = '2'", overlap),
        ("SELECT * FROM range WHERE (pk = 'p' AND sk = '1') OR (pk = 'p' AND sk = '1')", overlap),
        ("SELECT * FROM range WHERE (pk = 'p' AND sk < '2') OR (pk = 'p' AND sk > '0')", overlap),
        ("SELECT * FROM range WHERE pk = 'p' OR (pk = 'p' AND sk = '1')", overlap),
        ("SELECT * FROM range WHERE pk = 'p' AND x = '1' OR pk = 'p' AND sk = '2'", overlap),
        ("SELECT * FROM range WHERE (pk = 'p' AND sk <> '1') OR (pk = 'p' AND sk = '2')", "p"),
        ("SELECT * FROM range WHERE (pk = 'p' AND sk NOT BETWEEN '1' AND '2') OR (pk = 'p' AND sk = '2')", "p"),
        ("SELECT * FROM range WHERE (pk = 'p' AND sk > '1' AND sk < '3') OR (pk = 'p' AND sk = '2')", "p"),
        ("SELECT * FROM range WHERE (pk = 'p' AND sk > '1' AND sk < '3') OR (pk = 'p' AND sk = '0')", "p =0, p >1"),
        ("SELECT * FROM range WHERE pk IN ['p', 'p'] AND sk <> '1'", "p"),
    ]);
}

#[test]
fn pinned_partitions_are_read_in_order() {
    assert_planned(&[
        ("SELECT * FROM range WHERE pk = 'p' ORDER BY sk DESC", "p backward"),
        ("SELECT * FROM range WHERE pk IN ['q', 'p'] ORDER BY pk, sk", "p, q"),
        ("SELECT * FROM range WHERE pk = 'p' ORDER BY pk ASC", "p backward"),
        ("SELECT * FROM range WHERE pk IN ['q', 'p'] ORDER BY pk", "p, q backward"),
        ("SELECT * FROM range WHERE pk IN ['p', 'q'] ORDER BY pk DESC", "q, p backward"),
        ("SELECT * FROM range WHERE pk IN ['p', 'q'] ORDER BY pk DESC, sk", "q, p"),
        ("SELECT * FROM range WHERE pk = 'p' AND sk IN ['1', '2'] ORDER BY sk DESC", "p =2, p =1 backward"),
        (
            "SELECT * FROM range WHERE pk IN ['p', 'q'] ORDER BY sk",
            "Must have hash key in ORDER BY clause when more than one hash key condition specified in WHERE clause.",
        ),
        ("SELECT * FROM range ORDER BY sk", "Must have WHERE clause in the statement when using ORDER BY clause."),
        (
            "SELECT * FROM range WHERE n = 1 ORDER BY sk",
            "Must have at least one non-optional hash key condition in WHERE clause when using ORDER BY clause.",
        ),
        (
            "SELECT * FROM range WHERE pk = 'p' ORDER BY n",
            "Attribute n in ORDER BY clause must be part of the primary key",
        ),
    ]);
}

#[test]
fn indexes_are_checked_in_awss_order() {
    let multi = "PartiQL statements cannot be executed on tables with multi-attribute HASH keys or multi-attribute RANGE \
                 keys.";
    let filter = "One or more parameter values were invalid: Secondary index gsik does not project one or more filter \
                  attributes: [o]";
    assert_planned(&[
        ("SELECT * FROM indexed.nope", "The table does not have the specified index"),
        ("SELECT * FROM indexed.indexed", "The table does not have the specified index"),
        ("SELECT * FROM vectors.vix", "Scan operation not supported on this index type"),
        ("SELECT COUNT(*) FROM multi.multi", multi),
        ("SELECT * FROM multi.multi WHERE h1 = 5", multi),
        ("SELECT COUNT(*) FROM hash WHERE pk = 5", "Unexpected path component at 1:8:5"),
        ("SELECT o FROM indexed.lsik WHERE pk = 'p'", "p base"),
        ("SELECT ls FROM indexed.lsik WHERE pk = 'p'", "p"),
        (
            "SELECT z, pk, o FROM indexed.gsik",
            "One or more parameter values were invalid: Global secondary index gsik does not project [z, o]",
        ),
        ("SELECT pk FROM indexed.gsik WHERE gpk = 'a' AND o = 1", filter),
        ("SELECT pk FROM indexed.gsik WHERE gpk = 'a' AND o IS MISSING", filter),
        ("SELECT pk FROM indexed.gsik WHERE o = 1", "everything"),
        ("SELECT pk FROM indexed.gsik WHERE gpk > 'a' AND o = 1", "everything"),
    ]);
    let consistent = |statement: &str| {
        let statement = Statement::parse(statement, &[]).expect("sound");
        let Statement::Select(select) = &statement else { panic!("a SELECT") };
        plan(&definition(&statement), select, true).map(drop).map_err(|violation| violation.to_string())
    };
    let refused = Err("Strongly consistent read is not supported on Global Secondary Indexes".to_string());
    assert_eq!(consistent("SELECT * FROM indexed.gsi"), refused);
    assert_eq!(consistent("SELECT * FROM indexed.lsik"), Ok(()));
}

#[test]
fn an_alternative_that_the_index_can_judge_is_enough() {
    let refused = |names: &str| {
        format!(
            "One or more parameter values were invalid: Secondary index gsik does not project one or more filter \
             attributes: [{names}]"
        )
    };
    for (condition, expected) in [
        ("gpk = 'a' AND (zz = 1 OR aa = 2 OR mm = 3)", refused("zz, aa, mm")),
        ("gpk = 'a' AND b = 1 AND (a = 2 OR pk = '3')", refused("a, b")),
        ("gpk = 'a' AND NOT (o = 1 OR pk = 'x')", refused("o")),
        ("(gpk = 'a' OR gpk = 'b') AND o = 1", refused("o")),
        ("(gpk = 'a' AND u = 1) OR (gpk = 'b' AND v = 1)", refused("u")),
        ("(gpk = 'a' AND o = 1) OR gpk = 'b'", "a, b".to_string()),
        ("gpk = 'a' AND (gpk = 'b' OR o = 1)", "a".to_string()),
        ("(gpk = 'a' AND o = 1) OR o = 2", "everything".to_string()),
        ("gpk = 'a' AND (pk = '1' OR pk = '2')", "a".to_string()),
    ] {
        assert_eq!(planned(&format!("SELECT pk FROM indexed.gsik WHERE {condition}")), expected, "{condition}");
    }
}

#[test]
fn keys_have_the_types_of_the_schema() {
    let data_type =
        |name: &str| format!("Key attribute's data type should match its data type in table's schema: Key {name}");
    let (of_partition, of_sort) = (data_type("pk"), data_type("sk"));
    assert_planned(&[
        ("SELECT * FROM range WHERE pk = 5", &of_partition),
        ("SELECT * FROM range WHERE pk = 5 OR pk = 'a'", &of_partition),
        ("SELECT * FROM range WHERE pk = 'a' AND sk = 5", &of_sort),
        ("SELECT * FROM range WHERE pk = 'a' AND sk IN ['1', 2]", &of_sort),
        ("SELECT * FROM range WHERE pk = true", "Key value must be of type S, N, or B. Key name: pk"),
        (
            "SELECT * FROM range WHERE pk = ''",
            "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty \
             string value. Key: pk",
        ),
    ]);
}

fn written(statement: &str) -> String {
    let statement = Statement::parse(statement, &[]).unwrap_or_else(|error| panic!("{statement}: {error:?}"));
    write(&definition(&statement), &statement, false).map_or_else(|violation| violation.to_string(), |_| String::new())
}

#[test]
fn writes_fix_the_whole_key() {
    let no_single = "EXISTS() must contain a single item read with additional condition";
    let open = "Where clause does not contain a mandatory equality on all key attributes";
    for (statement, expected) in [
        ("UPDATE hash SET a = 1 WHERE pk = 'k'", ""),
        ("UPDATE hash SET a = 1 WHERE pk IN ['k'] AND a = 2", open),
        ("UPDATE range SET a = 1 WHERE (pk = 'k' AND sk = 's') AND pk = 'k'", ""),
        ("DELETE FROM range WHERE pk = 'k' AND 's' = sk", ""),
        ("UPDATE hash SET a = 1 WHERE a = 1", open),
        ("UPDATE hash SET a = 1 WHERE pk = 'k' OR a = 1", open),
        ("UPDATE hash SET a = 1 WHERE pk IN ['k', 'j']", open),
        ("UPDATE hash SET a = 1 WHERE NOT pk = 'k'", open),
        ("UPDATE hash SET a = 1 WHERE pk > 'k'", open),
        ("FROM hash SET a = 1", open),
        ("DELETE FROM range WHERE pk = 'k'", open),
        (
            "UPDATE hash SET a = 1 WHERE pk = 'k' AND pk = 'j'",
            "Multiple conditions on same key pk. Only single item Update/Insert/Delete are supported",
        ),
        ("EXISTS(SELECT * FROM hash WHERE pk = 'k' AND a = 1)", ""),
        ("EXISTS(SELECT * FROM hash WHERE pk = 'k' AND pk = 'j')", ""),
        ("EXISTS(SELECT * FROM hash WHERE pk = 'k')", no_single),
        ("EXISTS(SELECT * FROM hash WHERE pk IN ['k'] AND a = 1)", no_single),
        ("EXISTS(SELECT * FROM indexed.gsik WHERE pk = 'k' AND sk = 's' AND a = 1)", no_single),
    ] {
        assert_eq!(written(statement), expected, "{statement}");
    }
}

#[test]
fn a_read_of_one_item_is_known_as_one() {
    let read = |filter: &str| {
        let statement = Statement::parse(&format!("SELECT a FROM range WHERE {filter}"), &[]).expect(filter);
        let Statement::Select(select @ Select { columns: Columns::Paths(_), .. }) = &statement else {
            panic!("a SELECT")
        };
        match single_item(&definition(&statement), select) {
            Ok(key) => key.map_or("none".to_string(), |key| key.iter().map(|(_, value)| text(value)).collect()),
            Err(violation) => violation.to_string(),
        }
    };
    for (filter, expected) in [
        ("pk = 'a' AND sk = 'b'", "ab"),
        ("(sk = 'b') AND pk = 'a' AND pk = 'a'", "ab"),
        ("pk IN ['a'] AND sk IN ['b']", "ab"),
        ("(pk IN ['a', 'c']) AND pk = 'a' AND sk = 'b'", "ab"),
        ("pk = 'a' AND sk = 'b' AND n = 1", "none"),
        ("pk = 'a' AND sk = 'b' AND sk > 'a'", "none"),
        ("pk = 'a' AND sk = 'b' AND attribute_exists(pk)", "none"),
        ("pk = 'a' AND sk = 'b' AND pk = 'c'", "none"),
        ("pk = 'a'", "none"),
        ("sk = 'b'", "none"),
        ("pk = 'a' AND sk > 'b'", "none"),
        ("pk IN ['a', 'b'] AND sk = 'b'", "none"),
        ("pk = 'a' AND sk = 'b' OR pk = 'c' AND sk = 'b'", "none"),
        ("pk IN ['a', 'a'] AND sk = 'b'", "Overlapping conditions with range keys are not supported in where clause"),
    ] {
        assert_eq!(read(filter), expected, "{filter}");
    }
}
