//! What a request asks for, as 32 bytes: a `ClientRequestToken` stands for one request and is refused for another.
//!
//! The digest is of the decoded request, so that the order of members, map entries and set members makes no difference,
//! as on AWS (localstack issue 6529 compared).

use sha2::{Digest, Sha256};

use crate::value::{AttributeValue, Given, Item, encode_item};

pub type RequestDigest = [u8; 32];

#[derive(Default)]
pub(super) struct Digester(Sha256);

impl Digester {
    pub(super) fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    pub(super) fn optional_text(&mut self, text: Option<&str>) {
        self.0.update([u8::from(text.is_some())]);
        self.text(text.unwrap_or_default());
    }

    pub(super) fn flag(&mut self, flag: bool) {
        self.0.update([u8::from(flag)]);
    }

    pub(super) fn count(&mut self, count: usize) {
        self.0.update((count as u64).to_le_bytes());
    }

    pub(super) fn item(&mut self, item: &Item) {
        self.bytes(&encode_item(item));
    }

    pub(super) fn names(&mut self, names: Option<&[(String, String)]>) {
        let mut names: Vec<_> = names.unwrap_or_default().iter().collect();
        names.sort_unstable();
        self.count(names.len());
        for (placeholder, name) in names {
            self.text(placeholder);
            self.text(name);
        }
    }

    pub(super) fn values(&mut self, values: Option<&[(String, Given<AttributeValue>)]>) {
        let values = values.unwrap_or_default().iter();
        // A map orders its entries by name, whatever their order was.
        self.item(&values.map(|(placeholder, given)| (placeholder.clone(), given.value.clone())).collect());
    }

    pub(super) fn finish(self) -> RequestDigest {
        self.0.finalize().into()
    }

    /// Lengths keep neighbouring fields apart.
    fn bytes(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        self.0.update(bytes);
    }
}
