//! DynamoDB data: attribute values, 38-digit numbers, items, their sizes, order and paths, and the one encoded form that is
//! both stored and read in place.
//!
//! Two shapes of the same data live here. [`AttributeValue`] and [`Map`] are trees, built where something is about to
//! change. [`ItemView`] and [`ValueView`] walk the encoded bytes without building anything; reads, filters, projections
//! and comparisons use those.

mod attribute_value;
mod compare;
mod encoded;
mod fault;
mod map;
mod number;
mod path;
mod size;
mod view;

pub use attribute_value::{AttributeValue, TypeName};
pub use compare::compare;
pub use encoded::{Encoded, encode_item};
pub use fault::{Given, NumberFault, ValueFault};
pub use map::{Item, Map};
pub use number::Number;
pub use path::{Path, Step};
pub use size::{LIST_OVERHEAD_BYTES, utf16_units};
pub use view::{CorruptItem, ItemView, ListView, MapView, NumberView, SetView, ValueView};
