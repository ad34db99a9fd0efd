//! What Query and Scan have in common, and its second half: the index that is read and what is returned from it.

use super::constraint::{Broken, Constraint, Members};
use super::key;
use super::layer::Layer;
use super::returns::ReturnConsumedCapacity;
use super::table_definition::{Index, IndexProjection, TableDefinition};
use super::table_name::{self, TableName};
use super::values::in_envelope;
use super::violation::{ReadViolation, Violation};
use crate::expression::{Condition, Projection};
use crate::value::{AttributeValue, Item};

#[derive(Debug)]
pub struct ReadRequest {
    pub table: TableName,
    pub index: Option<String>,
    pub select: Select,
    pub filter: Option<Condition>,
    /// Whether the filter was given as `QueryFilter` or `ScanFilter`.
    pub filter_is_legacy: bool,
    /// At least 1.
    pub limit: Option<u32>,
    pub consistent: bool,
    pub start_key: Option<Item>,
    pub consumed_capacity: ReturnConsumedCapacity,
    /// The layer that reads this request and words what the second half refuses.
    pub layer: Layer,
}

/// What is asked for; what it means depends on what is read, see [`ReadTarget`].
#[derive(Debug)]
pub enum Select {
    /// Neither `Select` nor a projection.
    Unsaid,
    AllAttributes,
    AllProjectedAttributes,
    Count,
    /// A projection, with or without `SPECIFIC_ATTRIBUTES`.
    Specific(Projection),
}

/// Where a Query or Scan reads and what it returns from there.
#[derive(Debug)]
pub struct ReadTarget<'a> {
    /// None: the table itself.
    pub index: Option<Index<'a>>,
    pub returned: Returned<'a>,
    /// Only for an LSI: its entries do not hold all that is returned, so each one's base item is fetched.
    pub fetch_base: bool,
}

/// What a page holds of each item that passes the filter.
#[derive(Debug)]
pub enum Returned<'a> {
    Count,
    /// Everything that the item, or the index entry, holds.
    Whole,
    Projected(&'a Projection),
}

/// The entries that a Query reads: one partition, then a prefix of the sort attributes by equality, then at most one bound on
/// the attribute after that prefix.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyRange {
    /// One value for each partition attribute, in schema order.
    pub partition: Vec<AttributeValue>,
    pub sort_equal: Vec<AttributeValue>,
    pub sort_bound: Option<SortBound>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum SortBound {
    Less(AttributeValue),
    LessOrEqual(AttributeValue),
    Greater(AttributeValue),
    GreaterOrEqual(AttributeValue),
    Between(AttributeValue, AttributeValue),
    BeginsWith(AttributeValue),
}

/// The index that the request names, or none for the table.
pub(super) fn find_index<'a>(
    definition: &'a TableDefinition,
    request: &ReadRequest,
) -> Result<Option<Index<'a>>, Violation> {
    let Some(name) = &request.index else { return Ok(None) };
    let index = definition.index(name).ok_or_else(|| ReadViolation::UnknownIndex { name: name.clone() })?;
    if request.consistent && matches!(index, Index::Global(_)) {
        return Err(ReadViolation::ConsistentReadOfGlobalIndex.into());
    }
    Ok(Some(index))
}

/// A projection must not go into a key attribute.
pub(super) fn check_projection_paths(definition: &TableDefinition, request: &ReadRequest) -> Result<(), Violation> {
    match &request.select {
        Select::Specific(projection) => key::check_paths(definition, projection.paths()),
        Select::Unsaid | Select::AllAttributes | Select::AllProjectedAttributes | Select::Count => Ok(()),
    }
}

/// Nor a filter.
pub(super) fn check_filter_paths(definition: &TableDefinition, request: &ReadRequest) -> Result<(), Violation> {
    request.filter.as_ref().map_or(Ok(()), |filter| key::check_paths(definition, filter.paths()))
}

/// What is returned from the table or index.
pub(super) fn target<'a>(
    definition: &'a TableDefinition,
    index: Option<Index<'a>>,
    request: &'a ReadRequest,
) -> Result<ReadTarget<'a>, Violation> {
    let returned = match &request.select {
        Select::Count => Returned::Count,
        Select::Specific(projection) => Returned::Projected(projection),
        Select::Unsaid | Select::AllAttributes | Select::AllProjectedAttributes => Returned::Whole,
    };
    let fetch_base = match index {
        None => false,
        Some(Index::Global(_)) => {
            check_projected(definition, index, &request.select)?;
            false
        }
        Some(Index::Local(index)) => match &request.select {
            Select::AllAttributes => index.projection != IndexProjection::All,
            Select::Specific(projection) => !unprojected(definition, Index::Local(index), projection).is_empty(),
            Select::Unsaid | Select::AllProjectedAttributes | Select::Count => false,
        },
    };
    Ok(ReadTarget { index, returned, fetch_base })
}

/// A GSI returns nothing that it does not hold.
fn check_projected(definition: &TableDefinition, index: Option<Index<'_>>, select: &Select) -> Result<(), Violation> {
    let Some(index) = index else { return Ok(()) };
    let name = || index.name().to_string();
    match select {
        Select::AllAttributes if *index.projection() != IndexProjection::All => {
            Err(ReadViolation::AllAttributesOfGlobalIndex { index: name() }.into())
        }
        Select::Specific(projection) => match unprojected(definition, index, projection) {
            names if names.is_empty() => Ok(()),
            names => Err(ReadViolation::Unprojected { index: name(), names }.into()),
        },
        _ => Ok(()),
    }
}

/// Top-level attributes of a projection that the index does not hold, in the order of the request.
fn unprojected(definition: &TableDefinition, index: Index<'_>, projection: &Projection) -> Vec<String> {
    let roots = projection.paths().iter().map(|path| path.root.as_str());
    let mut names: Vec<String> = Vec::new();
    for root in roots.filter(|root| !index.holds(&definition.key_schema, root)) {
        if !names.iter().any(|name| name == root) {
            names.push(root.to_string());
        }
    }
    names
}

/// The texts of `Select`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SelectName {
    AllAttributes,
    AllProjectedAttributes,
    SpecificAttributes,
    Count,
}

const SELECTS: &[(&str, SelectName)] = &[
    ("ALL_ATTRIBUTES", SelectName::AllAttributes),
    ("ALL_PROJECTED_ATTRIBUTES", SelectName::AllProjectedAttributes),
    ("SPECIFIC_ATTRIBUTES", SelectName::SpecificAttributes),
    ("COUNT", SelectName::Count),
];

pub(super) fn select_name(members: &mut Members, given: Option<&str>) -> Option<SelectName> {
    let listed = "SPECIFIC_ATTRIBUTES, COUNT, ALL_ATTRIBUTES, ALL_PROJECTED_ATTRIBUTES";
    members.one_of(given, "select", SELECTS, listed)
}

pub(super) fn check_index_name(members: &mut Members, given: Option<&str>) {
    if let Some(name) = given {
        table_name::check_resource_name(members, name, "indexName");
    }
}

pub(super) fn check_limit(members: &mut Members, given: Option<i64>, layer: Layer) {
    if let Some(limit) = given.filter(|limit| *limit < 1) {
        members.add(Broken::number(limit, "Limit", layer, Constraint::ValueMin(1)));
    }
}

/// `AttributesToGet` holds 1 to 255 names.
pub(super) fn check_attributes_to_get_length(members: &mut Members, names: Option<&[String]>) {
    let echo = |names: &[String]| format!("[{}]", names.join(", "));
    match names {
        Some([]) => members.add(Broken::echoed("[]", "attributesToGet", Constraint::LengthMin(1))),
        Some(names) if names.len() > 255 => {
            members.add(Broken::echoed(echo(names), "attributesToGet", Constraint::LengthMax(255)));
        }
        _ => {}
    }
}

/// Whether `Select` and the projection agree, before either is looked at closely. Query on the newer layer envelopes what is
/// wrong here, although nothing else of its kind (us-east-1, 2026-10).
pub(super) fn check_select(
    select: Option<SelectName>,
    has_index: bool,
    has_projection: bool,
    has_attributes_to_get: bool,
    layer: Layer,
) -> Result<(), Violation> {
    let parameter = if has_projection { "ProjectionExpression" } else { "AttributesToGet" };
    let projects = has_projection || has_attributes_to_get;
    let conflict = |select| ReadViolation::ProjectedDespiteSelect { parameter, select };
    let fault = match select {
        Some(SelectName::AllAttributes) if projects => conflict("ALL_ATTRIBUTES"),
        Some(SelectName::AllProjectedAttributes) if projects => conflict("ALL_PROJECTED_ATTRIBUTES"),
        Some(SelectName::Count) if projects => conflict("only the Count"),
        Some(SelectName::AllProjectedAttributes) if !has_index => ReadViolation::AllProjectedWithoutIndex,
        Some(SelectName::SpecificAttributes) if !projects => ReadViolation::NothingSelected,
        _ => return Ok(()),
    };
    Err(if layer.has_newer_members() { Violation::from(fault).enveloped() } else { in_envelope(fault, layer) })
}

pub(super) fn select(name: Option<SelectName>, projection: Option<Projection>) -> Select {
    match (name, projection) {
        (_, Some(projection)) => Select::Specific(projection),
        (Some(SelectName::AllAttributes), None) => Select::AllAttributes,
        (Some(SelectName::AllProjectedAttributes), None) => Select::AllProjectedAttributes,
        (Some(SelectName::Count), None) => Select::Count,
        (Some(SelectName::SpecificAttributes) | None, None) => Select::Unsaid,
    }
}
