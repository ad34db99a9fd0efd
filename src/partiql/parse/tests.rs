use proptest::prelude::*;

use super::*;
use crate::partiql::ast::ActionSyntax;

fn refusal(text: &str) -> Option<Malformed> {
    statement(text).err()
}

#[test]
fn statements_of_every_kind_are_read() {
    for text in [
        r#"SELECT * FROM "t""#,
        r#"select a, b.c[0], "d.e" from "t"."i" where pk = 'x' and not (a < 3 or b in [1, ?]) order by sk desc nulls first, pk;"#,
        r#"INSERT INTO "t" VALUE {'pk': ?, 'l': [1, -.5e3, {}], 's': <<'a', 'b'>>, 'n': null, 'b': false}"#,
        r#"UPDATE "t" SET a = a + 1, l[3] = 'x' REMOVE m.x SET s = set_add(s, <<1>>) WHERE pk = 1 RETURNING MODIFIED NEW *"#,
        r#"FROM "t" WHERE pk = 1 SET a = 1 REMOVE b RETURNING ALL OLD *"#,
        r#"DELETE FROM t WHERE pk = 1 RETURNING ALL OLD *"#,
        r#"EXISTS(SELECT * FROM "t" WHERE pk = 'a' AND x IS NOT MISSING)"#,
        r#"SELECT * FROM t WHERE a NOT IN (1, 2) AND b NOT BETWEEN 1 AND 2 AND c IS NOT NULL"#,
    ] {
        assert_eq!(refusal(text), None, "{text}");
    }
}

#[test]
fn refusals_are_those_of_the_reference_parser() {
    use Malformed::*;
    for (text, expected) in [
        ("", Term),
        ("SELECT * FROM", Term),
        ("SELECT * FROM t WHERE", Term),
        ("SELECT * FROM t WHERE;", Term),
        ("SELECT * FROM t WHERE NOT", Term),
        ("SELECT * FROM t WHERE (", Term),
        ("SELECT * FROM t WHERE ()", EmptyGroup),
        ("SELECT * FROM t WHERE a = 1 AND", MissingRightSide),
        ("SELECT * FROM t WHERE a = 1 OR", MissingRightSide),
        ("SELECT * FROM t WHERE a =", MissingRightSide),
        ("SELECT * FROM t WHERE ORDER BY pk", Keyword),
        ("SELECT * FROM t WHERE IS NULL", Operator),
        ("SELECT * FROM t WHERE a = LIKE", Operator),
        ("SELECT * FROM t WHERE a IS FOO", TypeName),
        ("SELECT * FROM t WHERE a.inner = 1", DotComponent),
        ("SELECT * FROM t WHERE a = 1 foo", TokenAfterExpression),
        ("SELECT * FROM t WHERE a = 1)", TokenAfterExpression),
        ("SELECT * FROM t WHERE a = X'00'", TokenAfterExpression),
        ("SELECT * FROM t ORDER BY sk WHERE a = 1", TokenAfterExpression),
        ("SELECT * FROM t; SELECT * FROM t", TokenAfterSemicolon),
        ("DELETE FROM", SimplePathIdentifier),
        ("DELETE FROM;", SimplePathIdentifier),
        ("DELETE FROM WHERE a = 1", SimplePathIdentifier),
        ("DELETE FROM t WHERE a = 1 ORDER BY a", TokenAfterExpression),
        ("UPDATE t SET value.a = 1", SimplePathIdentifier),
        ("UPDATE t REMOVE a, b WHERE pk = 1", TokenAfterExpression),
        ("UPDATE t WHERE pk = 1", DataManipulation),
        ("SLECT * FROM t WHERE pk = 1", DataManipulation),
        ("FROM t SET a = 1 WHERE pk = 1", TokenAfterExpression),
        ("INSERT INTO t x VALUE {'pk': 1}", TokenAfterExpression),
        ("INSERT INTO t AS x VALUE {'pk': 1}", Keyword),
    ] {
        assert_eq!(refusal(text), Some(expected), "{text}");
    }
}

#[test]
fn not_binds_closer_than_and_and_and_closer_than_or() {
    let syntax = statement("NOT a = 1 AND b = 2 OR c").expect("sound");
    let Node::Or(left, _) = syntax.tree.node(syntax.root) else { panic!("OR is outermost") };
    let Node::And(not, _) = syntax.tree.node(*left) else { panic!("then AND") };
    let Node::Not(compared) = syntax.tree.node(*not) else { panic!("then NOT") };
    assert!(matches!(syntax.tree.node(*compared), Node::Compare { .. }));
}

#[test]
fn operators_are_counted_and_parameters_numbered() {
    let syntax =
        statement("SELECT * FROM t WHERE NOT a IN [?, ?] AND b BETWEEN ? AND 3 AND size(c) IS NULL").expect("sound");
    assert_eq!((syntax.operator_count, syntax.parameter_count), (7, 3));
}

#[test]
fn an_update_keeps_the_order_of_its_actions() {
    let syntax = statement("UPDATE t SET a = 1, b = 2 REMOVE c SET d = 3").expect("sound");
    let Node::Update(update) = syntax.tree.node(syntax.root) else { panic!("an update") };
    let kinds: Vec<bool> = update.actions.iter().map(|action| matches!(action, ActionSyntax::Set { .. })).collect();
    assert_eq!(kinds, [true, true, false, true]);
}

/// On half the stack that the server's threads have.
#[test]
fn nesting_is_refused_before_it_uses_up_the_stack() {
    let deep = |open: &str, close: &str, count: usize| {
        format!("SELECT * FROM t WHERE a = {}1{}", open.repeat(count), close.repeat(count))
    };
    let check = move || {
        for (open, close) in
            [("(", ")"), ("[", "]"), ("<<", ">>"), ("{'a':", "}"), ("f(", ")"), ("a[", "]"), ("NOT ", "")]
        {
            assert_eq!(refusal(&deep(open, close, 300)), None, "{open}");
            assert_eq!(refusal(&deep(open, close, 1_300)), Some(Malformed::TooDeep), "{open}");
        }
        assert_eq!(refusal(&deep("- ", "", 3_000)), None);
        assert_eq!(refusal(&deep("1+", "", 4_000)), None);
        assert_eq!(refusal(&"(SELECT ".repeat(1_000)), Some(Malformed::TooDeep));
    };
    let thread = std::thread::Builder::new().stack_size(1024 * 1024).spawn(check);
    thread.expect("a thread").join().expect("no overflow");
}

fn piece() -> impl Strategy<Value = String> {
    let words = [
        "SELECT",
        "*",
        "FROM",
        "\"t\"",
        "WHERE",
        "a",
        "=",
        "'x'",
        "?",
        "AND",
        "OR",
        "NOT",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "<<",
        ">>",
        "'k'",
        ":",
        ",",
        ".",
        "1",
        "-1.5e3",
        "IN",
        "BETWEEN",
        "IS",
        "MISSING",
        "NULL",
        "INSERT",
        "INTO",
        "VALUE",
        "UPDATE",
        "SET",
        "REMOVE",
        "DELETE",
        "RETURNING",
        "ALL",
        "OLD",
        "ORDER",
        "BY",
        "set_add",
        "size",
        "--",
        "/*",
        "é",
        "\"",
    ];
    prop_oneof![8 => proptest::sample::select(words.to_vec()).prop_map(str::to_string), 1 => "\\PC{0,4}"]
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,200}") {
        let _ = statement(&text);
    }

    #[test]
    fn any_words_are_read_or_refused(words in proptest::collection::vec(piece(), 0..60)) {
        let _ = statement(&words.join(" "));
        let _ = statement(&words.concat());
    }

    /// A sound statement with a stretch cut out or doubled, also amid a character.
    #[test]
    fn mutated_statements_are_read_or_refused(at in 0usize..140, length in 0usize..20, doubled: bool) {
        let sound = r#"UPDATE "té".x SET a.b[3] = list_append(a, [1, {'k€': <<'x'>>}]) REMOVE c WHERE pk = ? AND NOT (b IN [1.5e3] OR s IS NOT NULL) RETURNING ALL OLD *"#;
        let chars: Vec<char> = sound.chars().collect();
        let (start, end) = (at.min(chars.len()), (at + length).min(chars.len()));
        let kept = if doubled { &chars[start..end] } else { &[][..] };
        let text: String = chars[..start].iter().chain(kept).chain(kept).chain(&chars[end..]).collect();
        let _ = statement(&text);
    }
}
