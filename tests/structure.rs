//! The order of the layers: a module of `src` names only modules of its own layer or of those after it.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// First to last, as a request passes through them.
const LAYERS: [&[&str]; 9] = [
    &["main", "lib"],
    &["http", "auth"],
    &["operations"],
    &["table"],
    &["validation"],
    &["partiql"],
    &["expression"],
    &["protocol"],
    &["value"],
];

/// Beside the layers: any module down to `table` may name them.
const BESIDE: [&str; 5] = ["clock", "config", "open_files", "service", "telemetry"];

/// What those may name in turn: the request and the answer are made of the protocol's words, and the settings of the
/// transport's limits.
const FROM_BESIDE: [(&str, &str); 3] = [("service", "protocol"), ("config", "http"), ("config", "open_files")];

const NAMES_THE_ENGINE: [&str; 3] = ["main", "operations", "table"];

#[test]
fn a_module_names_only_those_after_it() {
    let mut wrong = BTreeSet::new();
    for (file, module) in sources() {
        for name in named_modules(&file) {
            if name != module && !may_name(&module, &name) {
                wrong.insert(format!("{} names {name}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "against the order of the layers:\n{wrong:#?}");
}

#[test]
fn only_the_modules_that_keep_tables_name_the_engine() {
    let wrong: Vec<PathBuf> = sources()
        .into_iter()
        .filter(|(file, module)| !NAMES_THE_ENGINE.contains(&module.as_str()) && code(file).contains("kstone_engine"))
        .map(|(file, _)| file)
        .collect();
    assert!(wrong.is_empty(), "these name the engine: {wrong:?}");
}

#[test]
fn the_compatibility_tests_know_the_server_through_http_only() {
    let manifest = fs::read_to_string(root().join("compat-tests/Cargo.toml")).unwrap();
    assert!(
        !manifest.contains("keystonedb =") && !manifest.contains("kstone-engine"),
        "compat-tests depends on the server"
    );
}

#[test]
fn every_module_has_its_place_in_the_order() {
    for (file, module) in sources() {
        let has_place =
            LAYERS.iter().any(|layer| layer.contains(&module.as_str())) || BESIDE.contains(&module.as_str());
        assert!(has_place, "{} is in no layer", file.display());
    }
}

fn may_name(module: &str, named: &str) -> bool {
    let layer_of = |name: &str| LAYERS.iter().position(|layer| layer.contains(&name));
    let last_to_name_beside = layer_of("table");
    match (layer_of(module), layer_of(named)) {
        (Some(from), Some(to)) => from <= to,
        (Some(_), None) => layer_of(module) <= last_to_name_beside,
        (None, _) => FROM_BESIDE.contains(&(module, named)),
    }
}

/// Every source file of the server with the module of `src` that it belongs to.
fn sources() -> Vec<(PathBuf, String)> {
    let src = root().join("src");
    let mut files = Vec::new();
    collect(&src, &mut files);
    assert!(!files.is_empty());
    let module_of = |file: &Path| {
        let first = file.strip_prefix(&src).unwrap().components().next().unwrap().as_os_str().to_str().unwrap();
        first.trim_end_matches(".rs").to_owned()
    };
    files.into_iter().map(|file| (file.clone(), module_of(&file))).collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The modules of the crate's root that the file names by a path.
fn named_modules(file: &Path) -> BTreeSet<String> {
    let code = code(file);
    let up_to_root = "super::".repeat(depth(file));
    let mut named = BTreeSet::new();
    for root in ["crate::", "keystonedb::", &up_to_root] {
        if root.is_empty() {
            continue;
        }
        for (at, _) in code.match_indices(root) {
            let before = code[..at].chars().next_back();
            // Part of a longer word, or of a longer chain of `super`.
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
                continue;
            }
            named.extend(heads(&code[at + root.len()..]));
        }
    }
    let known =
        |name: &String| LAYERS.iter().any(|layer| layer.contains(&name.as_str())) || BESIDE.contains(&name.as_str());
    named.retain(known);
    named
}

/// How many `super` lead from the file's module to the crate's root: none for the root's own files.
fn depth(file: &Path) -> usize {
    let inside = file.strip_prefix(root().join("src")).unwrap();
    let parts = inside.components().count();
    match inside.file_stem().unwrap().to_str().unwrap() {
        "mod" => parts - 1,
        "main" | "lib" if parts == 1 => 0,
        _ => parts,
    }
}

/// The first words of a path, or of each path in braces.
fn heads(text: &str) -> Vec<String> {
    let word =
        |text: &str| text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let Some(group) = text.strip_prefix('{') else { return vec![word(text)] };
    let (mut heads, mut open, mut start) = (Vec::new(), 0, 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => open += 1,
            '}' | ',' if open == 0 => {
                heads.push(word(&group[start..at]));
                start = at + 1;
                if c == '}' {
                    break;
                }
            }
            '}' => open -= 1,
            _ => {}
        }
    }
    heads
}

/// The file without its comments.
fn code(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap();
    text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}
