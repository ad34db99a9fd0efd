//! Words that cannot be a name unless they are quoted.

/// In byte order. The keywords of SQL-92 and of PartiQL, as the PartiQL reference parser lists them, but for `only`, which is
/// a name (eu-west-2, 2026-09-17).
#[rustfmt::skip]
const KEYWORDS: &[&str] = &[
    "absolute", "action", "add", "all", "allocate", "alter", "and", "any", "are", "as", "asc", "assertion", "at",
    "authorization", "avg", "bag", "begin", "between", "bit", "bit_length", "blob", "bool", "boolean", "by",
    "cascade", "cascaded", "case", "cast", "catalog", "char", "char_length", "character", "character_length",
    "check", "clob", "close", "coalesce", "collate", "collation", "column", "commit", "connect", "connection",
    "constraint", "constraints", "continue", "convert", "corresponding", "count", "create", "cross", "current",
    "current_date", "current_time", "current_timestamp", "current_user", "cursor", "date", "deallocate", "dec",
    "decimal", "declare", "default", "deferrable", "deferred", "delete", "desc", "describe", "descriptor",
    "diagnostics", "disconnect", "distinct", "domain", "double", "drop", "else", "end", "escape", "except",
    "exception", "exec", "execute", "exists", "external", "extract", "false", "fetch", "first", "float", "for",
    "foreign", "found", "from", "full", "get", "global", "go", "goto", "grant", "group", "having", "identity",
    "immediate", "in", "index", "indicator", "initially", "inner", "input", "insensitive", "insert", "int",
    "integer", "intersect", "interval", "into", "is", "isolation", "join", "key", "language", "last", "left", "let",
    "level", "like", "limit", "list", "local", "lower", "match", "max", "min", "missing", "module", "names",
    "national", "natural", "nchar", "next", "no", "not", "null", "nullif", "numeric", "octet_length", "of", "on",
    "open", "option", "or", "order", "outer", "output", "overlaps", "pad", "partial", "pivot", "position",
    "precision", "prepare", "preserve", "primary", "prior", "privileges", "procedure", "public", "read", "real",
    "references", "relative", "remove", "restrict", "returning", "revoke", "right", "rollback", "rows", "schema",
    "scroll", "section", "select", "session", "session_user", "set", "sexp", "size", "smallint", "some", "space",
    "sql", "sqlcode", "sqlerror", "sqlstate", "string", "struct", "substring", "sum", "symbol", "system_user",
    "table", "temporary", "then", "time", "timestamp", "to", "transaction", "translate", "translation", "trim",
    "true", "tuple", "union", "unique", "unknown", "unpivot", "update", "upper", "usage", "user", "using", "value",
    "values", "varchar", "varying", "view", "when", "whenever", "where", "with", "work", "write", "zone",
];

/// Keywords that name a function when a parenthesis follows.
#[rustfmt::skip]
const FUNCTIONS: &[&str] = &[
    "avg", "bit_length", "char_length", "character_length", "coalesce", "count", "exists", "lower", "max", "min",
    "nullif", "octet_length", "size", "substring", "sum", "trim", "upper",
];

/// The keyword that a word is, in lower case.
pub(super) fn keyword(word: &str) -> Option<&'static str> {
    /// No keyword is longer, and no longer word is worth a lower-case copy.
    const BYTES_MAX: usize = 18;
    if word.len() > BYTES_MAX {
        return None;
    }
    let lower = word.to_ascii_lowercase();
    KEYWORDS.binary_search(&lower.as_str()).ok().and_then(|place| KEYWORDS.get(place).copied())
}

pub(super) fn is_function(keyword: &str) -> bool {
    FUNCTIONS.contains(&keyword)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_every_function_is_in_it() {
        assert!(KEYWORDS.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(FUNCTIONS.iter().all(|name| keyword(name).is_some()));
        assert!(KEYWORDS.iter().all(|word| word.len() <= 18));
    }

    #[test]
    fn keywords_have_any_case() {
        assert_eq!(keyword("SeLeCt"), Some("select"));
        assert_eq!(keyword("inner"), Some("inner"));
        assert_eq!(keyword("selects"), None);
        assert_eq!(keyword("début"), None);
    }
}
