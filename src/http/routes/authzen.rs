//! OpenID Authorization API 1.0 ("AuthZEN"): one evaluation, several, and the metadata.
//!
//! `subject` is a person (`type` `user`; `id` a login, or # and a number), `action.name` the action, `resource` the scope
//! `TYPE:ID`. The organization is `context.org`; without one, every organization is meant. `subject.properties.acting_for`
//! says in whose name. Whatever else stands in `properties` and `context` is for others, and passed over. Section numbers
//! are those of the specification.

use super::asked::{Besides, MOST, Texts};
use super::{Api, Kind, Problem, Sent};
use crate::store::{Answer, Question};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::VecDeque;
use std::sync::Arc;
use utoipa::ToSchema;

/// Who.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[schema(as = AuthzenSubject)]
#[serde(deny_unknown_fields)]
pub(super) struct Subject {
    /// `user`.
    #[serde(rename = "type")]
    kind: String,
    /// A login, or # and a number.
    id: String,
    /// `acting_for`: in whose name.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    properties: Map<String, Value>,
}

/// To what.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[schema(as = AuthzenResource)]
#[serde(deny_unknown_fields)]
pub(super) struct Resource {
    #[serde(rename = "type")]
    kind: String,
    id: String,
    #[serde(default, rename = "properties")]
    #[schema(value_type = Option<Object>)]
    _properties: Map<String, Value>,
}

/// What.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[schema(as = AuthzenAction)]
#[serde(deny_unknown_fields)]
pub(super) struct Action {
    name: String,
    #[serde(default, rename = "properties")]
    #[schema(value_type = Option<Object>)]
    _properties: Map<String, Value>,
}

/// One evaluation; in a list, what it leaves out is as beside the list.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[schema(as = AuthzenEvaluation)]
#[serde(deny_unknown_fields)]
pub(super) struct Evaluation {
    subject: Option<Subject>,
    action: Option<Action>,
    resource: Option<Resource>,
    /// `org`: the organization's name, or # and its number.
    #[schema(value_type = Option<Object>)]
    context: Option<Map<String, Value>>,
}

/// Several evaluations.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = AuthzenEvaluations)]
#[serde(deny_unknown_fields)]
pub(super) struct Evaluations {
    subject: Option<Subject>,
    action: Option<Action>,
    resource: Option<Resource>,
    #[schema(value_type = Option<Object>)]
    context: Option<Map<String, Value>>,
    #[serde(default)]
    #[schema(max_items = 1000)]
    evaluations: Vec<Evaluation>,
    #[serde(default)]
    options: Options,
}

/// How several are evaluated. Other options are passed over (7.1.2).
#[derive(Debug, Default, Deserialize, ToSchema)]
#[schema(as = AuthzenOptions)]
pub(super) struct Options {
    #[serde(default)]
    evaluations_semantic: Semantic,
}

/// Where the list of answers ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[schema(as = AuthzenSemantic)]
#[serde(rename_all = "snake_case")]
pub(super) enum Semantic {
    #[default]
    ExecuteAll,
    DenyOnFirstDeny,
    PermitOnFirstPermit,
}

impl Semantic {
    /// Whether nothing after this answer is said.
    fn ends(self, decision: bool) -> bool {
        match self {
            Self::ExecuteAll => false,
            Self::DenyOnFirstDeny => !decision,
            Self::PermitOnFirstPermit => decision,
        }
    }
}

/// A decision. `context`: with a yes, `user`, `acting_for`, `parameters` and `limits`; with a question that is none,
/// `error` (7.2.1).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuthzenDecision)]
pub(super) struct Decision {
    decision: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    context: Option<Context>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Context {
    Besides(Besides),
    Wrong { error: WrongItem },
}

#[derive(Debug, Serialize)]
struct WrongItem {
    status: u16,
    message: String,
}

impl From<Answer> for Decision {
    fn from(answer: Answer) -> Self {
        let context = answer.allowed.map(|allowed| Context::Besides(allowed.into()));
        Self { decision: context.is_some(), context }
    }
}

/// Decisions, or one where there is no list.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = AuthzenDecisions)]
pub(super) enum Decided {
    One(Decision),
    Many { evaluations: Vec<Decision> },
}

/// A text among properties.
fn property(object: Option<&Map<String, Value>>, key: &str, field: &str) -> Result<Option<String>, String> {
    match object.and_then(|object| object.get(key)) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(format!("{field}: a text is meant")),
    }
}

impl Evaluation {
    /// With what is said for all where it says nothing (7.1.1).
    fn with(self, all: &Self) -> Self {
        Self {
            subject: self.subject.or_else(|| all.subject.clone()),
            action: self.action.or_else(|| all.action.clone()),
            resource: self.resource.or_else(|| all.resource.clone()),
            context: self.context.or_else(|| all.context.clone()),
        }
    }

    fn question(&self) -> Result<Question, String> {
        let missing = |what: &str| format!("{what}: it is missing");
        let subject = self.subject.as_ref().ok_or_else(|| missing("subject"))?;
        let action = self.action.as_ref().ok_or_else(|| missing("action"))?;
        let resource = self.resource.as_ref().ok_or_else(|| missing("resource"))?;
        if subject.kind != "user" {
            return Err("subject.type: `user` is the only one".to_owned());
        }
        if resource.kind.is_empty() || resource.kind.contains([':', '*']) {
            return Err("resource.type: not empty, without `:` and `*`; the scope is TYPE:ID".to_owned());
        }
        let acting_for = property(Some(&subject.properties), "acting_for", "subject.properties.acting_for")?;
        let org = property(self.context.as_ref(), "org", "context.org")?;
        let scope = format!("{}:{}", resource.kind, resource.id);
        let texts = Texts {
            user: &subject.id,
            acting_for: acting_for.as_deref(),
            org: org.as_deref(),
            action: &action.name,
            scope: Some(&scope),
        };
        texts.question().map_err(|(field, why)| {
            let place = match field {
                "user" => "subject.id",
                "acting_for" => "subject.properties.acting_for",
                "org" => "context.org",
                "action" => "action.name",
                _ => "resource.id",
            };
            format!("{place}: {why}")
        })
    }
}

/// What is no question as a whole is 400 there (10.1.7), also where other routes say 422.
fn bad(detail: impl Into<String>) -> Problem {
    Problem::new(Kind::BadRequest, detail)
}

fn read<T>(sent: Result<Sent<T>, Problem>) -> Result<T, Problem> {
    sent.map(|Sent(value)| value).map_err(Problem::into_bad_request)
}

async fn evaluate(api: &Api, asked: &Evaluation) -> Result<Decision, Problem> {
    let question = asked.question().map_err(bad)?;
    let mut answers = api.engine().store.check(vec![question]).await?;
    Ok(answers.pop().unwrap_or_default().into())
}

/// Whether somebody may do something, as OpenID AuthZEN asks it.
#[utoipa::path(post, path = "/access/v1/evaluation", request_body = Evaluation,
    params(("X-Request-ID" = Option<String>, Header, description = "comes back in the answer")),
    responses((status = 200, description = "The decision", body = Decision)))]
pub(super) async fn one(
    State(api): State<Arc<Api>>,
    sent: Result<Sent<Evaluation>, Problem>,
) -> Result<Json<Decision>, Problem> {
    Ok(Json(evaluate(&api, &read(sent)?).await?))
}

/// The same of up to 1,000, all of one moment. What is wrong with one of them is said in its place.
#[utoipa::path(post, path = "/access/v1/evaluations", request_body = Evaluations,
    params(("X-Request-ID" = Option<String>, Header, description = "comes back in the answer")),
    responses((status = 200, description = "The decisions, in order", body = Decided)))]
pub(super) async fn many(
    State(api): State<Arc<Api>>,
    sent: Result<Sent<Evaluations>, Problem>,
) -> Result<Json<Decided>, Problem> {
    let Evaluations { subject, action, resource, context, evaluations, options } = read(sent)?;
    let all = Evaluation { subject, action, resource, context };
    if evaluations.is_empty() {
        return Ok(Json(Decided::One(evaluate(&api, &all).await?)));
    }
    if evaluations.len() > MOST {
        return Err(bad(format!("evaluations: at most {MOST}")));
    }
    let asked: Vec<Result<Question, String>> = evaluations.into_iter().map(|one| one.with(&all).question()).collect();
    let questions = asked.iter().filter_map(|one| one.as_ref().ok().cloned()).collect();
    let mut answers: VecDeque<Answer> = api.engine().store.check(questions).await?.into();
    let mut decisions = Vec::with_capacity(asked.len());
    for one in asked {
        let decision = match one {
            Ok(_) => answers.pop_front().unwrap_or_default().into(),
            Err(message) => Decision {
                decision: false,
                context: Some(Context::Wrong { error: WrongItem { status: 400, message } }),
            },
        };
        let ends = options.evaluations_semantic.ends(decision.decision);
        decisions.push(decision);
        if ends {
            break;
        }
    }
    Ok(Json(Decided::Many { evaluations: decisions }))
}

/// Where these are (9.1).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuthzenConfiguration)]
pub(super) struct Metadata {
    policy_decision_point: String,
    access_evaluation_endpoint: String,
    access_evaluations_endpoint: String,
}

/// The metadata of OpenID AuthZEN. Needs `http.public_url`: what a request says of its host is not believed.
#[utoipa::path(get, path = "/.well-known/authzen-configuration",
    responses((status = 200, description = "Where the evaluations are", body = Metadata),
        (status = 404, description = "`http.public_url` is not configured", body = super::super::problem::Said, content_type = "application/problem+json")))]
pub(super) async fn metadata(State(api): State<Arc<Api>>) -> Result<Json<Metadata>, Problem> {
    let Some(url) = api.engine().config.http.public_url.clone() else {
        return Err(Problem::not_found("set `http.public_url` to how this is reached"));
    };
    let base = url.trim_end_matches('/');
    Ok(Json(Metadata {
        access_evaluation_endpoint: format!("{base}/access/v1/evaluation"),
        access_evaluations_endpoint: format!("{base}/access/v1/evaluations"),
        policy_decision_point: base.to_owned(),
    }))
}
