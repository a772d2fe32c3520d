//! People: who there is, what each has, and why.

use super::{Api, Asked, Named, Page, Problem, page};
use crate::explain::{self, Book};
use crate::store::{IdentityView, PersonListing, PersonView};
use axum::Json;
use axum::extract::State;
use rosterd_core::ids::Timestamp;
use rosterd_core::lifecycle::{self, Access, Kind};
use rosterd_core::observed::UserState;
use rosterd_core::rights::{OrgRole, TeamRole};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// A person in a list.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Person)]
pub(super) struct Listed {
    id: i64,
    login: String,
    name: String,
    email: String,
    /// `active`, `suspended` or `archived`.
    state: String,
    /// `person` or `break_glass`.
    kind: String,
}

impl From<&PersonView> for Listed {
    fn from(person: &PersonView) -> Self {
        let PersonView { id, login, name, email, state, kind, .. } = person.clone();
        Self { id, login, name, email, state, kind }
    }
}

impl From<PersonListing> for Listed {
    fn from(person: PersonListing) -> Self {
        let PersonListing { id, login, name, email, state, kind } = person;
        Self { id, login, name, email, state, kind }
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Search {
    /// What stands in the login, the name or the e-mail address, without case.
    #[param(max_length = 200)]
    query: Option<String>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// How many items; 50 when nothing is said.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// The longest text that is searched for.
const LONGEST: usize = 200;

/// People, by number.
#[utoipa::path(get, path = "/api/v1/people", params(Search), responses((status = 200, description = "A page", body = Page<Listed>)))]
pub(super) async fn list(
    State(api): State<Arc<Api>>,
    Asked(search): Asked<Search>,
) -> Result<Json<Page<Listed>>, Problem> {
    let limit = page::limit(search.limit)?;
    let after = page::after("people", search.cursor.as_deref(), |text| text.parse().ok())?.unwrap_or(i64::MIN);
    let query = search.query.unwrap_or_default();
    if query.chars().count() > LONGEST || query.contains('\0') {
        return Err(Problem::field("query", format!("at most {LONGEST} characters, none of them NUL")));
    }
    let people = api.engine().store.people_after(&query, after, limit + 1).await?;
    let people = people.into_iter().map(Listed::from).collect();
    Ok(Json(Page::of("people", people, limit, |person: &Listed| person.id.to_string())))
}

async fn find(api: &Api, id: i64) -> Result<PersonView, Problem> {
    let person = api.engine().store.person(id).await?;
    person.ok_or_else(|| Problem::not_found(format!("there is nobody with the number {id}")))
}

/// What a provider says of somebody.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Identity {
    provider: String,
    /// The id that never changes.
    subject: String,
    dn: String,
    login: String,
    observed_at: i64,
    gone_at: Option<i64>,
    /// Where the provider cannot list its people: when a login last renewed their lease, about.
    renewed_at: Option<i64>,
    /// When the provider that re-checks them last had them, about; null where none does.
    rechecked_at: Option<i64>,
    /// When that lease ends, or ended.
    lease_ends_at: Option<i64>,
    /// The groups that it is in, directly or through others.
    groups: Vec<String>,
}

/// A person and what providers say of them. Moments are milliseconds since 1970.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PersonDetail)]
pub(super) struct Detail {
    #[serde(flatten)]
    listed: Listed,
    identities: Vec<Identity>,
}

/// A person and what providers say of them.
#[utoipa::path(get, path = "/api/v1/people/{id}", params(("id" = i64, Path)), responses((status = 200, description = "The person", body = Detail)))]
pub(super) async fn one(State(api): State<Arc<Api>>, Named(id): Named<i64>) -> Result<Json<Detail>, Problem> {
    let person = find(&api, id).await?;
    let engine = api.engine();
    let listed = Listed::from(&person);
    let by = |identity: &IdentityView| person.rechecked(identity, engine.recheck(&identity.provider));
    let rechecked: Vec<Option<Timestamp>> = person.identities.iter().map(by).collect();
    let identities = person.identities.into_iter().zip(rechecked).map(|(identity, rechecked)| Identity {
        renewed_at: identity.renewal.map(|renewal| renewal.at.0),
        rechecked_at: rechecked.map(|at| at.0),
        lease_ends_at: identity.lease_end(engine.lease(&identity.provider), rechecked).map(|at| at.0),
        provider: identity.provider,
        subject: identity.subject,
        dn: identity.dn,
        login: identity.login,
        observed_at: identity.observed_at.0,
        gone_at: identity.gone_at.map(|at| at.0),
        groups: identity.groups.into_iter().map(|group| group.name).collect(),
    });
    let identities = identities.collect();
    Ok(Json(Detail { listed, identities }))
}

/// A role in an organization or a team.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MemberRole)]
pub(super) struct Role {
    id: i64,
    /// The organization's name.
    org: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    team: Option<String>,
    role: String,
}

/// What somebody has in effect, whoever gave it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Access)]
pub(super) struct Has {
    id: i64,
    login: String,
    state: String,
    /// False: nothing of the rest can be used, the account is suspended or archived.
    usable: bool,
    server_admin: bool,
    orgs: Vec<Role>,
    teams: Vec<Role>,
}

/// What the two words of the account's row mean.
fn usable(person: &PersonView) -> bool {
    let known = Kind::parse(&person.kind).zip(UserState::parse(&person.state));
    known.is_some_and(|(kind, state)| lifecycle::may(kind, state.into(), Access::Rights).now())
}

fn highest<R: Ord>(given: [&Option<String>; 3], parse: impl Fn(&str) -> Option<R>) -> Option<R> {
    given.into_iter().flatten().filter_map(|role| parse(role)).max()
}

/// What somebody has in effect: of each organization and team the highest of what is synced, what
/// a person gave and what a file declares.
#[utoipa::path(get, path = "/api/v1/people/{id}/access", params(("id" = i64, Path)), responses((status = 200, description = "What they have", body = Has)))]
pub(super) async fn access(State(api): State<Arc<Api>>, Named(id): Named<i64>) -> Result<Json<Has>, Problem> {
    let person = find(&api, id).await?;
    let mut has = Has {
        id: person.id,
        usable: usable(&person),
        login: person.login,
        state: person.state,
        server_admin: person.synced_admin || person.manual_admin,
        orgs: Vec::new(),
        teams: Vec::new(),
    };
    for org in person.orgs {
        let role = highest([&org.synced_role, &org.manual_role, &org.declared_role], OrgRole::parse);
        if let Some(role) = role {
            has.orgs.push(Role { id: org.id, org: org.name.clone(), team: None, role: role.name().to_owned() });
        }
        for team in org.teams {
            let role = highest([&team.synced_role, &team.manual_role, &team.declared_role], TeamRole::parse);
            if let Some(role) = role {
                let (org, team_name) = (org.name.clone(), Some(team.name));
                has.teams.push(Role { id: team.id, org, team: team_name, role: role.name().to_owned() });
            }
        }
    }
    Ok(Json(has))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct About {
    /// Only what is about the organization of this name.
    org: Option<String>,
    /// Only what is about the team of this name.
    team: Option<String>,
}

/// Why somebody has what they have, and why not more, as `rosterd explain user --output json` says
/// it.
#[utoipa::path(get, path = "/api/v1/people/{id}/explain", params(("id" = i64, Path), About), responses((status = 200, description = "Why", body = Object)))]
pub(super) async fn explain(
    State(api): State<Arc<Api>>,
    Named(id): Named<i64>,
    Asked(about): Asked<About>,
) -> Result<Json<Value>, Problem> {
    let person = find(&api, id).await?;
    let engine = api.engine();
    let (orgs, now) = (engine.store.orgs().await?, api.now());
    // On a thread of its own: a hundred thousand rules take their time.
    let work = move || -> Result<Value, Problem> {
        let book = Book::new(&engine.config, &engine.places).map_err(|error| Problem::internal(&error))?;
        serde_json::to_value(explain::person(&person, &book, &orgs, now)).map_err(|error| Problem::internal(&error))
    };
    let mut value = tokio::task::spawn_blocking(work).await.map_err(|error| Problem::internal(&error))??;
    for key in ["rights", "ended", "not_applied", "not_given"] {
        if let Some(list) = value.get_mut(key).and_then(Value::as_array_mut) {
            list.retain(|entry| fits(entry, "org", about.org.as_ref()) && fits(entry, "team", about.team.as_ref()));
        }
    }
    Ok(Json(value))
}

fn fits(entry: &Value, key: &str, wanted: Option<&String>) -> bool {
    wanted.is_none_or(|wanted| entry.get(key).and_then(Value::as_str) == Some(wanted))
}
