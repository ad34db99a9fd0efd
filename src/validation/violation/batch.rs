//! Batches that cannot be taken apart.

messages! {
    BatchViolation {
        /// The older layer, for an empty map.
        RequestItemsRequired { operation: &'static str } => "The requestItems parameter is required for {operation}";
        DuplicateKeys => "Provided list of item keys contains duplicates";
        // dynalite's capture
        TooManyKeys => "Too many items requested for the BatchGetItem call";
        TooManyWrites => "Too many items requested for the BatchWriteItem call";
        /// A write request that is neither or both of a put and a delete. dynalite's capture.
        NotOneWrite =>
            "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes";
    }
}
