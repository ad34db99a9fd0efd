//! CreateTable's request: a [`TableDefinition`] that holds together.
