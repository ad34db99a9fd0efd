//! Document paths: `a.b[0].c` after placeholders are resolved.

use super::{AttributeValue, Item, ItemView, ValueView};

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    Attribute(String),
    Index(u32),
}

/// A top-level attribute and the steps below it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Path {
    pub root: String,
    pub steps: Vec<Step>,
}

impl Path {
    pub fn top_level(root: impl Into<String>) -> Path {
        Path { root: root.into(), steps: Vec::new() }
    }

    pub fn is_top_level(&self) -> bool {
        self.steps.is_empty()
    }

    pub fn find<'a>(&self, item: ItemView<'a>) -> Option<ValueView<'a>> {
        self.steps.iter().try_fold(item.get(&self.root)?, |value, step| match (value, step) {
            (ValueView::M(map), Step::Attribute(name)) => map.get(name),
            (ValueView::L(list), Step::Index(index)) => list.get(*index as usize),
            _ => None,
        })
    }

    pub fn find_in_item<'a>(&self, item: &'a Item) -> Option<&'a AttributeValue> {
        self.steps.iter().try_fold(item.get(&self.root)?, |value, step| match (value, step) {
            (AttributeValue::M(map), Step::Attribute(name)) => map.get(name),
            (AttributeValue::L(list), Step::Index(index)) => list.get(*index as usize),
            _ => None,
        })
    }
}

/// As AWS prints a path inside messages: `[a, b, [0]]`.
impl std::fmt::Display for Path {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "[{}", self.root)?;
        for step in &self.steps {
            match step {
                Step::Attribute(name) => write!(f, ", {name}")?,
                Step::Index(index) => write!(f, ", [{index}]")?,
            }
        }
        f.write_str("]")
    }
}
