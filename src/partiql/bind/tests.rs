use super::super::parse;
use super::*;
use crate::partiql::{Malformed, Position};
use crate::value::{Encoded, Item, ItemView, Number, TypeName, encode_item};

fn number(text: &str) -> AttributeValue {
    AttributeValue::N(Number::parse(text).expect(text))
}

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_string())
}

fn bound_with(statement: &str, parameters: &[AttributeValue]) -> Result<Statement, StatementError> {
    super::statement(&parse::statement(statement)?, parameters)
}

fn bound(statement: &str) -> Result<Statement, StatementError> {
    bound_with(statement, &[])
}

fn refusal(statement: &str) -> StatementError {
    bound_with(statement, &[AttributeValue::Bool(true)]).expect_err(statement)
}

fn item() -> Item {
    let mut item = Item::new();
    item.insert("s", text("str"));
    item.insert("n", number("5"));
    item.insert("b", AttributeValue::Bool(true));
    item.insert("z", AttributeValue::Null);
    item.insert("l", AttributeValue::L(vec![number("1"), number("2")]));
    item.insert("m", AttributeValue::M([("x".to_string(), number("1"))].into_iter().collect()));
    item.insert("ss", AttributeValue::Ss(vec!["a".into(), "b".into()]));
    item
}

fn holds(condition: &str) -> bool {
    let statement = bound(&format!("SELECT * FROM t WHERE {condition}")).expect(condition);
    let Statement::Select(Select { filter: Some(filter), .. }) = statement else { panic!("a filter") };
    let encoded = encode_item(&item());
    filter.evaluate(Some(ItemView::parse(&encoded).expect("an item")))
}

fn position(column: usize, length: usize) -> Position {
    Position { line: 1, column, length }
}

#[test]
fn conditions_hold_as_they_do_in_expressions() {
    for condition in [
        "attribute_exists(s)",
        "ATTRIBUTE_NOT_EXISTS(q)",
        "NOT attribute_exists(q)",
        "attribute_exists(s) = true",
        "attribute_exists(q) = false",
        "attribute_exists(q) <> true",
        "b = attribute_exists(s)",
        "attribute_exists(q) = attribute_exists(r)",
        "attribute_exists(s) <> attribute_exists(r)",
        "(n BETWEEN 0 AND 5) = true",
        "(n = 4 OR s = 'x') = false",
        "(n = 5 AND s = 'str') = b",
        "(n = 4) <> b",
        "(n = 4) <> q",
        "(s IS STRING) = (n IN [5])",
        "attribute_exists(q) IN [true, false]",
        "attribute_exists(s) IN [1, true]",
        "(n = 4) NOT IN [true, 'x']",
        "(n = 4) NOT IN [1]",
        "size(s) = 3",
        "size(l) > 1",
        "begins_with(s, 'st')",
        "contains(ss, 'a')",
        "contains(l, 2)",
        "attribute_type(n, 'N')",
        "q IS MISSING",
        "s IS NOT MISSING",
        "z IS NULL",
        "s IS NOT NULL",
        "s IS STRING",
        "n IS NUMERIC",
        "b IS BOOLEAN",
        "m IS STRUCT",
        "l IS LIST",
        "l = [1, 2.0]",
        "m = {'x': 1}",
        "ss = <<'b', 'a'>>",
        "ss <> 'a'",
        "NOT q = 'x'",
        "q <> 'x'",
        "5 = n",
        "m.x = 1",
        "m['x'] = 1",
        "l[1] = 2",
        "\"m\".\"x\" < 2",
        "n IN [4, 5]",
        "n IN (5)",
        "n NOT IN [4]",
        "n BETWEEN 5 AND 6",
        "n NOT BETWEEN 6 AND 7",
        "s = 'no' OR n = 5 AND b = true",
        "(s = 'no' OR n = 5) AND b = true",
        "NOT n < 'a'",
    ] {
        assert!(holds(condition), "{condition}");
    }
    for condition in [
        "s IS LIST",
        "q = 'x'",
        "n < 'a'",
        "n = m.x",
        "b <> true",
        "l = [2, 1]",
        "attribute_exists(s) = 1",
        "attribute_exists(s) = s",
        "(attribute_exists(s) = true) = false",
        "(n = 4) = b",
        "(n = 4) = q",
        "(n = 4) IN [true]",
    ] {
        assert!(!holds(condition), "{condition}");
    }
}

#[test]
fn operands_are_judged_as_in_expressions() {
    for (condition, expected) in [
        ("a < true", "Incorrect operand type for operator or function; operator or function: <, operand type: BOOL"),
        ("a >= <<1>>", "Incorrect operand type for operator or function; operator or function: >=, operand type: NS"),
        (
            "a BETWEEN ? AND ?",
            "Incorrect operand type for operator or function; operator or function: BETWEEN, operand type: BOOL",
        ),
        (
            "attribute_exists('a')",
            "Operator or function requires a document path; operator or function: attribute_exists",
        ),
        (
            "attribute_exists(?)",
            "Operator or function requires a document path; operator or function: attribute_exists",
        ),
        (
            "attribute_exists()",
            "Incorrect number of operands for operator or function; operator or function: attribute_exists, number of operands: 0",
        ),
    ] {
        let statement = format!("SELECT * FROM t WHERE {condition}");
        let parameters = [AttributeValue::Bool(true), AttributeValue::Bool(true)];
        let Err(StatementError::Operands(fault)) = bound_with(&statement, &parameters) else { panic!("{condition}") };
        assert_eq!(fault.to_string(), expected, "{condition}");
    }
    for condition in ["a = a", "a BETWEEN 1 AND 'b'", "a BETWEEN 2 AND 1", "begins_with(a, 1)"] {
        assert!(
            matches!(refusal(&format!("SELECT * FROM t WHERE {condition}")), StatementError::Operands(_)),
            "{condition}"
        );
    }
}

#[test]
fn functions_stand_only_where_they_belong() {
    let unrecognized = |name: &str, column, length| StatementError::UnrecognizedFunction {
        name: name.to_string(),
        position: position(column, length),
    };
    assert_eq!(refusal("SELECT * FROM t WHERE EXISTS(a)"), unrecognized("exists", 23, 6));
    assert_eq!(refusal("SELECT * FROM t WHERE set_add(a, <<'x'>>) = a"), unrecognized("set_add", 23, 7));
    assert_eq!(refusal("UPDATE t SET a = size(b) WHERE pk = 1"), unrecognized("size", 18, 4));
    assert_eq!(refusal("SELECT * FROM t WHERE size(a)"), StatementError::NotACondition { position: position(23, 4) });
    let columns = |statement| match bound(statement) {
        Ok(Statement::Select(select)) => select.columns,
        other => panic!("{other:?}"),
    };
    assert_eq!(columns("SELECT attribute_exists(a) FROM t"), Columns::Unexpected(position(8, 16)));
    assert_eq!(columns("SELECT COUNT(*) FROM t"), Columns::Unexpected(position(8, 5)));
}

#[test]
fn set_functions_are_checked_in_awss_words_and_places() {
    let (function, add) = ("SET_ADD", |assignment: &str| refusal(&format!("UPDATE t SET {assignment} WHERE pk = 1")));
    assert_eq!(
        add("u = set_add(ss, <<'x'>>)"),
        StatementError::SetFunctionTarget { function, position: position(18, 7) }
    );
    assert_eq!(
        add("ss = set_add(<<'a'>>, <<'b'>>)"),
        StatementError::SetFunctionTarget { function, position: position(19, 7) }
    );
    assert_eq!(add("ss = set_add(ss, 'x')"), StatementError::SetFunctionValue { function, position: position(27, 2) });
    assert_eq!(add("ss = set_add(ss)"), StatementError::SetFunctionArguments { function, position: position(19, 7) });
    assert_eq!(add("ss = set_add(ss, <<>>)"), StatementError::EmptyBag);
    let members = vec!["x".to_string(), "x".to_string()];
    let repeated = StatementError::DuplicateMembers { set: TypeName::Ss, members, at: "root".into() };
    assert_eq!(add("ss = set_add(ss, <<'x', 'x'>>)"), repeated);
}

#[test]
fn updates_apply_as_update_expressions_do() {
    let statement = bound(
        "UPDATE t SET n = n + 1, l = list_append(l, [3]) SET ss = set_delete(ss, <<'a'>>) REMOVE m.x WHERE pk = 1",
    );
    let Ok(Statement::Update(update)) = statement else { panic!("an update") };
    let old = item();
    let new = update.changes.apply(&old).expect("applies").item;
    assert_eq!(new.get("n"), Some(&number("6")));
    assert_eq!(new.get("l"), Some(&AttributeValue::L(vec![number("1"), number("2"), number("3")])));
    assert_eq!(new.get("ss"), Some(&AttributeValue::Ss(vec!["b".into()])));
    assert_eq!(Encoded::value(new.get("m").expect("m")).view().to_value(), AttributeValue::M(Item::new()));
    assert!(matches!(
        refusal("UPDATE t SET a = 1 SET a = 2 WHERE pk = 1"),
        StatementError::Operands(Fault::Overlap { .. })
    ));
}

#[test]
fn tables_are_named_with_at_most_an_index() {
    let source = |statement| match bound(statement) {
        Ok(Statement::Select(select)) => Ok((select.source.table, select.source.index)),
        Ok(other) => panic!("{other:?}"),
        Err(error) => Err(error),
    };
    assert_eq!(source(r#"SELECT * FROM "a-b"."i.x""#), Ok(("a-b".into(), Some("i.x".into()))));
    assert_eq!(source(r#"SELECT * FROM "a"."b"."c""#), Err(StatementError::TooManyPathComponents));
    assert_eq!(source(r#"SELECT * FROM "a"."""#), Err(StatementError::EmptyPathComponent));
    assert_eq!(source(r#"SELECT * FROM ""."a""#), Err(StatementError::EmptyPathComponent));
    assert_eq!(source("SELECT * FROM a, b"), Err(StatementError::SeveralSources));
    for statement in
        ["SELECT * FROM a x", "SELECT * FROM a AS x", "UPDATE a x SET b = 1 WHERE c = 1", "DELETE FROM a x WHERE c = 1"]
    {
        assert_eq!(refusal(statement), StatementError::Aliasing, "{statement}");
    }
    assert_eq!(refusal(r#"UPDATE "a"."b" SET c = 1 WHERE d = 1"#), StatementError::IndexOfWrite);
    for (statement, line, column, length) in [
        (r#"INSERT INTO "abcdefgh"."idx" VALUE {'c': 1}"#, 1, 13, 10),
        (r#"INSERT INTO     "abcdefgh"."idx" VALUE {'c': 1}"#, 1, 17, 10),
        ("INSERT INTO\n\"abcdefgh\".\"idx\" VALUE {'c': 1}", 2, 1, 10),
        ("INSERT INTO abcdefgh.idx VALUE {'c': 1}", 1, 13, 8),
    ] {
        let position = Position { line, column, length };
        assert_eq!(refusal(statement), StatementError::IndexOfInsert { position }, "{statement}");
    }
}

#[test]
fn columns_are_called_by_the_last_name_and_what_follows_it() {
    let names = |columns: &str| match bound(&format!("SELECT {columns} FROM t")) {
        Ok(Statement::Select(Select { columns: Columns::Paths(columns), .. })) => {
            Ok(columns.into_iter().map(|column| column.name).collect::<Vec<_>>())
        }
        Ok(other) => panic!("{other:?}"),
        Err(error) => Err(error),
    };
    assert_eq!(names("a, m.x, l[1], m.k[0], m[0].k, l[0][2], l[-0]"), {
        Ok(["a", "x", "l[1]", "k[0]", "k", "l[0][2]", "l[0]"].map(String::from).to_vec())
    });
    for (columns, index, column, length) in [("l[-1]", "-1", 11, 1), ("l[2147483648]", "2147483648", 10, 10)] {
        let position = position(column, length);
        assert_eq!(names(columns), Err(StatementError::ListIndex { index: index.into(), position }), "{columns}");
    }
    assert_eq!(names("l[2147483647]"), Ok(vec!["l[2147483647]".to_string()]));
}

#[test]
fn only_is_a_name() {
    assert!(bound("UPDATE t SET Only = set_delete(Only, <<'only'>>) WHERE pk = 1").is_ok());
}

#[test]
fn what_is_no_statement_is_named() {
    for (statement, kind) in
        [("x IS INT4", "IsType"), ("x IS DOUBLE PRECISION", "IsType"), ("SLECT", "Id"), ("1 + 1", "Plus")]
    {
        assert_eq!(refusal(statement), StatementError::UnsupportedOperation { kind }, "{statement}");
    }
    let clause =
        |clause, column, length| StatementError::UnsupportedClause { clause, position: position(column, length) };
    assert_eq!(refusal("SELECT * FROM t LIMIT 5"), clause("LIMIT", 17, 5));
    assert_eq!(refusal(""), StatementError::Malformed(Malformed::Term));
}

#[test]
fn limits_hold() {
    assert_eq!(refusal("SELECT * FROM t WHERE a = ? AND b = ?"), StatementError::ParameterCount);
    let many = |count: usize| {
        let conditions: Vec<String> = (0..count).map(|value| format!("n = {value}")).collect();
        bound(&format!("SELECT * FROM t WHERE {}", conditions.join(" OR ")))
    };
    assert!(many(150).is_ok());
    assert_eq!(many(151), Err(StatementError::Operands(Fault::TooManyOperators { count: 301 })));
    assert!(bound(&format!("SELECT * FROM t WHERE {}a = 1", "NOT ".repeat(299))).is_ok());
    for with in ["true", "b", "attribute_exists(c)"] {
        // Two operators at each level if it is a function.
        let levels = if with.len() > 4 { 149 } else { 299 };
        let (open, close) = ("(".repeat(levels), format!(") = {with}").repeat(levels));
        let nested = bound(&format!("SELECT * FROM t WHERE {open}a = 1{close}"));
        assert!(nested.is_ok(), "{with}: {nested:?}");
    }
    let list = vec!["1"; 101].join(", ");
    assert_eq!(
        refusal(&format!("SELECT * FROM t WHERE a IN [{list}]")),
        StatementError::Operands(Fault::TooManyInOperands { count: 101 })
    );
}
