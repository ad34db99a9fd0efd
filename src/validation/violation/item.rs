//! Items and keys that the table cannot take.

use super::INVALID;
use crate::validation::key_schema::ScalarType;
use crate::value::TypeName;

messages! {
    ItemViolation {
        KeyMismatch => "The provided key element does not match the schema";
        KeyMissing { name: String } => "{INVALID}Missing the key {name} in the item";
        KeyType { name: String, expected: ScalarType, actual: TypeName } =>
            "{INVALID}Type mismatch for key {name} expected: {expected} actual: {actual}";
        /// `kind` is "string" or "binary"; "are not valid", unlike elsewhere, is AWS's.
        KeyEmpty { name: String, kind: &'static str } =>
            "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty \
             {kind} value. Key: {name}";
        // No space after "of": AWS's (dynalite's capture, as the next one).
        PartitionKeyTooLong => "{INVALID}Size of hashkey has exceeded the maximum size limit of2048 bytes";
        SortKeyTooLong => "{INVALID}Aggregated size of all range keys has exceeded the size limit of 1024 bytes";
        KeyUpdated { name: String } => "{INVALID}Cannot update attribute {name}. This attribute is part of the key";
        // dynalite's capture, as the next one
        KeyNested { name: String } =>
            "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: Key: {name}";
        IndexKeyNested { name: String } =>
            "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: IndexKey: {name}";

        IndexKeyType { name: String, expected: ScalarType, actual: TypeName, index: String } =>
            "{INVALID}Type mismatch for Index Key {name} Expected: {expected} Actual: {actual} IndexName: {index}";
        IndexKeyEmpty { name: String, kind: &'static str, index: String } =>
            "One or more parameter values are not valid. A value specified for a secondary index key is not supported. The \
             AttributeValue for a key attribute cannot contain an empty {kind} value. IndexName: {index}, IndexKey: {name}";
        UpdatedIndexKeyEmpty { kind: &'static str } =>
            "One or more parameter values are not valid. The update expression attempted to update a secondary index key to \
             a value that is not supported. The AttributeValue for a key attribute cannot contain an empty {kind} value.";

        // These two also where entries in local indexes make an item too large: refused by AWS; the text was not captured.
        TooLarge => "Item size has exceeded the maximum allowed size";
        UpdateTooLarge => "Item size to update has exceeded the maximum allowed size";
        // An update whose finished item is nested too deep. The short form was seen in transactions.
        TooDeep => "Nesting Levels have exceeded supported limits";

        // Vectors: eu-west-2, 2026-10. The full stop after "invalid" and those around IndexName are AWS's.
        VectorLength { name: String, expected: u32, actual: usize, index: String } =>
            "One or more parameter values were invalid. Invalid size for parameter {name}, Expected: {expected}, Actual: \
             {actual} IndexName: {index}";
        VectorElement { name: String, element: usize, actual: TypeName, index: String } =>
            "One or more parameter values were invalid. Invalid type for parameter {name}[{element}], Expected: 32-bit \
             floating point number, Actual: {actual}. IndexName: {index}";
        // Refused by AWS; the text was not captured.
        VectorElementRange { name: String, element: usize, index: String } =>
            "One or more parameter values were invalid. Invalid value for parameter {name}[{element}], Expected: 32-bit \
             floating point number IndexName: {index}";
        VectorNotList { name: String, index: String } =>
            "One or more parameter values were invalid. Invalid type for parameter {name}, Expected: 32-bit floating point \
             number list IndexName: {index}";
    }
}
