//! A case and its steps, as they stand in the file.

use crate::json::Json;

const DEFAULT_REGION: &str = "us-east-1";

#[derive(Clone, Debug)]
pub struct Case {
    pub id: String,
    pub region: String,
    pub skip: Option<String>,
    pub(super) tables: Vec<(String, Json)>,
    pub(super) generators: Vec<(String, Json)>,
    pub(super) steps: Vec<Step>,
}

#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) operation: String,
    pub(super) body: Body,
    pub(super) times: u64,
    pub(super) generators: Vec<(String, Json)>,
    pub(super) save: Vec<(String, String)>,
    /// Every member that says something about the answer.
    pub(super) expected: Json,
}

#[derive(Clone, Debug)]
pub(super) enum Body {
    Input(Json),
    Raw(String),
}

impl Case {
    pub(super) fn parse(line: &str) -> Result<Self, String> {
        let json = Json::parse(line.as_bytes()).map_err(|error| error.to_string())?;
        let steps = json.get("steps").and_then(Json::as_array).ok_or("no steps")?;
        Ok(Self {
            id: string(&json, "id").ok_or("no id")?,
            region: string(&json, "region").unwrap_or_else(|| DEFAULT_REGION.to_owned()),
            skip: string(&json, "skip"),
            tables: members(&json, "tables"),
            generators: members(&json, "gen"),
            steps: steps.iter().map(Step::parse).collect::<Result<_, _>>()?,
        })
    }

    pub fn operations(&self) -> impl Iterator<Item = &str> {
        self.steps.iter().map(|step| step.operation.as_str())
    }
}

impl Step {
    fn parse(json: &Json) -> Result<Self, String> {
        let body = match string(json, "raw") {
            Some(text) => Body::Raw(text),
            None => Body::Input(json.get("in").cloned().unwrap_or_else(Json::object)),
        };
        let says_of_the_answer = |name: &str| !matches!(name, "op" | "in" | "raw" | "gen" | "save" | "times");
        let expected = json.members().filter(|(name, _)| says_of_the_answer(name));
        let save = members(json, "save").into_iter();
        Ok(Self {
            operation: string(json, "op").ok_or("a step without an operation")?,
            body,
            times: json.get("times").and_then(Json::as_u64).unwrap_or(1),
            generators: members(json, "gen"),
            save: save.filter_map(|(name, path)| Some((name, path.as_str()?.to_owned()))).collect(),
            expected: Json::Object(expected.map(|(name, value)| (name.to_owned(), value.clone())).collect()),
        })
    }
}

fn string(json: &Json, name: &str) -> Option<String> {
    json.get(name).and_then(Json::as_str).map(str::to_owned)
}

fn members(json: &Json, name: &str) -> Vec<(String, Json)> {
    json.get(name).and_then(Json::as_object).unwrap_or_default().to_vec()
}
