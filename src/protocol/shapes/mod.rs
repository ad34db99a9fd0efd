//! The inputs of the operations, member for member as in the service models of 2026-11-20.
//!
//! Each structure is a table: AWS's member name, our field, its type. Every field is an `Option`, `None` for a member
//! that is absent or null. Enumerations stay strings, because AWS echoes what it refuses.

use super::decode::{Decode, Integer, Place, SerializationFault, Shape, decode_member, decode_shape};
use super::json::{Reader, Token};

/// A map in document order, each name once.
pub type Entries<T> = Vec<(String, T)>;

/// Structures, and how to decode them. `field: type as kind` names the decoder where the type alone does not.
macro_rules! shapes {
    ($($(#[$doc:meta])* $shape:ident {
        $($(#[$member_doc:meta])* $member:ident $field:ident: $type:ty $(as $kind:ty)?,)*
    })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct $shape {
            $($(#[$member_doc])* pub $field: Option<$type>,)*
        }

        impl $crate::protocol::shapes::Shape for $shape {
            const NAME: &'static str = stringify!($shape);

            #[allow(unused_variables, reason = "an input without members reads nothing")]
            fn decode_member(
                &mut self,
                member: &str,
                reader: &mut $crate::protocol::shapes::Reader<'_>,
            ) -> Result<bool, $crate::protocol::shapes::SerializationFault> {
                let known = match member {
                    $(stringify!($member) => {
                        self.$field = $crate::protocol::shapes::decode_member::<kind!($type $(as $kind)?)>(reader)?;
                        true
                    })*
                    _ => false,
                };
                Ok(known)
            }
        }

        impl $crate::protocol::shapes::Decode for $shape {
            type Value = $shape;

            fn decode(
                token: $crate::protocol::shapes::Token<'_>,
                reader: &mut $crate::protocol::shapes::Reader<'_>,
                place: $crate::protocol::shapes::Place,
            ) -> Result<$shape, $crate::protocol::shapes::SerializationFault> {
                $crate::protocol::shapes::decode_shape(token, reader, place)
            }

            fn java_type() -> String {
                $crate::protocol::decode::java_class(stringify!($shape))
            }

            /// A structure of which no member is present.
            fn null_element() -> Option<$shape> {
                Some($shape::default())
            }
        }
    )*};
}

macro_rules! kind {
    ($type:ty) => {
        $type
    };
    ($type:ty as $kind:ty) => {
        $kind
    };
}

mod account;
mod batch;
mod condition;
mod index;
mod item;
mod partiql;
mod read;
mod replica;
mod stream;
mod table;
mod transaction;

pub use account::*;
pub use batch::*;
pub use condition::*;
pub use index::*;
pub use item::*;
pub use partiql::*;
pub use read::*;
pub use replica::*;
pub use stream::*;
pub use table::*;
pub use transaction::*;
