//! Table definitions that do not hold together, and tables that are not in a state for what is asked: CreateTable, UpdateTable
//! and the other calls about whole tables. Where no source is named: dynalite's captures from AWS, none of which a newer
//! capture contradicts.

use super::INVALID;
use crate::protocol::ErrorKind;

messages! {
    DefinitionViolation {
        TableNameRequired => "The parameter 'TableName' is required but was not present in the request";
        InvalidArn { arn: String } => "Invalid TableArn: Invalid ResourceArn provided as input {arn}";

        UnitsWithPayPerRequest =>
            "{INVALID}Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST";
        UnitsRequired =>
            "{INVALID}ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED";
        UnitsOutOfBounds { member: &'static str, value: u64 } => "Given value {value} for {member} is out of bounds";
        ThroughputRequired => "{INVALID}ProvisionedThroughput must be specified when BillingMode is PROVISIONED";
        IndexThroughputRequired { indexes: Vec<String> } =>
            "{INVALID}ProvisionedThroughput must be specified for index: {}", indexes.join(",");
        IndexThroughputWithPayPerRequest { index: String } =>
            "{INVALID}ProvisionedThroughput should not be specified for index: {index} when BillingMode is PAY_PER_REQUEST";
        ThroughputUnchanged { read_units: u64, write_units: u64 } =>
            "The provisioned throughput for the table will not change. The requested value equals the current value. \
             Current ReadCapacityUnits provisioned for the table: {read_units}. Requested ReadCapacityUnits: {read_units}. \
             Current WriteCapacityUnits provisioned for the table: {write_units}. Requested WriteCapacityUnits: {write_units}. \
             Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits.";
        IndexUpdateBlocked =>
            "This operation cannot be performed with given input values. Please contact DynamoDB service team for \
             more info: Action Blocked: IndexUpdate";
        // eu-west-2, 2026-07-24, as the next two: CreateTable has a full stop, UpdateTable an article.
        OnDemandThroughputOfNewProvisioned { member: &'static str } =>
            "{INVALID}{member} for OnDemandThroughput cannot be specified when table BillingMode is PROVISIONED.";
        OnDemandThroughputOfProvisioned { member: &'static str } =>
            "{INVALID}{member} for OnDemandThroughput cannot be specified when the table BillingMode is PROVISIONED";
        OnDemandThroughputTooSmall { member: &'static str } =>
            "{INVALID}Requested {member} for OnDemandThroughput for table is outside of valid range";

        KeyAttributeUndefined => "Invalid KeySchema: Some index key attribute have no definition";
        KeyAttributesUndefined { keys: Vec<String>, defined: Vec<String> } =>
            "{INVALID}Some index key attributes are not defined in AttributeDefinitions. Keys: [{}], \
             AttributeDefinitions: [{}]", keys.join(", "), defined.join(", ");
        KeyAttributesNamedAlike => "Both the Hash Key and the Range Key element in the KeySchema have the same name";
        FirstKeyNotHash => "Invalid KeySchema: The first KeySchemaElement is not a HASH key type";
        SecondKeyNotRange => "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type";
        UnusedDefinitions =>
            "{INVALID}Number of attributes in KeySchema does not exactly match number of attributes defined in \
             AttributeDefinitions";
        UnusedDefinitionsNamed { keys: Vec<String>, defined: Vec<String> } =>
            "{INVALID}Some AttributeDefinitions are not used. AttributeDefinitions: [{}], keys used: [{}]",
            defined.join(", "), keys.join(", ");
        // The developer guide states these rules; their texts were seen nowhere.
        DuplicateDefinition { name: String } => "{INVALID}Duplicate AttributeName in AttributeDefinitions: {name}";
        IndexKeyRoles { role: &'static str } =>
            "Invalid KeySchema: The number of {role} key attributes exceeds the limit of 4";
        IndexKeyOrder => "Invalid KeySchema: All HASH key attributes must precede the RANGE key attributes";
        IndexKeyRepeated { index: String } => "{INVALID}Duplicate attribute in the KeySchema of index: {index}";

        LocalIndexesEmpty => "{INVALID}List of LocalSecondaryIndexes is empty";
        // us-east-1, 2026-10
        LocalIndexWithoutTableRange =>
            "{INVALID}Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex";
        LocalIndexWithoutRange { index: String } => "{INVALID}Index KeySchema does not have a range key for index: {index}";
        LocalIndexOtherHash { index: String, index_hash: String, table_hash: String } =>
            "{INVALID}Index KeySchema does not have the same leading hash key as table KeySchema for index: {index}. \
             index hash key: {index_hash}, table hash key: {table_hash}";
        LocalIndexCount => "{INVALID}Number of LocalSecondaryIndexes exceeds per-table limit of 5";
        GlobalIndexesEmpty => "{INVALID}List of GlobalSecondaryIndexes is empty";
        GlobalIndexCount => "{INVALID}GlobalSecondaryIndex count exceeds the per-table limit of 20";
        // us-east-1, 2026-10
        DuplicateIndexName { index: String } => "{INVALID}Duplicate index name: {index}";
        IndexNameTaken => "Attempting to create an index which already exists";

        ProjectionTypeMissing => "{INVALID}Unknown ProjectionType: null";
        ProjectionWithAttributes { kind: &'static str } =>
            "{INVALID}ProjectionType is {kind}, but NonKeyAttributes is specified";
        // us-east-1, 2026-10
        IncludeWithoutAttributes => "{INVALID}ProjectionType is INCLUDE, but NonKeyAttributes is not specified";
        ProjectedAttributeCount { given: usize } =>
            "{INVALID}Number of NonKeyAttributes across all indexes exceeds the per-table limit of 100: {given}";

        // All of vector indexes: eu-west-2, 2026-10.
        VectorIndexWithProvisioned => "{INVALID}Vector indexes are only supported for PAY_PER_REQUEST tables";
        VectorDimensions => "{INVALID}Number of dimensions must be between 1 and 4096 inclusive.";
        VectorIndexCount => "{INVALID}VectorIndex count exceeds the per-table limit of 5";
        VectorDimensionsDiffer { attribute: String } =>
            "{INVALID}Conflicting attribute definition for '{attribute}'. All VectorIndexes on the same vector attribute \
             must use the same dimensions.";
        // Refused by AWS as a conflict (2026-08); the text's end was not captured.
        VectorAttributeDefined { attribute: String } => "{INVALID}Conflicting attribute definition for '{attribute}'.";
        SearchElementUndefined => "{INVALID}One element in SearchSchema is not defined in attribute definitions";

        // us-east-1, 2026-10; UpdateViewType is AWS's word.
        StreamDisabledWithView =>
            "{INVALID}Table is being created with a stream disabled, UpdateViewType should not be specified";
        // This and the next four: us-east-1 and us-west-2, 2026-10, as the findings published for the AWS Controllers for
        // Kubernetes quote them.
        StreamEnabledWithoutView =>
            "{INVALID}Table is being created with a stream enabled, UpdateViewType is required";
        StreamUpdateWithoutView => "{INVALID}If stream is being enabled then UpdateViewType is required";
        StreamUpdateWithView => "{INVALID}If stream is being disabled, then UpdateViewType must not be specified";
        StreamAlreadyEnabled { table: String } => "Table already has an enabled stream: TableName: {table}";
        StreamNotEnabled { table: String } => "Table has no stream to disable: TableName: {table}";
        // UpdateTable's encryption texts were not captured.
        KmsKeyWithoutKms => "{INVALID}KMSMasterKeyId can only be specified if SSEType is KMS";

        // This endpoint's own: nothing here spans Regions.
        GlobalTableMember { member: &'static str } => "{member} is not supported: this endpoint has no global tables";

        NothingToUpdate =>
            "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or \
             SSESpecification or ReplicaUpdates is required";
        IndexUpdateEmpty =>
            "{INVALID}One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, \
             GlobalSecondaryIndexUpdate.Delete must not be null";
        IndexUpdatedTwice { index: String } =>
            "{INVALID}Only one global secondary index update per index is allowed simultaneously. Index: {index}";
        /// LimitExceededException
        OneIndexAtATime =>
            "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table";
        /// ResourceNotFoundException
        IndexNotFound => "Requested resource not found";

        /// ResourceNotFoundException; this and what follows comes from the state of a table.
        TableNotFound { name: String } => "Requested resource not found: Table: {name} not found";
        /// ResourceInUseException
        TableExists { name: String } => "Table already exists: {name}";
        /// ResourceInUseException
        TableBusy { name: String, doing: &'static str } =>
            "Attempt to change a resource which is still in use: Table is being {doing}: {name}";
        /// ResourceInUseException
        IndexesBusy =>
            "Attempt to change a resource which is still in use: Cannot delete table while indexes are being created, \
             updated, or deleted.";
        /// ResourceInUseException: an index can be deleted again only once it is being backfilled.
        IndexAllocating { index: String } =>
            "Attempt to change a resource which is still in use: Index {index} is being created. Retry when it is \
             backfilling.";
        // No ARN and no name in it (eu-west-2, 2026-07).
        DeletionProtected =>
            "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection \
             first.";
    }
}

impl DefinitionViolation {
    pub fn kind(&self) -> ErrorKind {
        use DefinitionViolation as D;
        match self {
            D::OneIndexAtATime => ErrorKind::LimitExceededException,
            D::IndexNotFound | D::TableNotFound { .. } => ErrorKind::ResourceNotFoundException,
            D::TableExists { .. } | D::TableBusy { .. } | D::IndexesBusy | D::IndexAllocating { .. } => {
                ErrorKind::ResourceInUseException
            }
            _ => ErrorKind::ValidationException,
        }
    }
}
