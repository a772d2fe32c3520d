//! May this person do this? For applications: yes with what goes with it, or no. A no is the same for everybody, so
//! that it tells nobody who there is.

use super::asked::{MOST, Texts};
use super::{Api, Problem, Sent};
use crate::store::{Allowed, Answer, Question};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::ToSchema;

/// One question.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = CheckQuestion)]
#[serde(deny_unknown_fields)]
pub(super) struct One {
    /// Their login, or # and their number.
    #[schema(min_length = 1, max_length = 250)]
    user: String,
    /// In whose name: a login, or # and a number. They must have been allowed to act for that person in everything.
    #[schema(min_length = 1, max_length = 250)]
    acting_for: Option<String>,
    /// The organization's name, or # and its number. Absent: in every organization.
    #[schema(min_length = 1, max_length = 250)]
    org: Option<String>,
    /// Such as `dashboards:read`.
    #[schema(min_length = 1, max_length = 190)]
    action: String,
    /// To what, such as `folders:emea`. Absent: to anything at all.
    #[schema(min_length = 1, max_length = 190)]
    scope: Option<String>,
}

impl One {
    fn question(&self) -> Result<Question, super::asked::Wrong> {
        let One { user, acting_for, org, action, scope } = self;
        let (acting_for, org, scope) = (acting_for.as_deref(), org.as_deref(), scope.as_deref());
        Texts { user, acting_for, org, action, scope }.question()
    }
}

/// Several questions.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = CheckQuestions)]
#[serde(deny_unknown_fields)]
pub(super) struct Many {
    #[schema(min_items = 1, max_items = 1000)]
    questions: Vec<One>,
}

/// An answer.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = CheckAnswer)]
pub(super) struct Answered {
    allowed: bool,
    // With a yes only, as what follows: one by one, because a flattened `Option` is described as if a no were none.
    /// The number of whoever does it.
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<i64>,
    /// The number of whoever it is done for.
    #[serde(skip_serializing_if = "Option::is_none")]
    acting_for: Option<i64>,
    /// What the application is to know besides, such as a row filter; of each name what is said nearest to the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    parameters: Option<BTreeMap<String, String>>,
    /// How much they may have of what.
    #[serde(skip_serializing_if = "Option::is_none")]
    limits: Option<BTreeMap<String, i64>>,
}

impl From<Answer> for Answered {
    fn from(answer: Answer) -> Self {
        let Some(Allowed { user, acting_for, parameters, limits }) = answer.allowed else { return Self::default() };
        Self { allowed: true, user: Some(user), acting_for, parameters: Some(parameters), limits: Some(limits) }
    }
}

/// Answers in the order of the questions.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CheckAnswers)]
pub(super) struct AllAnswered {
    answers: Vec<Answered>,
}

/// Whether somebody may do something.
#[utoipa::path(post, path = "/api/v1/check", request_body = One, params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, description = "Yes or no", body = Answered)))]
pub(super) async fn one(State(api): State<Arc<Api>>, Sent(asked): Sent<One>) -> Result<Json<Answered>, Problem> {
    let mut answers = api.engine().store.check(vec![asked.question()?]).await?;
    Ok(Json(answers.pop().unwrap_or_default().into()))
}

/// The same of up to 1,000 questions, all answered of one moment.
#[utoipa::path(post, path = "/api/v1/checks", request_body = Many, params(("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, description = "Yes or no, each", body = AllAnswered)))]
pub(super) async fn many(State(api): State<Arc<Api>>, Sent(asked): Sent<Many>) -> Result<Json<AllAnswered>, Problem> {
    if asked.questions.is_empty() || asked.questions.len() > MOST {
        return Err(Problem::field("questions", format!("1 to {MOST}")));
    }
    let mut questions = Vec::with_capacity(asked.questions.len());
    for (at, one) in asked.questions.iter().enumerate() {
        let question = one.question();
        questions.push(question.map_err(|(field, why)| Problem::field(format!("questions[{at}].{field}"), why))?);
    }
    let answers = api.engine().store.check(questions).await?;
    Ok(Json(AllAnswered { answers: answers.into_iter().map(Answered::from).collect() }))
}
