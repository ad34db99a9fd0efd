//! Tables in few characters.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::create_table::builders::CreateTableFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, IndexStatus, KeySchemaElement, KeyType,
    LocalSecondaryIndex, Projection, ProjectionType, ScalarAttributeType, TableDescription, TableStatus,
};

/// A table to be created: keys and indexes are written `"name:type name:type"`, the partition key first.
#[derive(Clone, Debug)]
pub struct Table {
    keys: Vec<KeySchemaElement>,
    attributes: Vec<AttributeDefinition>,
    global: Vec<GlobalSecondaryIndex>,
    local: Vec<LocalSecondaryIndex>,
}

impl Table {
    pub fn new(keys: &str) -> Self {
        let mut table = Self { keys: Vec::new(), attributes: Vec::new(), global: Vec::new(), local: Vec::new() };
        let names = table.define(keys);
        table.keys = key_schema(&names[..1], &names[1..]);
        table
    }

    pub fn gsi(self, name: &str, keys: &str, projection: Projection) -> Self {
        let (hash, range) = keys.split_once(' ').unwrap_or((keys, ""));
        self.wide_gsi(name, hash, range, projection)
    }

    /// An index whose partition and sort keys have several attributes.
    pub fn wide_gsi(mut self, name: &str, hash: &str, range: &str, projection: Projection) -> Self {
        let (hash, range) = (self.define(hash), self.define(range));
        self.global.push(index(name, key_schema(&hash, &range), projection));
        self
    }

    /// `sort_key` is the index's own: its partition key is the table's.
    pub fn lsi(mut self, name: &str, sort_key: &str, projection: Projection) -> Self {
        let range = self.define(sort_key);
        let keys = key_schema(&[self.keys[0].attribute_name().to_owned()], &range);
        let index = LocalSecondaryIndex::builder().index_name(name).set_key_schema(Some(keys)).projection(projection);
        self.local.push(index.build().unwrap());
        self
    }

    /// The request, for tests that want to say more.
    pub fn request(&self, client: &Client, name: &str) -> CreateTableFluentBuilder {
        client
            .create_table()
            .table_name(name)
            .set_key_schema(Some(self.keys.clone()))
            .set_attribute_definitions(Some(self.attributes.clone()))
            .set_global_secondary_indexes((!self.global.is_empty()).then(|| self.global.clone()))
            .set_local_secondary_indexes((!self.local.is_empty()).then(|| self.local.clone()))
            .billing_mode(BillingMode::PayPerRequest)
    }

    /// Creates it and waits until it can be used.
    pub async fn create(&self, client: &Client, name: &str) {
        self.request(client, name).send().await.unwrap_or_else(|error| panic!("{name}: {error:?}"));
        until_active(client, name).await;
    }

    /// Notes the attributes' types and returns their names.
    fn define(&mut self, keys: &str) -> Vec<String> {
        let typed = keys.split_whitespace().map(|key| key.split_once(':').expect("name:type"));
        let mut names = Vec::new();
        for (name, of_type) in typed {
            names.push(name.to_owned());
            if self.attributes.iter().all(|known| known.attribute_name() != name) {
                self.attributes.push(attribute(name, of_type));
            }
        }
        names
    }
}

pub fn attribute(name: &str, of_type: &str) -> AttributeDefinition {
    let of_type = ScalarAttributeType::from(of_type);
    AttributeDefinition::builder().attribute_name(name).attribute_type(of_type).build().unwrap()
}

pub fn key_schema(hash: &[String], range: &[String]) -> Vec<KeySchemaElement> {
    let key = |name: &String, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap();
    hash.iter().map(|name| key(name, KeyType::Hash)).chain(range.iter().map(|name| key(name, KeyType::Range))).collect()
}

pub fn index(name: &str, keys: Vec<KeySchemaElement>, projection: Projection) -> GlobalSecondaryIndex {
    GlobalSecondaryIndex::builder().index_name(name).set_key_schema(Some(keys)).projection(projection).build().unwrap()
}

pub fn all() -> Projection {
    Projection::builder().projection_type(ProjectionType::All).build()
}

pub fn keys_only() -> Projection {
    Projection::builder().projection_type(ProjectionType::KeysOnly).build()
}

pub fn include(names: &[&str]) -> Projection {
    let names = names.iter().map(|&name| name.to_owned()).collect();
    Projection::builder().projection_type(ProjectionType::Include).set_non_key_attributes(Some(names)).build()
}

pub async fn describe(client: &Client, name: &str) -> TableDescription {
    client.describe_table().table_name(name).send().await.unwrap().table.unwrap()
}

/// Waits until the table and all of its indexes are ACTIVE.
pub async fn until_active(client: &Client, name: &str) -> TableDescription {
    loop {
        let table = describe(client, name).await;
        let indexes_ready =
            table.global_secondary_indexes().iter().all(|i| i.index_status() == Some(&IndexStatus::Active));
        if table.table_status() == Some(&TableStatus::Active) && indexes_ready {
            return table;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}
