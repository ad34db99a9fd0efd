//! The replicas and witnesses of a global table, as UpdateTable changes them.

shapes! {
    ReplicationGroupUpdate {
        Create create: CreateReplicationGroupMemberAction,
        Update update: UpdateReplicationGroupMemberAction,
        Delete delete: DeleteReplicationGroupMemberAction,
        Disassociate disassociate: DisassociateReplicationGroupMemberAction,
    }

    CreateReplicationGroupMemberAction {
        RegionName region_name: String,
        KMSMasterKeyId kms_master_key_id: String,
        ProvisionedThroughputOverride provisioned_throughput_override: ProvisionedThroughputOverride,
        OnDemandThroughputOverride on_demand_throughput_override: OnDemandThroughputOverride,
        GlobalSecondaryIndexes global_secondary_indexes: Vec<ReplicaGlobalSecondaryIndex>,
        TableClassOverride table_class_override: String,
    }

    UpdateReplicationGroupMemberAction {
        RegionName region_name: String,
        KMSMasterKeyId kms_master_key_id: String,
        ProvisionedThroughputOverride provisioned_throughput_override: ProvisionedThroughputOverride,
        OnDemandThroughputOverride on_demand_throughput_override: OnDemandThroughputOverride,
        GlobalSecondaryIndexes global_secondary_indexes: Vec<ReplicaGlobalSecondaryIndex>,
        TableClassOverride table_class_override: String,
    }

    DeleteReplicationGroupMemberAction {
        RegionName region_name: String,
    }

    DisassociateReplicationGroupMemberAction {
        RegionName region_name: String,
        DisassociationMode disassociation_mode: String,
    }

    ReplicaGlobalSecondaryIndex {
        IndexName index_name: String,
        ProvisionedThroughputOverride provisioned_throughput_override: ProvisionedThroughputOverride,
        OnDemandThroughputOverride on_demand_throughput_override: OnDemandThroughputOverride,
    }

    ProvisionedThroughputOverride {
        ReadCapacityUnits read_capacity_units: i64,
    }

    OnDemandThroughputOverride {
        MaxReadRequestUnits max_read_request_units: i64,
    }

    GlobalTableWitnessGroupUpdate {
        Create create: CreateGlobalTableWitnessGroupMemberAction,
        Delete delete: DeleteGlobalTableWitnessGroupMemberAction,
    }

    CreateGlobalTableWitnessGroupMemberAction {
        RegionName region_name: String,
    }

    DeleteGlobalTableWitnessGroupMemberAction {
        RegionName region_name: String,
    }
}
