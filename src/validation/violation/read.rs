//! Queries and Scans that the table or the index cannot serve.

use super::INVALID;

messages! {
    ReadViolation {
        NothingSelected =>
            "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES";
        /// `select` is the value of `Select`, or "only the Count".
        ProjectedDespiteSelect { parameter: &'static str, select: &'static str } =>
            "Cannot specify the {parameter} when choosing to get {select}";
        // "Querying" also on Scan.
        AllProjectedWithoutIndex => "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName";
        UnknownIndex { name: String } => "The table does not have the specified index: {name}";
        // The developer guide's; a GSI answers once it has been backfilled.
        IndexBackfilling { name: String } => "Cannot read from backfilling global secondary index: {name}";
        ConsistentReadOfGlobalIndex => "Consistent reads are not supported on global secondary indexes";
        // dynalite's capture
        AllAttributesOfGlobalIndex { index: String } =>
            "{INVALID}Select type ALL_ATTRIBUTES is not supported for global secondary index {index} because its projection \
             type is not ALL";
        Unprojected { index: String, names: Vec<String> } =>
            "{INVALID}Global secondary index {index} does not project [{}]", names.join(", ");
        // PartiQL on us-east-1 and eu-west-2, 2026-10: only where the index's partition is fixed, not where it is scanned.
        FilterUnprojected { index: String, names: Vec<String> } =>
            "{INVALID}Secondary index {index} does not project one or more filter attributes: [{}]", names.join(", ");
        // dynalite's capture; `parameter` is "Filter Expression" or "QueryFilter"
        FilterOnKey { parameter: &'static str, name: String } =>
            "{parameter} can only contain non-primary key attributes: Primary key attribute: {name}";

        // dynalite's capture
        NoKeyCondition =>
            "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.";
        KeyConditionType => "{INVALID}Condition parameter type does not match schema type";
        KeyConditionMissed { name: String } => "Query condition missed key schema element: {name}";
        KeyConditionCount { given: usize, schema: usize } =>
            "The number of query conditions ({given}) exceeds the number of key attributes defined in the schema ({schema})";
        KeyConditionUnsupported => "Query key condition not supported";
        // dynalite's capture, of KeyConditions
        NotIndexable => "Attempted conditional constraint is not an indexable operation";
        SortKeysNotEqual { names: Vec<String>, because_of: String } =>
            "RANGE key attributes {} must have equality conditions specified in the query because a condition is present on \
             key attribute {because_of}", names.join(", ");

        StartKeyInvalid => "The provided starting key is invalid";
        /// The older layer of Scan, where the table itself is read.
        StartKeyMismatch =>
            "The provided starting key is invalid: The provided key element does not match the schema";
        // This and the next three: an emulator's captures, 2026.
        StartKeyOutsideSort => "The provided starting key does not match the range key predicate";
        StartKeyOutsidePartition =>
            "The provided starting key is outside query boundaries based on provided conditions";
        StartKeyOfOneRow => "The query can return at most one row and cannot be restarted";
        StartKeyOfLonePartition => "The provided exclusive start key is invalid";
        // dynalite's capture
        StartKeyOfOtherSegment { segment: u32, total: u32 } =>
            "The provided starting key is invalid: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct \
             Segment. TotalSegments: {total} Segment: {segment}";

        SegmentWithoutTotal =>
            "The TotalSegments parameter is required but was not present in the request when Segment parameter is present";
        TotalWithoutSegment =>
            "The Segment parameter is required but was not present in the request when parameter TotalSegments is present";
        /// The older layer.
        SegmentNotBelow { segment: i64, total: i64 } =>
            "The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: {segment} is not \
             less than TotalSegments: {total}";
        /// The newer layer: eu-west-2, 2026-10.
        SegmentNotBelowTotal => "The Segment parameter is zero-based and must be less than parameter TotalSegments";
    }
}
