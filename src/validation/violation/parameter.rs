//! Parameters that contradict each other.

messages! {
    ParameterViolation {
        Mixed { legacy: Vec<&'static str>, expressions: Vec<&'static str> } =>
            "Can not use both expression and non-expression parameters in the same request: Non-expression parameters: \
             {{{}}} Expression parameters: {{{}}}", legacy.join(", "), expressions.join(", ");
        NamesWithoutExpression => "ExpressionAttributeNames can only be specified when using expressions";
        ValuesWithoutExpression => "ExpressionAttributeValues can only be specified when using expressions";
        /// The older layer says what is absent.
        ValuesWithoutExpressions { absent: &'static [&'static str] } =>
            "ExpressionAttributeValues can only be specified when using expressions: {} {} null",
            absent.join(" and "), if absent.len() == 1 { "is" } else { "are" };
        ReturnValuesOfPutOrDelete => "ReturnValues can only be ALL_OLD or NONE";
    }
}
