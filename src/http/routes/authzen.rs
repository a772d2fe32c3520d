//! OpenID Authorization API 1.0 ("AuthZEN"): one evaluation, several, and the metadata.
//!
//! `subject` is a person (`type` `user`; `id` a login, or # and a number), `action.name` the action, `resource` the scope
//! `TYPE:ID`. The organization is `context.org`; without one, every organization is meant. `subject.properties.acting_for`
//! says in whose name. Whatever else stands anywhere is for others, and passed over. What is not of the form that the
//! specification gives it is an error; a good question about what nobody can have here is a no. Section numbers are those
//! of the specification.

use super::asked::{Besides, MOST, Wrong, named};
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
pub(super) struct Subject {
    /// `user`; nobody else has anything here.
    #[serde(rename = "type")]
    kind: String,
    /// A login, or # and a number.
    id: String,
    /// `acting_for`: in whose name.
    #[schema(value_type = Option<Object>)]
    properties: Option<Map<String, Value>>,
}

/// To what.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[schema(as = AuthzenResource)]
pub(super) struct Resource {
    #[serde(rename = "type")]
    kind: String,
    /// Taken as it is.
    id: String,
    #[serde(rename = "properties")]
    #[schema(value_type = Option<Object>)]
    _properties: Option<Map<String, Value>>,
}

/// What.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[schema(as = AuthzenAction)]
pub(super) struct Action {
    name: String,
    #[serde(rename = "properties")]
    #[schema(value_type = Option<Object>)]
    _properties: Option<Map<String, Value>>,
}

/// One evaluation; in a list, what it leaves out is as beside the list.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[schema(as = AuthzenEvaluation)]
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
pub(super) struct Evaluations {
    subject: Option<Subject>,
    action: Option<Action>,
    resource: Option<Resource>,
    #[schema(value_type = Option<Object>)]
    context: Option<Map<String, Value>>,
    /// Each is read for itself.
    #[serde(default)]
    #[schema(max_items = 1000, value_type = Vec<Evaluation>)]
    evaluations: Vec<Value>,
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

/// A decision. `context`: with a yes, `user`, `acting_for`, `parameters` and `limits`; with a no to what nobody can have
/// here, `reason`; in a list, with what is no question, `error` (7.2.1).
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
    Never { reason: String },
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

impl Decision {
    fn no(context: Context) -> Self {
        Self { decision: false, context: Some(context) }
    }
}

/// Why nothing can be asked.
enum Unasked {
    /// It is not of the form that the specification gives it.
    Malformed(String),
    /// Nobody can have that here.
    Never(String),
}

impl Unasked {
    /// In a list, where one says nothing of the others.
    fn in_its_place(self) -> Decision {
        Decision::no(match self {
            Self::Malformed(message) => Context::Wrong { error: WrongItem { status: 400, message } },
            Self::Never(reason) => Context::Never { reason },
        })
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
fn property<'o>(object: Option<&'o Map<String, Value>>, key: &str, field: &str) -> Result<Option<&'o str>, Unasked> {
    match object.and_then(|object| object.get(key)) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Unasked::Malformed(format!("{field}: a text is meant"))),
    }
}

/// An action or a scope as it is: whatever stands in it, somebody may have all that begins as it does.
fn literal(field: &str, text: String) -> Result<String, Unasked> {
    // PostgreSQL takes no text with a NUL in it.
    if text.is_empty() || text.contains('\0') {
        return Err(Unasked::Never(format!("{field}: nothing is called so")));
    }
    Ok(text)
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

    fn question(&self) -> Result<Question, Unasked> {
        let missing = |what: &str| Unasked::Malformed(format!("{what}: it is missing"));
        let subject = self.subject.as_ref().ok_or_else(|| missing("subject"))?;
        let action = self.action.as_ref().ok_or_else(|| missing("action"))?;
        let resource = self.resource.as_ref().ok_or_else(|| missing("resource"))?;
        if subject.kind != "user" {
            return Err(Unasked::Never("subject.type: `user` is the only one".to_owned()));
        }
        if resource.kind.is_empty() || resource.kind.contains([':', '*']) {
            let why = "resource.type: not empty, without `:` and `*`; the scope is TYPE:ID";
            return Err(Unasked::Never(why.to_owned()));
        }
        let acting_for = property(subject.properties.as_ref(), "acting_for", "subject.properties.acting_for")?;
        let org = property(self.context.as_ref(), "org", "context.org")?;
        let who = |field: &'static str, text: &str| {
            named(field, text).map_err(|(field, why): Wrong| Unasked::Never(format!("{field}: {why}")))
        };
        Ok(Question {
            who: who("subject.id", &subject.id)?,
            acting_for: acting_for.map(|text| who("subject.properties.acting_for", text)).transpose()?,
            org: org.map(|text| who("context.org", text)).transpose()?,
            action: literal("action.name", action.name.clone())?,
            scope: Some(literal("resource.id", format!("{}:{}", resource.kind, resource.id))?),
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
    let question = match asked.question() {
        Ok(question) => question,
        Err(Unasked::Malformed(message)) => return Err(bad(message)),
        Err(never @ Unasked::Never(_)) => return Ok(never.in_its_place()),
    };
    let mut answers = api.engine().store.check(vec![question]).await?;
    Ok(answers.pop().unwrap_or_default().into())
}

/// One of a list, with what is said for all where it says nothing.
fn item(value: Value, all: &Evaluation) -> Result<Question, Unasked> {
    let one: Result<Evaluation, _> = serde_json::from_value(value);
    one.map_err(|error| Unasked::Malformed(error.to_string()))?.with(all).question()
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
    let asked: Vec<Result<Question, Unasked>> = evaluations.into_iter().map(|one| item(one, &all)).collect();
    let questions = asked.iter().filter_map(|one| one.as_ref().ok().cloned()).collect();
    let mut answers: VecDeque<Answer> = api.engine().store.check(questions).await?.into();
    let mut decisions = Vec::with_capacity(asked.len());
    for one in asked {
        let decision = match one {
            Ok(_) => answers.pop_front().unwrap_or_default().into(),
            Err(why) => why.in_its_place(),
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
