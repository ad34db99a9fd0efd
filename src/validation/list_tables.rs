//! ListTables' request.

#[derive(Debug, PartialEq, Eq)]
pub struct ListTables {
    /// Names after this one; it need not be a table.
    pub start_after: Option<String>,
    /// 1 to 100.
    pub limit: usize,
}
