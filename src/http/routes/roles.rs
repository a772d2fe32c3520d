//! Roles that people make. In whose name somebody asks decides what they may: see [`granting`].

use super::{Api, Asked, Caller, Named, Page, Problem, Sent, page};
use crate::config::ApiScope;
use crate::http::headers::ACTING_FOR;
use crate::http::problem::Kind;
use crate::store::{self, Among, Granting, Role, RoleChanged, RolePermission, RoleText, SeenRole, WhichAccount};
use axum::extract::State;
use axum::http::header::{ETAG, IF_MATCH};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Json};
use rosterd_core::access::{Parameters, Pattern};
use rosterd_core::lifecycle::{self, Access};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// In whose name: a session and a service account act for themselves; a token of the scope `admin` for whom it names,
/// or as the operator.
pub(super) async fn granting(api: &Api, caller: &Caller, headers: &HeaderMap) -> Result<Granting, Problem> {
    let actor = caller.name.clone();
    let named = headers.get(ACTING_FOR);
    match (caller.user(), named) {
        (Some(user), None) => return Ok(Granting { actor, acting_for: Some(user) }),
        (Some(_), Some(_)) => {
            return Err(Problem::new(Kind::Forbidden, "whoever is logged in acts for themselves"));
        }
        (None, _) if !caller.scopes.contains(&ApiScope::Admin) => {
            return Err(Problem::new(Kind::Forbidden, "this needs the scope `admin`, or a person who is logged in"));
        }
        (None, None) => return Ok(Granting { actor, acting_for: None }),
        (None, Some(_)) => {}
    }
    let field = |message: &str| Problem::field("Acting-For", message);
    let text = std::str::from_utf8(named.map(HeaderValue::as_bytes).unwrap_or_default());
    let which = match store::Named::parse(text.map_err(|_| field("a login in UTF-8, or # and a number"))?) {
        store::Named::Number(number) => WhichAccount::Number(number),
        store::Named::Name(login) => WhichAccount::Login(login),
    };
    let engine = api.engine();
    let mut found = engine.store.account(&which, Among::People).await?;
    if found.is_none() {
        found = engine.store.account(&which, Among::Services).await?;
    }
    let found = found.ok_or_else(|| field("nobody has this login or number"))?;
    if !lifecycle::may(found.kind, found.state, Access::Rights).now() {
        let told =
            format!("{} is {}: nothing is given in the name of such an account", found.login, found.state.name());
        return Err(Problem::new(Kind::Forbidden, told));
    }
    Ok(Granting { actor, acting_for: Some(found.id) })
}

/// Something that may be done.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RolePermission)]
pub(super) struct Permission {
    /// A `*` at the end stands for whatever begins so.
    #[schema(max_length = 190)]
    action: String,
    /// A `*` at the end stands for whatever begins so.
    #[schema(max_length = 190)]
    scope: String,
    #[serde(default)]
    parameters: Parameters,
}

/// A role.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Role)]
pub(super) struct Shown {
    id: i64,
    /// The organization's name; null for every one.
    org: Option<String>,
    name: String,
    /// `basic`, `fixed`, `custom` or `bundle`.
    kind: String,
    title: String,
    description: String,
    /// `builtin`, `file` or `manual`.
    origin: String,
    version: i64,
    permissions: Vec<Permission>,
    limits: BTreeMap<String, i64>,
}

impl From<Role> for Shown {
    fn from(role: Role) -> Self {
        let RoleText { kind, title, description, permissions, limits } = role.text;
        let permission = |RolePermission { action, scope, parameters }| Permission {
            action: String::from(action),
            scope: String::from(scope),
            parameters,
        };
        Self {
            id: role.id,
            org: role.org.map(|(_, name)| name),
            name: role.name,
            kind,
            title,
            description,
            origin: role.origin,
            version: role.version,
            permissions: permissions.into_iter().map(permission).collect(),
            limits,
        }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Part {
    /// `next` of the page before.
    cursor: Option<String>,
    /// How many items; 50 when nothing is said.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// Roles, by number.
#[utoipa::path(get, path = "/api/v1/roles", params(Part), responses((status = 200, description = "A page", body = Page<Shown>)))]
pub(super) async fn list(State(api): State<Arc<Api>>, Asked(part): Asked<Part>) -> Result<Json<Page<Shown>>, Problem> {
    let limit = page::limit(part.limit)?;
    let after = page::after("roles", part.cursor.as_deref(), |text| text.parse().ok())?.unwrap_or(i64::MIN);
    let roles = api.engine().store.roles_after(after, limit + 1).await?;
    let roles = roles.into_iter().map(Shown::from).collect();
    Ok(Json(Page::of("roles", roles, limit, |role: &Shown| role.id.to_string())))
}

fn no_role() -> Problem {
    Problem::not_found("there is no role with that number")
}

/// One of them; the header ETag is its version.
#[utoipa::path(get, path = "/api/v1/roles/{id}", params(("id" = i64, Path)), responses((status = 200, description = "The role", body = Shown)))]
pub(super) async fn one(State(api): State<Arc<Api>>, Named(id): Named<i64>) -> Result<Response, Problem> {
    Ok(tagged(StatusCode::OK, api.engine().store.role(id).await?.ok_or_else(no_role)?))
}

fn tagged(status: StatusCode, role: Role) -> Response {
    let version = HeaderValue::from_str(&format!("\"{}\"", role.version));
    let mut response = (status, Json(Shown::from(role))).into_response();
    if let Ok(version) = version {
        response.headers_mut().insert(ETAG, version);
    }
    response
}

/// `custom`, or a `bundle`: a set with parameters.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum RoleKind {
    #[default]
    Custom,
    Bundle,
}

/// What a role is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewRole)]
pub(super) struct New {
    /// The organization's name; absent for every one.
    org: Option<String>,
    #[schema(max_length = 100)]
    name: String,
    #[serde(default)]
    kind: RoleKind,
    #[serde(default)]
    #[schema(max_length = 500)]
    title: String,
    #[serde(default)]
    #[schema(max_length = 500)]
    description: String,
    #[schema(max_items = 1000)]
    permissions: Vec<Permission>,
    #[serde(default)]
    limits: BTreeMap<String, i64>,
}

/// What changes: absent stays as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RoleChange)]
pub(super) struct Changed {
    kind: Option<RoleKind>,
    #[schema(max_length = 500)]
    title: Option<String>,
    #[schema(max_length = 500)]
    description: Option<String>,
    /// All that it then allows.
    #[schema(max_items = 1000)]
    permissions: Option<Vec<Permission>>,
    /// All its limits then.
    limits: Option<BTreeMap<String, i64>>,
}

fn kind(kind: RoleKind) -> String {
    match kind {
        RoleKind::Custom => "custom",
        RoleKind::Bundle => "bundle",
    }
    .to_owned()
}

const MOST: usize = 1000;
const LONGEST: usize = 500;

/// A text that a database takes.
pub(super) fn plain(field: &'static str, text: &str) -> Result<(), Problem> {
    if text.chars().count() <= LONGEST && !text.contains('\0') {
        return Ok(());
    }
    Err(Problem::field(field, format!("at most {LONGEST} characters, none of them NUL")))
}

/// An action or a scope.
pub(super) fn pattern(field: &'static str, text: &str) -> Result<Pattern, Problem> {
    Pattern::parse(text).map_err(|why| Problem::field(field, why.to_string()))
}

/// Parameters that a database takes.
pub(super) fn sane(parameters: &Parameters) -> Result<(), Problem> {
    let named = |name: &str| !name.is_empty() && plain("", name).is_ok();
    let good = parameters.iter().all(|(name, value)| named(name) && plain("", value).is_ok());
    if good && parameters.len() <= MOST {
        return Ok(());
    }
    let each = format!("each a name and a text of at most {LONGEST} characters, none of them NUL");
    Err(Problem::field("parameters", format!("at most {MOST}, {each}")))
}

fn permissions(all: Vec<Permission>) -> Result<Vec<RolePermission>, Problem> {
    if all.len() > MOST {
        return Err(Problem::field("permissions", format!("at most {MOST}")));
    }
    let one = |permission: Permission| {
        sane(&permission.parameters)?;
        Ok(RolePermission {
            action: pattern("permissions.action", &permission.action)?,
            scope: pattern("permissions.scope", &permission.scope)?,
            parameters: permission.parameters,
        })
    };
    let mut all = all.into_iter().map(one).collect::<Result<Vec<_>, Problem>>()?;
    all.sort_by(|a, b| (&a.action, &a.scope).cmp(&(&b.action, &b.scope)));
    Ok(all)
}

fn good(text: &RoleText) -> Result<(), Problem> {
    plain("title", &text.title)?;
    plain("description", &text.description)?;
    for name in text.limits.keys() {
        plain("limits", name)?;
    }
    Ok(())
}

/// Makes a role. In somebody's name (the header `Acting-For`, or a session) only of what they hold, and with
/// `roles:write` there.
#[utoipa::path(post, path = "/api/v1/roles", request_body = New, params(("Acting-For" = Option<String>, Header), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 201, description = "The role", body = Shown), (status = 403, description = "Whoever asks may not", body = super::super::problem::Said, content_type = "application/problem+json"), (status = 409, description = "Not as things stand", body = super::super::problem::Said, content_type = "application/problem+json")))]
pub(super) async fn make(
    State(api): State<Arc<Api>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    Sent(new): Sent<New>,
) -> Result<Response, Problem> {
    let by = granting(&api, &caller, &headers).await?;
    plain("name", &new.name)?;
    if let Some(org) = &new.org {
        plain("org", org)?;
    }
    let text = RoleText {
        kind: kind(new.kind),
        title: new.title,
        description: new.description,
        permissions: permissions(new.permissions)?,
        limits: new.limits,
    };
    good(&text)?;
    let role = api.engine().store.make_role(new.org.as_deref(), &new.name, &text, &by, api.now()).await?;
    Ok(tagged(StatusCode::CREATED, role))
}

/// The version that `If-Match` names.
fn version(headers: &HeaderMap) -> Result<i64, Problem> {
    let text = headers.get(IF_MATCH).and_then(|value| value.to_str().ok()).unwrap_or_default().trim();
    let version = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).and_then(|text| text.parse().ok());
    version.ok_or_else(|| Problem::new(Kind::BadRequest, "say which version you have seen: `If-Match: \"3\"`"))
}

fn came(changed: RoleChanged) -> Result<Role, Problem> {
    match changed {
        RoleChanged::Done(role) => Ok(*role),
        RoleChanged::None => Err(no_role()),
        RoleChanged::Other(version) => Err(other(version)),
    }
}

fn other(version: i64) -> Problem {
    Problem::new(Kind::Changed, format!("it is at version {version}"))
}

/// Changes a role that people have made. In somebody's name only where they hold all that it allowed and is to allow.
#[utoipa::path(patch, path = "/api/v1/roles/{id}", request_body = Changed, params(("id" = i64, Path), ("If-Match" = String, Header, description = "The version that was seen"), ("Acting-For" = Option<String>, Header)),
    responses((status = 200, description = "The role", body = Shown), (status = 403, description = "Whoever asks may not", body = super::super::problem::Said, content_type = "application/problem+json"), (status = 409, description = "People have not made it", body = super::super::problem::Said, content_type = "application/problem+json"), (status = 412, description = "It has changed", body = super::super::problem::Said, content_type = "application/problem+json")))]
pub(super) async fn change(
    State(api): State<Arc<Api>>,
    Extension(caller): Extension<Caller>,
    Named(id): Named<i64>,
    headers: HeaderMap,
    Sent(changed): Sent<Changed>,
) -> Result<Response, Problem> {
    let by = granting(&api, &caller, &headers).await?;
    let seen = SeenRole { id, version: version(&headers)? };
    let engine = api.engine();
    let before = engine.store.role(id).await?.ok_or_else(no_role)?;
    // What it says now is not what was seen: put together, the two would be a text that nobody wrote.
    if before.version != seen.version {
        return Err(other(before.version));
    }
    let before = before.text;
    let text = RoleText {
        kind: changed.kind.map_or(before.kind, kind),
        title: changed.title.unwrap_or(before.title),
        description: changed.description.unwrap_or(before.description),
        permissions: changed.permissions.map(permissions).transpose()?.unwrap_or(before.permissions),
        limits: changed.limits.unwrap_or(before.limits),
    };
    good(&text)?;
    let role = came(engine.store.change_role(seen, &text, &by, api.now()).await?)?;
    Ok(tagged(StatusCode::OK, role))
}

/// Deletes a role that people have made and nobody holds.
#[utoipa::path(delete, path = "/api/v1/roles/{id}", params(("id" = i64, Path), ("If-Match" = String, Header, description = "The version that was seen"), ("Acting-For" = Option<String>, Header)),
    responses((status = 204, description = "It is gone"), (status = 403, description = "Whoever asks may not", body = super::super::problem::Said, content_type = "application/problem+json"), (status = 409, description = "Somebody holds it, or people have not made it", body = super::super::problem::Said, content_type = "application/problem+json"), (status = 412, description = "It has changed", body = super::super::problem::Said, content_type = "application/problem+json")))]
pub(super) async fn delete(
    State(api): State<Arc<Api>>,
    Extension(caller): Extension<Caller>,
    Named(id): Named<i64>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    let seen = SeenRole { id, version: version(&headers)? };
    let by = granting(&api, &caller, &headers).await?;
    came(api.engine().store.delete_role(seen, &by, api.now()).await?)?;
    Ok(StatusCode::NO_CONTENT)
}
