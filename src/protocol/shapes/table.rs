//! The five operations on tables.

use super::{
    GlobalSecondaryIndex, GlobalSecondaryIndexUpdate, GlobalTableWitnessGroupUpdate, Integer, LocalSecondaryIndex,
    ReplicationGroupUpdate, VectorIndex, VectorIndexUpdate,
};

shapes! {
    CreateTableInput {
        AttributeDefinitions attribute_definitions: Vec<AttributeDefinition>,
        TableName table_name: String,
        KeySchema key_schema: Vec<KeySchemaElement>,
        LocalSecondaryIndexes local_secondary_indexes: Vec<LocalSecondaryIndex>,
        GlobalSecondaryIndexes global_secondary_indexes: Vec<GlobalSecondaryIndex>,
        BillingMode billing_mode: String,
        ProvisionedThroughput provisioned_throughput: ProvisionedThroughput,
        StreamSpecification stream_specification: StreamSpecification,
        SSESpecification sse_specification: SSESpecification,
        Tags tags: Vec<Tag>,
        TableClass table_class: String,
        DeletionProtectionEnabled deletion_protection_enabled: bool,
        WarmThroughput warm_throughput: WarmThroughput,
        ResourcePolicy resource_policy: String,
        OnDemandThroughput on_demand_throughput: OnDemandThroughput,
        GlobalTableSourceArn global_table_source_arn: String,
        GlobalTableSettingsReplicationMode global_table_settings_replication_mode: String,
        VectorIndexes vector_indexes: Vec<VectorIndex>,
    }

    UpdateTableInput {
        AttributeDefinitions attribute_definitions: Vec<AttributeDefinition>,
        TableName table_name: String,
        BillingMode billing_mode: String,
        ProvisionedThroughput provisioned_throughput: ProvisionedThroughput,
        GlobalSecondaryIndexUpdates global_secondary_index_updates: Vec<GlobalSecondaryIndexUpdate>,
        StreamSpecification stream_specification: StreamSpecification,
        SSESpecification sse_specification: SSESpecification,
        ReplicaUpdates replica_updates: Vec<ReplicationGroupUpdate>,
        TableClass table_class: String,
        DeletionProtectionEnabled deletion_protection_enabled: bool,
        MultiRegionConsistency multi_region_consistency: String,
        GlobalTableWitnessUpdates global_table_witness_updates: Vec<GlobalTableWitnessGroupUpdate>,
        OnDemandThroughput on_demand_throughput: OnDemandThroughput,
        WarmThroughput warm_throughput: WarmThroughput,
        GlobalTableSettingsReplicationMode global_table_settings_replication_mode: String,
        DisassociationProtectionEnabled disassociation_protection_enabled: bool,
        VectorIndexUpdates vector_index_updates: Vec<VectorIndexUpdate>,
    }

    DescribeTableInput {
        TableName table_name: String,
    }

    DeleteTableInput {
        TableName table_name: String,
    }

    ListTablesInput {
        ExclusiveStartTableName exclusive_start_table_name: String,
        Limit limit: i64 as Integer,
    }

    AttributeDefinition {
        AttributeName attribute_name: String,
        AttributeType attribute_type: String,
    }

    KeySchemaElement {
        AttributeName attribute_name: String,
        KeyType key_type: String,
    }

    ProvisionedThroughput {
        ReadCapacityUnits read_capacity_units: i64,
        WriteCapacityUnits write_capacity_units: i64,
    }

    OnDemandThroughput {
        MaxReadRequestUnits max_read_request_units: i64,
        MaxWriteRequestUnits max_write_request_units: i64,
    }

    WarmThroughput {
        ReadUnitsPerSecond read_units_per_second: i64,
        WriteUnitsPerSecond write_units_per_second: i64,
    }

    StreamSpecification {
        StreamEnabled stream_enabled: bool,
        StreamViewType stream_view_type: String,
    }

    SSESpecification {
        Enabled enabled: bool,
        SSEType sse_type: String,
        KMSMasterKeyId kms_master_key_id: String,
    }

    Tag {
        Key key: String,
        Value value: String,
    }
}
