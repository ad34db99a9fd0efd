//! Parameters of PartiQL statements, of which some must be known as they were written.

use super::{Decode, Place, SerializationFault};
use crate::protocol::json::{Reader, Token};
use crate::value::{AttributeValue, Given};

/// One of a statement's `Parameters`.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    pub given: Given<AttributeValue>,
    /// The numbers of an N or an NS as they were written: a `NextToken` holds for `0` but not for `0.0`
    /// (aws-verified.md section 7). Empty for every other value.
    pub numbers: Vec<String>,
}

impl Decode for Parameter {
    type Value = Parameter;

    fn decode(token: Token<'_>, reader: &mut Reader<'_>, place: Place) -> Result<Parameter, SerializationFault> {
        let is_object = token == Token::Object;
        let start = reader.position();
        let given = <Given<AttributeValue> as Decode>::decode(token, reader, place)?;
        let holds_numbers = matches!(given.value, AttributeValue::N(_) | AttributeValue::Ns(_));
        let numbers = match reader.text_from(start) {
            Some(text) if is_object && holds_numbers => numbers_of(text),
            _ => Vec::new(),
        };
        Ok(Parameter { given, numbers })
    }

    fn java_type() -> String {
        <Given<AttributeValue> as Decode>::java_type()
    }

    fn null_element() -> Option<Parameter> {
        let given = <Given<AttributeValue> as Decode>::null_element()?;
        Some(Parameter { given, numbers: Vec::new() })
    }
}

/// The strings in `"N": "1.0"}` or `"NS": ["1", ..]}`, which has been read once before.
fn numbers_of(members: &str) -> Vec<String> {
    let object = format!("{{{members}");
    let mut numbers = Vec::new();
    // What could be read once can be read again.
    let _ = read_numbers(object.as_bytes(), &mut numbers);
    numbers
}

fn read_numbers(object: &[u8], numbers: &mut Vec<String>) -> Result<(), crate::protocol::json::NotJson> {
    let mut reader = Reader::new(object)?;
    reader.value()?;
    while let Some(member) = reader.next_member()? {
        match (&*member, reader.value()?) {
            ("N", Token::String(number)) => numbers.push(number.into_owned()),
            ("NS", Token::Array) => {
                while reader.next_element()? {
                    if let Token::String(number) = reader.value()? {
                        numbers.push(number.into_owned());
                    }
                }
            }
            (_, token) => reader.skip(&token)?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::protocol::decode;
    use crate::protocol::shapes::ExecuteStatementInput;

    #[test]
    fn numbers_are_kept_as_written() {
        let body =
            br#"{"Parameters": [{"N": "0.0"}, {"NS": ["1E2", "3"]}, {"S": "4"}, {"L": [{"N": "5"}]}], "Limit": 2}"#;
        let input: ExecuteStatementInput = decode(body).expect("sound");
        let numbers: Vec<_> = input.parameters.expect("some").into_iter().map(|parameter| parameter.numbers).collect();
        assert_eq!(numbers, [vec!["0.0".to_string()], vec!["1E2".into(), "3".into()], vec![], vec![]]);
        assert_eq!(input.limit, Some(2));
    }
}
