//! Keys and projections of tables and indexes: what the lists of a request mean together.

use super::constraint::required;
use super::key_schema::{KeyAttribute, KeySchema, ScalarType};
use super::table_definition::{AttributeDefinition, IndexProjection, SearchElement, VectorIndex};
use super::table_members::{DISTANCES, SEARCH_ROLES};
use super::violation::{DefinitionViolation, Violation};
use crate::protocol::shapes;

/// `AttributeDefinitions`, each name once.
pub(super) fn attribute_definitions(
    given: Option<Vec<shapes::AttributeDefinition>>,
) -> Result<Vec<AttributeDefinition>, Violation> {
    let mut definitions: Vec<AttributeDefinition> = Vec::new();
    for definition in given.unwrap_or_default() {
        let name = definition.attribute_name.unwrap_or_default();
        let Some(kind) = definition.attribute_type.as_deref().and_then(ScalarType::parse) else { continue };
        if definitions.iter().any(|other| other.name == name) {
            return Err(DefinitionViolation::DuplicateDefinition { name }.into());
        }
        definitions.push(AttributeDefinition { name, kind });
    }
    Ok(definitions)
}

/// A key as it was given, before its types are known.
#[derive(Debug, Default)]
pub(super) struct GivenKey {
    elements: Vec<(String, Role)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Hash,
    Range,
}

impl GivenKey {
    pub(super) fn new(elements: Option<Vec<shapes::KeySchemaElement>>) -> GivenKey {
        let element = |element: shapes::KeySchemaElement| {
            let role = if element.key_type.as_deref() == Some("HASH") { Role::Hash } else { Role::Range };
            (element.attribute_name.unwrap_or_default(), role)
        };
        GivenKey { elements: elements.unwrap_or_default().into_iter().map(element).collect() }
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.elements.iter().map(|(name, _)| name.as_str())
    }

    fn with_role(&self, role: Role) -> impl Iterator<Item = &str> {
        self.elements.iter().filter(move |(_, other)| *other == role).map(|(name, _)| name.as_str())
    }

    /// The key of a table. Fewer definitions than key attributes have a message of their own.
    pub(super) fn of_table(&self, definitions: &[AttributeDefinition]) -> Result<KeySchema, Violation> {
        if self.elements.len() > definitions.len() {
            return Err(DefinitionViolation::KeyAttributeUndefined.into());
        }
        self.of_local_index(definitions)
    }

    /// One HASH, then at most one RANGE.
    pub(super) fn of_local_index(&self, definitions: &[AttributeDefinition]) -> Result<KeySchema, Violation> {
        self.check_defined(definitions)?;
        if let [(hash, _), (range, _), ..] = self.elements.as_slice()
            && hash == range
        {
            return Err(DefinitionViolation::KeyAttributesNamedAlike.into());
        }
        self.check_first()?;
        if self.elements.get(1).is_some_and(|(_, role)| *role != Role::Range) {
            return Err(DefinitionViolation::SecondKeyNotRange.into());
        }
        self.schema(definitions)
    }

    /// Up to four HASH, then up to four RANGE, none twice.
    pub(super) fn of_global_index(
        &self,
        index: &str,
        definitions: &[AttributeDefinition],
    ) -> Result<KeySchema, Violation> {
        self.check_defined(definitions)?;
        let names: Vec<&str> = self.names().collect();
        if names.iter().enumerate().any(|(place, name)| names[..place].contains(name)) {
            return Err(match names.len() {
                2 => DefinitionViolation::KeyAttributesNamedAlike.into(),
                _ => DefinitionViolation::IndexKeyRepeated { index: index.to_string() }.into(),
            });
        }
        self.check_first()?;
        if self.elements.windows(2).any(|pair| pair[0].1 == Role::Range && pair[1].1 == Role::Hash) {
            return Err(DefinitionViolation::IndexKeyOrder.into());
        }
        for (role, name) in [(Role::Hash, "HASH"), (Role::Range, "RANGE")] {
            if self.with_role(role).count() > KeySchema::ATTRIBUTES_OF_A_ROLE_MAX {
                return Err(DefinitionViolation::IndexKeyRoles { role: name }.into());
            }
        }
        self.schema(definitions)
    }

    fn check_defined(&self, definitions: &[AttributeDefinition]) -> Result<(), Violation> {
        let is_defined = |name: &str| definitions.iter().any(|definition| definition.name == name);
        if self.names().all(is_defined) {
            return Ok(());
        }
        let keys = self.names().map(str::to_string).collect();
        let defined = definitions.iter().map(|definition| definition.name.clone()).collect();
        Err(DefinitionViolation::KeyAttributesUndefined { keys, defined }.into())
    }

    fn check_first(&self) -> Result<(), Violation> {
        match self.elements.first() {
            Some((_, Role::Hash)) => Ok(()),
            _ => Err(DefinitionViolation::FirstKeyNotHash.into()),
        }
    }

    fn schema(&self, definitions: &[AttributeDefinition]) -> Result<KeySchema, Violation> {
        let attribute = |name: &str| {
            let definition = definitions.iter().find(|definition| definition.name == name);
            let definition = definition.ok_or(DefinitionViolation::KeyAttributeUndefined)?;
            Ok(KeyAttribute { name: name.to_string(), kind: definition.kind })
        };
        let partition = self.with_role(Role::Hash).map(attribute).collect::<Result<_, Violation>>()?;
        let sort = self.with_role(Role::Range).map(attribute).collect::<Result<_, Violation>>()?;
        Ok(KeySchema { partition, sort })
    }
}

/// What an index holds. The type and the names have to go together.
pub(super) fn projection(given: Option<shapes::Projection>) -> Result<IndexProjection, Violation> {
    let given = given.unwrap_or_default();
    let excess = |kind| Err(DefinitionViolation::ProjectionWithAttributes { kind }.into());
    match (given.projection_type.as_deref(), given.non_key_attributes) {
        (Some("ALL"), None) => Ok(IndexProjection::All),
        (Some("ALL"), Some(_)) => excess("ALL"),
        (Some("KEYS_ONLY"), None) => Ok(IndexProjection::KeysOnly),
        (Some("KEYS_ONLY"), Some(_)) => excess("KEYS_ONLY"),
        (Some(_), Some(names)) => Ok(IndexProjection::Include(names)),
        (Some(_), None) => Err(DefinitionViolation::IncludeWithoutAttributes.into()),
        (None, _) => Err(DefinitionViolation::ProjectionTypeMissing.into()),
    }
}

pub(super) const VECTOR_INDEXES_MAX: usize = 5;
const DIMENSIONS_MAX: i64 = 4096;

/// A vector index by itself.
pub(super) fn vector_index(
    given: shapes::VectorIndex,
    definitions: &[AttributeDefinition],
) -> Result<VectorIndex, Violation> {
    let dimensions = given.dimensions.filter(|dimensions| (1..=DIMENSIONS_MAX).contains(dimensions));
    let dimensions = dimensions.and_then(|dimensions| u32::try_from(dimensions).ok());
    let dimensions = dimensions.ok_or(DefinitionViolation::VectorDimensions)?;
    let attribute = given.vector_attribute.and_then(|vector| vector.attribute_name).unwrap_or_default();
    if definitions.iter().any(|definition| definition.name == attribute) {
        return Err(DefinitionViolation::VectorAttributeDefined { attribute }.into());
    }
    let element = |element: shapes::SearchSchemaElement| {
        let name = element.attribute_name.unwrap_or_default();
        let definition = definitions.iter().find(|definition| definition.name == name);
        let kind = definition.ok_or(DefinitionViolation::SearchElementUndefined)?.kind;
        let role = element.search_schema_element_type.as_deref();
        let role = required(named(SEARCH_ROLES, role), "searchSchemaElementType")?;
        Ok::<_, Violation>(SearchElement { name, kind, role })
    };
    let search_schema = given.search_schema.unwrap_or_default().into_iter().map(element);
    Ok(VectorIndex {
        name: given.index_name.unwrap_or_default(),
        attribute,
        dimensions,
        distance: required(named(DISTANCES, given.distance_function.as_deref()), "distanceFunction")?,
        search_schema: search_schema.collect::<Result<_, _>>()?,
        projection: projection(given.projection)?,
    })
}

/// A table's vector indexes together: five at most, and one size for each attribute.
pub(super) fn check_vector_indexes(indexes: &[VectorIndex]) -> Result<(), Violation> {
    if indexes.len() > VECTOR_INDEXES_MAX {
        return Err(DefinitionViolation::VectorIndexCount.into());
    }
    for (place, index) in indexes.iter().enumerate() {
        let differs = |other: &VectorIndex| other.attribute == index.attribute && other.dimensions != index.dimensions;
        if indexes[..place].iter().any(differs) {
            return Err(DefinitionViolation::VectorDimensionsDiffer { attribute: index.attribute.clone() }.into());
        }
    }
    Ok(())
}

fn named<T: Copy>(names: &[(&str, T)], given: Option<&str>) -> Option<T> {
    names.iter().find(|(name, _)| Some(*name) == given).map(|(_, value)| *value)
}

/// Every definition is used by a key. Without indexes the message gives no names.
pub(super) fn check_all_used(
    definitions: &[AttributeDefinition],
    used: &[&str],
    has_indexes: bool,
) -> Result<(), Violation> {
    if definitions.iter().all(|definition| used.contains(&definition.name.as_str())) {
        return Ok(());
    }
    if !has_indexes {
        return Err(DefinitionViolation::UnusedDefinitions.into());
    }
    let mut keys: Vec<String> = used.iter().map(|name| name.to_string()).collect();
    keys.sort();
    keys.dedup();
    let defined = definitions.iter().map(|definition| definition.name.clone()).collect();
    Err(DefinitionViolation::UnusedDefinitionsNamed { keys, defined }.into())
}
