//! Each way in which somebody may do something, and who gave it; or why they may not.

mod givers;
mod near;

use super::super::StoreError;
use super::super::session::{Param, Session, word};
use super::{EVERYWHERE, Effective, Named, Question, acts_for, all_of, number, numbers, sql};
use rosterd_core::access::covers;
use rosterd_core::ids::Timestamp;
use rosterd_core::lifecycle::{Access, Kind, may};
use rosterd_core::observed::UserState;

/// Why somebody may, or may not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    pub who: Who,
    /// In whose name they asked to act.
    pub acting_for: Option<ActingFor>,
    /// The organization, by number; `None` for every one, and where there is none of that name or number.
    pub org: Option<i64>,
    pub org_known: bool,
    /// Whether whoever's rights count is a member there.
    pub member: bool,
    /// What allows it.
    pub ways: Vec<AllowedBy>,
    pub instead: Instead,
}

/// An account that is asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Who {
    pub id: i64,
    pub login: String,
    pub kind: Kind,
    pub state: UserState,
}

impl Who {
    /// Whether its state lets it have rights.
    #[must_use]
    pub fn acts(&self) -> bool {
        may(self.kind, self.state.into(), Access::Rights).now()
    }
}

/// In whose name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActingFor {
    /// `None`: nobody has that login or number.
    pub other: Option<Who>,
    /// Whether they may, in everything and there.
    pub may: bool,
    /// Whether they are a member there themselves.
    pub member: bool,
    /// What lets them act for the other, or did, in whatever and wherever.
    pub delegations: Vec<Delegation>,
}

/// Something that lets one act for another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delegation {
    /// `None`: in every organization.
    pub org: Option<(String, i64)>,
    pub scope: String,
    /// Since when it does so no more.
    pub ended: Option<Timestamp>,
    pub given_by: Vec<Giver>,
}

/// A way in which it is allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedBy {
    pub row: Effective,
    pub given_by: Vec<Giver>,
    /// For whom they stand in to have it: that one's login, and who let them.
    pub stands_in: Option<(String, Vec<Giver>)>,
}

/// What comes near, where nothing allows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Instead {
    /// The same action to something else.
    pub other_scopes: Vec<Effective>,
    /// The same in other organizations.
    pub elsewhere: Vec<Effective>,
    /// What they held once.
    pub expired: Vec<Expired>,
    /// Roles that would allow it.
    pub roles: Vec<String>,
}

/// An entitlement that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expired {
    pub entitlement: i64,
    pub role: String,
    /// `None`: in every organization.
    pub org: Option<(String, i64)>,
    /// Whether it would have counted where it is asked for.
    pub here: bool,
    pub through: Through,
    pub until: Timestamp,
}

/// How somebody held what has ended.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Through {
    Themselves,
    /// In a team of that name.
    Team(String),
    /// As everybody in the organization.
    Everybody,
    /// By the rights of whoever has that login.
    StandingIn(String),
}

/// Who gave something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Giver {
    /// A rule, at a provider, because of a group.
    Rule { rule: String, provider: String, group: Option<String> },
    /// A provisioning file, until then where that is not for ever.
    File { until: Option<Timestamp> },
    /// Somebody's hand.
    Hand { until: Option<Timestamp> },
}

/// See [`super::Permissions::why`].
pub(super) async fn why(db: &mut dyn Session, question: &Question, now: Timestamp) -> Result<Option<Why>, StoreError> {
    let people = [Some(&question.who), question.acting_for.as_ref()];
    let users = numbers(db, sql::USERS, people.into_iter().flatten().collect()).await?;
    let Some(user) = number(&question.who, &users) else { return Ok(None) };
    let Some(who) = account(db, user).await? else { return Ok(None) };
    let org = match &question.org {
        Some(org) => Some(organization(db, org).await?),
        None => None,
    };
    let (org, org_known) = (org.flatten(), org != Some(None));
    let acting_for = match &question.acting_for {
        Some(other) => {
            let other = match number(other, &users) {
                Some(other) => account(db, other).await?,
                None => None,
            };
            Some(acting(db, user, other, (org, now)).await?)
        }
        None => None,
    };
    // Whose rights count, if anybody's.
    let whose = match &acting_for {
        None => Some(user),
        Some(acting) => acting.other.as_ref().map(|other| other.id),
    };
    let member = match whose {
        Some(whose) => is_member(db, org, whose).await?,
        None => true,
    };
    let mut why = Why { who, acting_for, org, org_known, member, ways: Vec::new(), instead: Instead::default() };
    // What the other has says nothing about somebody who may not act for them.
    if let Some(whose) = whose.filter(|_| why.acting_for.as_ref().is_none_or(|acting| acting.may)) {
        let (ways, instead) = sorted_out(all_of(db, whose).await?, question, &why, whose);
        for row in ways {
            let given_by = givers::givers(db, &row, now).await?;
            let stands_in = stands_in(db, whose, &row, now).await?;
            why.ways.push(AllowedBy { row, given_by, stands_in });
        }
        if why.ways.is_empty() {
            let expired = near::expired(db, whose, (question, &why), now).await?;
            why.instead = Instead { expired, ..instead };
        }
    }
    if why.ways.is_empty() {
        why.instead.roles = near::roles(db, question, org).await?;
    }
    Ok(Some(why))
}

/// Whether somebody is a member there; in every organization everybody is.
async fn is_member(db: &mut dyn Session, org: Option<i64>, user: i64) -> Result<bool, StoreError> {
    let Some(org) = org else { return Ok(true) };
    let params = [Param::Int(Some(org)), Param::Int(Some(user))];
    Ok(!db.rows("SELECT 1 FROM org_members WHERE org_id = $1 AND user_id = $2", &params).await?.is_empty())
}

/// The number of an organization that is there.
pub(super) async fn organization(db: &mut dyn Session, named: &Named) -> Result<Option<i64>, StoreError> {
    match named {
        Named::Number(number) => {
            let rows = db.rows("SELECT id FROM orgs WHERE id = $1", &[Param::Int(Some(*number))]).await?;
            rows.first().map(|row| row.int(0)).transpose()
        }
        Named::Name(_) => Ok(number(named, &numbers(db, sql::ORGS, vec![named]).await?)),
    }
}

/// Whether somebody may act for somebody, and by what.
async fn acting(
    db: &mut dyn Session,
    user: i64,
    other: Option<Who>,
    (org, now): (Option<i64>, Timestamp),
) -> Result<ActingFor, StoreError> {
    let Some(other) = other else {
        return Ok(ActingFor { other: None, may: false, member: true, delegations: Vec::new() });
    };
    let may = other.id == user || acts_for(db, user, other.id, org.unwrap_or(EVERYWHERE)).await?;
    let mut delegations = delegations(db, user, other.id, now).await?;
    if may {
        delegations.retain(|one| one.ended.is_none() && one.scope == "*" && counts_in(one, org));
    }
    let member = is_member(db, org, user).await?;
    Ok(ActingFor { other: Some(other), may, member, delegations })
}

fn counts_in(one: &Delegation, org: Option<i64>) -> bool {
    one.org.as_ref().is_none_or(|(_, place)| org == Some(*place))
}

async fn delegations(
    db: &mut dyn Session,
    user: i64,
    other: i64,
    now: Timestamp,
) -> Result<Vec<Delegation>, StoreError> {
    let rows = db
        .rows(
            "SELECT e.id, o.name, e.org_id, e.scope, ue.until FROM user_entitlements ue
             JOIN entitlements e ON e.id = ue.entitlement_id LEFT JOIN orgs o ON o.id = e.org_id
             WHERE ue.user_id = $1 AND e.for_user_id = $2 ORDER BY e.id",
            &[Param::Int(Some(user)), Param::Int(Some(other))],
        )
        .await?;
    let mut all = Vec::with_capacity(rows.len());
    for row in &rows {
        let until = Timestamp(row.int(4)?);
        all.push(Delegation {
            org: row.opt_text(1)?.zip(row.opt_int(2)?),
            scope: row.text(3)?,
            ended: (until <= now).then_some(until),
            given_by: givers::of_user(db, user, Some(row.int(0)?), now).await?,
        });
    }
    Ok(all)
}

/// Who let somebody stand in, where that is how they have it.
async fn stands_in(
    db: &mut dyn Session,
    user: i64,
    row: &Effective,
    now: Timestamp,
) -> Result<Option<(String, Vec<Giver>)>, StoreError> {
    if row.from_user == user {
        return Ok(None);
    }
    let Some(other) = account(db, row.from_user).await? else { return Ok(None) };
    let mut by = delegations(db, user, row.from_user, now).await?;
    let org = row.org.as_ref().map(|(_, org)| *org);
    by.retain(|one| one.ended.is_none() && covers(&one.scope, &row.scope) && counts_in(one, org));
    Ok(Some((other.login, by.into_iter().flat_map(|one| one.given_by).collect())))
}

/// Whether what is held there counts where it is asked for.
fn here(why: &Why, org: Option<&(String, i64)>) -> bool {
    org.map_or(why.org_known, |(_, org)| why.org == Some(*org))
}

/// Whether a scope covers the one that is asked for.
fn fits(scope: &str, question: &Question) -> bool {
    question.scope.as_ref().is_none_or(|asked| covers(scope, asked))
}

/// Of somebody's rows what allows it; and what is for the same action, but to something else, or elsewhere.
fn sorted_out(rows: Vec<Effective>, question: &Question, why: &Why, whose: i64) -> (Vec<Effective>, Instead) {
    let (mut ways, mut near) = (Vec::new(), Instead::default());
    for row in rows {
        // Whoever acts for somebody has what is theirs, not what they have for others.
        if !covers(&row.action, &question.action) || whose != why.who.id && row.from_user != whose {
            continue;
        }
        if !here(why, row.org.as_ref()) {
            near.elsewhere.push(row);
        } else if fits(&row.scope, question) {
            ways.push(row);
        } else {
            near.other_scopes.push(row);
        }
    }
    (ways, near)
}

async fn account(db: &mut dyn Session, user: i64) -> Result<Option<Who>, StoreError> {
    let rows = db.rows("SELECT login, kind, state FROM users WHERE id = $1", &[Param::Int(Some(user))]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let kind = word("users.kind", &row.text(1)?, Kind::parse)?;
    let state = word("users.state", &row.text(2)?, UserState::parse)?;
    Ok(Some(Who { id: user, login: row.text(0)?, kind, state }))
}
