//! Damage to requests, as trees and as bytes.

use serde_json::{Map, Value, json};

use crate::random::Random;

/// The request with some damage, or now and then as it is.
pub(crate) fn damaged(input: &Value, random: &mut Random) -> Vec<u8> {
    let mut tree = input.clone();
    for _ in 0..random.below(4) {
        let mut spot = random.below(node_count(&tree).max(1));
        damage_node(&mut tree, &mut spot, random);
    }
    let mut bytes = tree.to_string().into_bytes();
    if random.below(8) == 0 {
        damage_bytes(&mut bytes, random);
    }
    bytes
}

fn node_count(tree: &Value) -> usize {
    1 + match tree {
        Value::Array(elements) => elements.iter().map(node_count).sum::<usize>(),
        Value::Object(members) => members.values().map(node_count).sum(),
        _ => 0,
    }
}

/// Damages the node that `spot` counts down to.
fn damage_node(node: &mut Value, spot: &mut usize, random: &mut Random) -> bool {
    if *spot == 0 {
        change(node, random);
        return true;
    }
    *spot -= 1;
    match node {
        Value::Array(elements) => elements.iter_mut().any(|element| damage_node(element, spot, random)),
        Value::Object(members) => members.values_mut().any(|member| damage_node(member, spot, random)),
        _ => false,
    }
}

fn change(node: &mut Value, random: &mut Random) {
    match node {
        Value::Object(members) if !members.is_empty() && random.below(2) == 0 => change_members(members, random),
        Value::Array(elements) if !elements.is_empty() && random.below(2) == 0 => {
            let at = random.below(elements.len());
            match random.below(3) {
                0 => drop(elements.remove(at)),
                1 => elements.push(elements[at].clone()),
                _ => elements.swap(0, at),
            }
        }
        Value::String(text) if random.below(3) > 0 => *text = changed_text(text, random),
        _ => *node = extreme(random),
    }
}

fn change_members(members: &mut Map<String, Value>, random: &mut Random) {
    let names: Vec<String> = members.keys().cloned().collect();
    let name = random.pick(&names).clone();
    let Some(value) = members.remove(&name) else { return };
    match random.below(4) {
        0 => {}
        1 => {
            members.insert(changed_text(&name, random), value);
        }
        2 => {
            let other = random.pick(&names).clone();
            members.insert(other, value.clone());
            members.insert(name, value);
        }
        _ => {
            let wrapper = *random.pick(&["M", "L", "S", "N", "SS", "Value"]);
            members.insert(name, json!({wrapper: value}));
        }
    }
}

/// Expressions are texts: pieces of their grammar make more of them than noise does.
pub(crate) fn changed_text(text: &str, random: &mut Random) -> String {
    const PIECES: &[&str] = &[
        "",
        "(",
        ")",
        "((",
        " AND ",
        " OR ",
        "NOT ",
        " = ",
        " <> ",
        ":v",
        "#a",
        "a.b",
        "[0]",
        "[99999999999]",
        " BETWEEN ",
        " IN (",
        "size(",
        "contains(",
        "if_not_exists(",
        "list_append(",
        "SET ",
        "REMOVE ",
        "ADD ",
        "DELETE ",
        ",",
        "é",
        "\u{0}",
        "\u{10FFFF}",
        "1e125",
        "-",
        "+",
        "'",
        "\"",
    ];
    let mut characters: Vec<char> = text.chars().collect();
    let at = random.below(characters.len() + 1);
    match random.below(4) {
        0 => characters.truncate(at),
        1 if at < characters.len() => drop(characters.remove(at)),
        2 => {
            let piece = random.pick(PIECES).repeat(1 + random.below(3));
            characters.splice(at..at, piece.chars());
        }
        _ => {
            let copy: Vec<char> = characters.iter().skip(at).take(8).copied().collect();
            characters.splice(at..at, copy);
        }
    }
    characters.into_iter().collect()
}

fn extreme(random: &mut Random) -> Value {
    match random.below(12) {
        0 => Value::Null,
        1 => json!(true),
        2 => json!(-1),
        3 => json!(4294967296u64),
        4 => json!(1e300),
        5 => json!(""),
        6 => json!("x".repeat(random.below(5000))),
        7 => json!([]),
        8 => json!({}),
        9 => json!("9".repeat(1 + random.below(60))),
        10 => (0..random.below(100)).fold(json!({"S": "deep"}), |inner, _| json!({"L": [inner]})),
        _ => json!("(".repeat(random.below(4000))),
    }
}

fn damage_bytes(bytes: &mut Vec<u8>, random: &mut Random) {
    if bytes.is_empty() {
        return;
    }
    let at = random.below(bytes.len());
    match random.below(3) {
        0 => bytes[at] = random.below(256) as u8,
        1 => bytes.truncate(at),
        _ => {
            let copy: Vec<u8> = bytes.iter().skip(at).take(20).copied().collect();
            bytes.splice(at..at, copy);
        }
    }
}
