//! Equality and order of values in place.

use std::cmp::Ordering;

use super::{MapView, ValueView};

/// The order of two values of one type that has an order (S and B by bytes, N by value); `None` for anything else.
pub fn compare(a: ValueView<'_>, b: ValueView<'_>) -> Option<Ordering> {
    match (a, b) {
        (ValueView::S(a), ValueView::S(b)) | (ValueView::B(a), ValueView::B(b)) => Some(a.cmp(b)),
        (ValueView::N(a), ValueView::N(b)) => Some(a.cmp(&b)),
        _ => None,
    }
}

/// DynamoDB's equality: types must agree; lists by order, maps and sets by content.
impl PartialEq for ValueView<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (*self, *other) {
            (ValueView::Bool(a), ValueView::Bool(b)) => a == b,
            (ValueView::Null, ValueView::Null) => true,
            (ValueView::M(a), ValueView::M(b)) => maps_are_equal(a, b),
            (ValueView::L(a), ValueView::L(b)) => a.len() == b.len() && a.iter().eq(b.iter()),
            // Members are sorted and normalised when they are encoded, so equal sets are equal sequences.
            (ValueView::Ss(a), ValueView::Ss(b))
            | (ValueView::Ns(a), ValueView::Ns(b))
            | (ValueView::Bs(a), ValueView::Bs(b)) => a.len() == b.len() && a.iter().eq(b.iter()),
            (a, b) => compare(a, b) == Some(Ordering::Equal),
        }
    }
}

/// Both are ordered by name, so equal maps are equal sequences.
fn maps_are_equal(a: MapView<'_>, b: MapView<'_>) -> bool {
    a.len() == b.len() && a.iter().eq(b.iter())
}
