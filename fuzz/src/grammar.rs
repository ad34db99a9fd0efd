//! Statements and expressions made from their grammar: most are good, so that they come through the parsers to what lies
//! behind, and a few have a wrong word in them.

use keystonedb::protocol::Operation;
use serde_json::{Map, Value, json};

use crate::damage::changed_text;
use crate::random::Random;

const TABLES: &[&str] = &["fuzz-hash", "fuzz-range", "fuzz-num", "fuzz-indexed"];
const ATTRIBUTES: &[&str] = &["a", "b", "n", "s", "l", "m", "ns", "ss", "gpk", "gsk", "ls"];
const KEY_VALUES: &[&str] = &["k", "k1", "k2", "k3", ""];
const COMPARATORS: &[&str] = &["=", "<>", "<", "<=", ">", ">="];
const DEPTH_MAX: usize = 4;

/// One request of an operation that takes a statement or an expression.
pub(crate) fn request(random: &mut Random) -> (Operation, Value) {
    match random.below(10) {
        0..=3 => (Operation::ExecuteStatement, statement_request(random)),
        4 => {
            let statements: Vec<Value> = (0..1 + random.below(4)).map(|_| statement_request(random)).collect();
            (Operation::BatchExecuteStatement, json!({"Statements": statements}))
        }
        5 => {
            let statements: Vec<Value> = (0..1 + random.below(4)).map(|_| statement_request(random)).collect();
            (Operation::ExecuteTransaction, json!({"TransactStatements": statements}))
        }
        6 => (Operation::UpdateItem, update(random)),
        7 => (Operation::PutItem, put(random)),
        8 => (Operation::Query, query(random)),
        _ => (Operation::TransactWriteItems, transaction(random)),
    }
}

/// A condition with what its placeholders stand for.
pub(crate) struct Condition {
    pub(crate) text: String,
    placeholders: Placeholders,
    table: &'static str,
}

impl Condition {
    /// A Scan of its table with this filter.
    pub(crate) fn scan(&self, filter: &str) -> Value {
        let mut input = json!({"TableName": self.table, "FilterExpression": filter, "Select": "COUNT"});
        self.placeholders.write(&mut input);
        input
    }
}

pub(crate) fn condition_of_scan(random: &mut Random) -> Condition {
    let mut placeholders = Placeholders::default();
    let table = *random.pick(TABLES);
    Condition { text: condition(random, &mut placeholders, 0), placeholders, table }
}

/// `ExpressionAttributeNames` and `ExpressionAttributeValues`, filled as an expression is written.
#[derive(Default)]
struct Placeholders {
    names: Map<String, Value>,
    values: Map<String, Value>,
}

impl Placeholders {
    fn name(&mut self, random: &mut Random) -> String {
        let attribute = *random.pick(ATTRIBUTES);
        if random.below(3) > 0 {
            return attribute.to_string();
        }
        let alias = format!("#{attribute}");
        self.names.insert(alias.clone(), json!(attribute));
        alias
    }

    fn value(&mut self, value: Value) -> String {
        let alias = format!(":v{}", self.values.len());
        self.values.insert(alias.clone(), value);
        alias
    }

    fn write(&self, input: &mut Value) {
        if let Some(input) = input.as_object_mut() {
            if !self.names.is_empty() {
                input.insert("ExpressionAttributeNames".to_string(), Value::Object(self.names.clone()));
            }
            if !self.values.is_empty() {
                input.insert("ExpressionAttributeValues".to_string(), Value::Object(self.values.clone()));
            }
        }
    }
}

fn attribute_value(random: &mut Random, depth: usize) -> Value {
    match random.below(if depth < 2 { 10 } else { 7 }) {
        0 | 1 => json!({"S": *random.pick(KEY_VALUES)}),
        2 | 3 => json!({"N": number(random)}),
        4 => json!({"BOOL": random.below(2) == 0}),
        5 => json!({"NULL": true}),
        6 => json!({"B": "AQI="}),
        7 => json!({"L": (0..random.below(3)).map(|_| attribute_value(random, depth + 1)).collect::<Vec<_>>()}),
        8 => json!({"M": {"x": attribute_value(random, depth + 1), "y": {"N": "1"}}}),
        _ => match random.below(2) {
            0 => json!({"SS": ["a", "b"]}),
            _ => json!({"NS": ["1", number(random)]}),
        },
    }
}

fn number(random: &mut Random) -> String {
    match random.below(40) {
        0 => "1e125".to_string(),
        1 => "-0.00001".to_string(),
        2 => "9".repeat(38),
        3 => "1e126".to_string(),
        _ => random.below(20).to_string(),
    }
}

/// A path of an expression.
fn path(random: &mut Random, placeholders: &mut Placeholders) -> String {
    let mut path = placeholders.name(random);
    for _ in 0..random.below(3) {
        match random.below(3) {
            0 => path.push_str(&format!("[{}]", random.below(3))),
            1 => path.push_str(&format!(".{}", placeholders.name(random))),
            _ => {}
        }
    }
    path
}

fn operand(random: &mut Random, placeholders: &mut Placeholders) -> String {
    match random.below(5) {
        0 | 1 => path(random, placeholders),
        2 => format!("size({})", path(random, placeholders)),
        _ => {
            let value = attribute_value(random, 0);
            placeholders.value(value)
        }
    }
}

fn condition(random: &mut Random, placeholders: &mut Placeholders, depth: usize) -> String {
    if depth < DEPTH_MAX && random.below(5) < 2 {
        let left = condition(random, placeholders, depth + 1);
        return match random.below(4) {
            0 => format!("NOT {left}"),
            1 => format!("({left}) AND {}", condition(random, placeholders, depth + 1)),
            2 => format!("{left} OR {}", condition(random, placeholders, depth + 1)),
            _ => format!("{left} AND {}", condition(random, placeholders, depth + 1)),
        };
    }
    let text = |random: &mut Random, placeholders: &mut Placeholders| {
        let text = json!({"S": *random.pick(KEY_VALUES)});
        placeholders.value(text)
    };
    match random.below(9) {
        0 => format!("attribute_exists({})", path(random, placeholders)),
        1 => format!("attribute_not_exists({})", path(random, placeholders)),
        2 => {
            let name = json!({"S": *random.pick(&["S", "N", "SS", "L", "M", "BOOL", "NULL"])});
            format!("attribute_type({}, {})", path(random, placeholders), placeholders.value(name))
        }
        3 => format!("begins_with({}, {})", path(random, placeholders), text(random, placeholders)),
        4 => format!("contains({}, {})", path(random, placeholders), operand(random, placeholders)),
        5 => {
            let (low, high) = (json!({"N": "1"}), json!({"N": (1 + random.below(9)).to_string()}));
            let (low, high) = (placeholders.value(low), placeholders.value(high));
            format!("{} BETWEEN {low} AND {high}", path(random, placeholders))
        }
        6 => {
            let list: Vec<String> = (0..1 + random.below(3)).map(|_| operand(random, placeholders)).collect();
            format!("{} IN ({})", path(random, placeholders), list.join(", "))
        }
        _ => {
            let comparator = *random.pick(COMPARATORS);
            format!("{} {comparator} {}", operand(random, placeholders), operand(random, placeholders))
        }
    }
}

fn key(random: &mut Random, table: &str) -> Value {
    let mut key = json!({"pk": {"S": *random.pick(&KEY_VALUES[..4])}});
    match table {
        "fuzz-range" | "fuzz-indexed" => key["sk"] = json!({"S": *random.pick(&KEY_VALUES[..4])}),
        "fuzz-num" => key["sk"] = json!({"N": random.below(4).to_string()}),
        _ => {}
    }
    key
}

fn put(random: &mut Random) -> Value {
    let table = *random.pick(TABLES);
    let mut item = key(random, table);
    for _ in 0..random.below(6) {
        item[*random.pick(ATTRIBUTES)] = attribute_value(random, 0);
    }
    let mut input = json!({"TableName": table, "Item": item});
    if random.once_in(2) {
        let mut placeholders = Placeholders::default();
        input["ConditionExpression"] = json!(condition(random, &mut placeholders, 2));
        placeholders.write(&mut input);
    }
    input
}

fn update(random: &mut Random) -> Value {
    let table = *random.pick(TABLES);
    let mut placeholders = Placeholders::default();
    let mut sections = Vec::new();
    if random.below(4) > 0 {
        let set: Vec<String> = (0..1 + random.below(3))
            .map(|_| format!("{} = {}", path(random, &mut placeholders), set_value(random, &mut placeholders, 0)))
            .collect();
        sections.push(format!("SET {}", set.join(", ")));
    }
    if random.once_in(3) {
        sections.push(format!("REMOVE {}", path(random, &mut placeholders)));
    }
    for keyword in ["ADD", "DELETE"] {
        if random.once_in(4) {
            let operand = match random.below(3) {
                0 => json!({"N": number(random)}),
                1 => json!({"SS": ["a", "z"]}),
                _ => json!({"NS": ["1", "2"]}),
            };
            let operand = placeholders.value(operand);
            sections.push(format!("{keyword} {} {operand}", path(random, &mut placeholders)));
        }
    }
    let mut input = json!({
        "TableName": table, "Key": key(random, table), "UpdateExpression": sections.join(" "),
        "ReturnValues": *random.pick(&["NONE", "ALL_OLD", "UPDATED_OLD", "ALL_NEW", "UPDATED_NEW"]),
    });
    if random.once_in(4) {
        input["ConditionExpression"] = json!(condition(random, &mut placeholders, 2));
    }
    placeholders.write(&mut input);
    input
}

fn set_value(random: &mut Random, placeholders: &mut Placeholders, depth: usize) -> String {
    if depth > 2 {
        return path(random, placeholders);
    }
    let value = |random: &mut Random, placeholders: &mut Placeholders| {
        let value = attribute_value(random, 0);
        placeholders.value(value)
    };
    match random.below(6) {
        0 => path(random, placeholders),
        1 => {
            let (left, right) = (set_value(random, placeholders, depth + 1), json!({"N": number(random)}));
            format!("{left} {} {}", random.pick(&["+", "-"]), placeholders.value(right))
        }
        2 => {
            let path = path(random, placeholders);
            format!("if_not_exists({path}, {})", set_value(random, placeholders, depth + 1))
        }
        3 => {
            let list = json!({"L": [attribute_value(random, 1)]});
            let list = placeholders.value(list);
            format!("list_append({}, {list})", set_value(random, placeholders, depth + 1))
        }
        _ => value(random, placeholders),
    }
}

fn query(random: &mut Random) -> Value {
    let table = *random.pick(TABLES);
    let mut placeholders = Placeholders::default();
    let index = *random.pick(&["", "", "gsi", "lsi"]);
    let (partition, sort) = match (table, index) {
        ("fuzz-indexed", "gsi") => ("gpk", Some("gsk")),
        ("fuzz-indexed", "lsi") => ("pk", Some("ls")),
        ("fuzz-hash", _) => ("pk", None),
        _ => ("pk", Some("sk")),
    };
    let text = json!({"S": *random.pick(KEY_VALUES)});
    let mut keys = format!("{partition} = {}", placeholders.value(text));
    if let Some(sort) = sort.filter(|_| random.once_in(2)) {
        let value = |random: &mut Random| match sort == "gsk" || table == "fuzz-num" {
            true => json!({"N": random.below(5).to_string()}),
            false => json!({"S": *random.pick(KEY_VALUES)}),
        };
        let (low, high) = (value(random), value(random));
        let low = placeholders.value(low);
        keys.push_str(&match random.below(3) {
            0 => format!(" AND {sort} BETWEEN {low} AND {}", placeholders.value(high)),
            1 => format!(" AND begins_with({sort}, {low})"),
            _ => format!(" AND {sort} {} {low}", random.pick(COMPARATORS)),
        });
    }
    let mut input = json!({"TableName": table, "KeyConditionExpression": keys});
    if !index.is_empty() && table == "fuzz-indexed" {
        input["IndexName"] = json!(index);
    }
    if random.once_in(2) {
        input["FilterExpression"] = json!(condition(random, &mut placeholders, 2));
    }
    if random.once_in(3) {
        let paths: Vec<String> = (0..1 + random.below(3)).map(|_| path(random, &mut placeholders)).collect();
        input["ProjectionExpression"] = json!(paths.join(", "));
    }
    if random.once_in(3) {
        input["Limit"] = json!(1 + random.below(3));
    }
    placeholders.write(&mut input);
    input
}

fn transaction(random: &mut Random) -> Value {
    let actions: Vec<Value> = (0..1 + random.below(4))
        .map(|_| match random.below(3) {
            0 => json!({"Put": put(random)}),
            1 => {
                let mut update = update(random);
                update.as_object_mut().map(|update| update.remove("ReturnValues"));
                json!({"Update": update})
            }
            _ => {
                let table = *random.pick(TABLES);
                let mut placeholders = Placeholders::default();
                let condition = condition(random, &mut placeholders, 2);
                let mut check =
                    json!({"TableName": table, "Key": key(random, table), "ConditionExpression": condition});
                placeholders.write(&mut check);
                json!({"ConditionCheck": check})
            }
        })
        .collect();
    json!({"TransactItems": actions})
}

/// A statement with its parameters. Now and then a piece of its text is damaged.
fn statement_request(random: &mut Random) -> Value {
    let mut statement = Statement { random, parameters: Vec::new() };
    let mut text = statement.text();
    let parameters = std::mem::take(&mut statement.parameters);
    if random.once_in(6) {
        text = changed_text(&text, random);
    }
    let mut input = json!({"Statement": text});
    if !parameters.is_empty() {
        input["Parameters"] = Value::Array(parameters);
    }
    input
}

struct Statement<'r> {
    random: &'r mut Random,
    parameters: Vec<Value>,
}

impl Statement<'_> {
    fn text(&mut self) -> String {
        let table = *self.random.pick(TABLES);
        match self.random.below(8) {
            0..=2 => self.select(table),
            3 => format!("EXISTS({})", self.select(table)),
            4 => {
                let returning = self.returning();
                format!("DELETE FROM \"{table}\" WHERE {}{returning}", self.key(table))
            }
            5 | 6 => self.update(table),
            _ => self.insert(table),
        }
    }

    fn select(&mut self, table: &str) -> String {
        let columns = match self.random.below(4) {
            0 | 1 => "*".to_string(),
            _ => (0..1 + self.random.below(3)).map(|_| self.path()).collect::<Vec<_>>().join(", "),
        };
        let index = match self.random.below(6) {
            0 | 1 if table == "fuzz-indexed" => *self.random.pick(&[".\"gsi\"", ".\"lsi\""]),
            2 if self.random.once_in(5) => ".\"gsi\"",
            _ => "",
        };
        let filter = match self.random.below(4) {
            0 => String::new(),
            1 => format!(" WHERE {}", self.key(table)),
            2 => format!(" WHERE {} AND {}", self.key(table), self.condition(0)),
            _ => format!(" WHERE {}", self.condition(0)),
        };
        let order = if self.random.once_in(6) { " ORDER BY sk DESC" } else { "" };
        format!("SELECT {columns} FROM \"{table}\"{index}{filter}{order}")
    }

    fn insert(&mut self, table: &str) -> String {
        let key = key(self.random, table);
        let mut members = vec![format!("'pk': '{}'", key["pk"]["S"].as_str().unwrap_or_default())];
        match (&key["sk"]["S"], &key["sk"]["N"]) {
            (Value::String(text), _) => members.push(format!("'sk': '{text}'")),
            (_, Value::String(number)) => members.push(format!("'sk': {number}")),
            _ => {}
        }
        for _ in 0..self.random.below(4) {
            let attribute = *self.random.pick(ATTRIBUTES);
            members.push(format!("'{attribute}': {}", self.literal(0)));
        }
        format!("INSERT INTO \"{table}\" VALUE {{{}}}", members.join(", "))
    }

    fn update(&mut self, table: &str) -> String {
        let mut clauses = Vec::new();
        for _ in 0..1 + self.random.below(3) {
            let path = self.path();
            clauses.push(match self.random.below(6) {
                0 => format!("REMOVE {path}"),
                1 => format!("SET {path} = {path} + {}", self.random.below(5)),
                2 => format!("SET {path} = list_append({path}, [{}])", self.literal(1)),
                3 => format!("SET {path} = set_add({path}, <<'a', 'b'>>)"),
                4 => format!("SET {path} = set_delete({path}, <<1, 2>>)"),
                _ => format!("SET {path} = {}", self.literal(0)),
            });
        }
        let (clauses, key) = (clauses.join(" "), self.key(table));
        let more = if self.random.once_in(3) { format!(" AND {}", self.condition(2)) } else { String::new() };
        let returning = self.returning();
        match self.random.below(4) {
            0 => format!("FROM \"{table}\" WHERE {key}{more} {clauses}{returning}"),
            _ => format!("UPDATE \"{table}\" {clauses} WHERE {key}{more}{returning}"),
        }
    }

    fn returning(&mut self) -> String {
        if !self.random.once_in(3) {
            return String::new();
        }
        format!(" RETURNING {} {} *", self.random.pick(&["ALL", "MODIFIED"]), self.random.pick(&["OLD", "NEW"]))
    }

    fn key(&mut self, table: &str) -> String {
        let key = key(self.random, table);
        let mut text = match self.random.below(5) {
            0 => {
                self.parameters.push(key["pk"].clone());
                "pk = ?".to_string()
            }
            1 => format!("pk IN ['{}', 'k1']", key["pk"]["S"].as_str().unwrap_or_default()),
            _ => format!("pk = '{}'", key["pk"]["S"].as_str().unwrap_or_default()),
        };
        match (&key["sk"]["S"], &key["sk"]["N"]) {
            (Value::String(value), _) => text.push_str(&format!(" AND sk = '{value}'")),
            (_, Value::String(value)) => text.push_str(&format!(" AND sk = {value}")),
            _ => {}
        }
        text
    }

    fn path(&mut self) -> String {
        let name = *self.random.pick(ATTRIBUTES);
        let mut path = if self.random.once_in(3) { format!("\"{name}\"") } else { name.to_string() };
        match self.random.below(6) {
            0 => path.push_str(&format!("[{}]", self.random.below(3))),
            1 => path.push_str(".x"),
            2 => path.push_str(".\"y\"[0]"),
            _ => {}
        }
        path
    }

    fn literal(&mut self, depth: usize) -> String {
        match self.random.below(if depth < 3 { 10 } else { 6 }) {
            0 | 1 => format!("'{}'", self.random.pick(KEY_VALUES)),
            2 | 3 => number(self.random),
            4 => (*self.random.pick(&["true", "false", "null", "NULL"])).to_string(),
            5 => {
                self.parameters.push(attribute_value(self.random, 0));
                "?".to_string()
            }
            6 => format!("[{}, {}]", self.literal(depth + 1), self.literal(depth + 1)),
            7 => format!("{{'x': {}, 'y': {}}}", self.literal(depth + 1), self.literal(depth + 1)),
            8 => "<<'a', 'b'>>".to_string(),
            _ => "<<1, 2.5>>".to_string(),
        }
    }

    fn operand(&mut self) -> String {
        match self.random.below(5) {
            0..=1 => self.path(),
            2 => format!("size({})", self.path()),
            _ => self.literal(2),
        }
    }

    fn condition(&mut self, depth: usize) -> String {
        if depth < DEPTH_MAX && self.random.below(5) < 2 {
            let left = self.condition(depth + 1);
            return match self.random.below(4) {
                0 => format!("NOT {left}"),
                1 => format!("({left}) AND {}", self.condition(depth + 1)),
                2 => format!("{left} OR {}", self.condition(depth + 1)),
                _ => format!("{left} AND ({})", self.condition(depth + 1)),
            };
        }
        let not = if self.random.once_in(3) { "NOT " } else { "" };
        match self.random.below(9) {
            0 => format!("attribute_exists({})", self.path()),
            1 => {
                let type_name =
                    *self.random.pick(&["MISSING", "NULL", "STRING", "NUMERIC", "LIST", "BOOLEAN", "STRUCT"]);
                format!("{} IS {not}{type_name}", self.path())
            }
            2 => format!("begins_with({}, 'k')", self.path()),
            3 => format!("contains({}, {})", self.path(), self.literal(2)),
            4 => format!("{} {not}BETWEEN 1 AND {}", self.path(), self.random.below(9)),
            5 => format!("{} {not}IN [{}, {}]", self.path(), self.literal(2), self.literal(2)),
            6 => format!("attribute_type({}, 'S') = {}", self.path(), self.random.pick(&["true", "false"])),
            _ => {
                let comparator = *self.random.pick(COMPARATORS);
                format!("{} {comparator} {}", self.operand(), self.operand())
            }
        }
    }
}
