//! Secondary and vector indexes, and how UpdateTable changes them.

use super::{KeySchemaElement, OnDemandThroughput, ProvisionedThroughput, WarmThroughput};

shapes! {
    LocalSecondaryIndex {
        IndexName index_name: String,
        KeySchema key_schema: Vec<KeySchemaElement>,
        Projection projection: Projection,
    }

    GlobalSecondaryIndex {
        IndexName index_name: String,
        KeySchema key_schema: Vec<KeySchemaElement>,
        Projection projection: Projection,
        ProvisionedThroughput provisioned_throughput: ProvisionedThroughput,
        OnDemandThroughput on_demand_throughput: OnDemandThroughput,
        WarmThroughput warm_throughput: WarmThroughput,
    }

    Projection {
        ProjectionType projection_type: String,
        NonKeyAttributes non_key_attributes: Vec<String>,
    }

    GlobalSecondaryIndexUpdate {
        Update update: UpdateGlobalSecondaryIndexAction,
        Create create: CreateGlobalSecondaryIndexAction,
        Delete delete: DeleteGlobalSecondaryIndexAction,
    }

    UpdateGlobalSecondaryIndexAction {
        IndexName index_name: String,
        ProvisionedThroughput provisioned_throughput: ProvisionedThroughput,
        OnDemandThroughput on_demand_throughput: OnDemandThroughput,
        WarmThroughput warm_throughput: WarmThroughput,
    }

    CreateGlobalSecondaryIndexAction {
        IndexName index_name: String,
        KeySchema key_schema: Vec<KeySchemaElement>,
        Projection projection: Projection,
        ProvisionedThroughput provisioned_throughput: ProvisionedThroughput,
        OnDemandThroughput on_demand_throughput: OnDemandThroughput,
        WarmThroughput warm_throughput: WarmThroughput,
    }

    DeleteGlobalSecondaryIndexAction {
        IndexName index_name: String,
    }

    VectorIndex {
        IndexName index_name: String,
        VectorAttribute vector_attribute: VectorAttributeDefinition,
        SearchSchema search_schema: Vec<SearchSchemaElement>,
        Projection projection: Projection,
        Dimensions dimensions: i64,
        DistanceFunction distance_function: String,
    }

    VectorAttributeDefinition {
        AttributeName attribute_name: String,
    }

    SearchSchemaElement {
        AttributeName attribute_name: String,
        SearchSchemaElementType search_schema_element_type: String,
    }

    VectorIndexUpdate {
        Create create: CreateVectorIndexAction,
        Delete delete: DeleteVectorIndexAction,
    }

    CreateVectorIndexAction {
        IndexName index_name: String,
        VectorAttribute vector_attribute: VectorAttributeDefinition,
        SearchSchema search_schema: Vec<SearchSchemaElement>,
        Projection projection: Projection,
        Dimensions dimensions: i64,
        DistanceFunction distance_function: String,
    }

    DeleteVectorIndexAction {
        IndexName index_name: String,
    }
}
