//! From what was verified to what is said of somebody.

use super::super::{LoginError, Said, claims};
use super::OidcLogin;
use super::tokens::Sources;
use crate::jose::{Claims, Refused, moment, subject};
use rosterd_core::ids::Timestamp;
use serde_json::{Map, Value};

/// What is of the token and not of the person. Kept, each login would be a change.
const OF_THE_TOKEN: [&str; 23] = [
    "acr",
    "active",
    "aio",
    "amr",
    "at_hash",
    "aud",
    "auth_time",
    "azp",
    "c_hash",
    "client_id",
    "exp",
    "iat",
    "iss",
    "jti",
    "nbf",
    "nonce",
    "rh",
    "s_hash",
    "scope",
    "session_state",
    "sid",
    "token_type",
    "uti",
];
/// The most that is kept of what is said of one person: what a document may have.
const MOST_BYTES: usize = 4 << 20;
/// The longest name of somebody.
const LONGEST: usize = 512;

/// What became of groups that are elsewhere, where somebody's are.
#[derive(Debug)]
pub(super) enum Elsewhere {
    /// Nobody can be asked, or there are none.
    Unasked,
    /// All that the person is in.
    Found(Vec<String>),
    /// They could not be had, and why.
    Unknown(String),
}

pub(super) fn said(login: &OidcLogin, sources: Sources, elsewhere: Elsewhere) -> Result<Said, LoginError> {
    let Sources { id_token, access_token, userinfo, mut missing, at } = sources;
    let token = id_token.as_ref().or(access_token.as_ref());
    let made = token.map(|token| moment(token, "iat")).transpose()?.flatten();
    let at = at.or(made.map(|seconds| Timestamp((seconds * 1000.0) as i64))).ok_or(Refused::Time)?;
    // What the provider has just answered, before what it signed some time ago.
    let all: Vec<&Claims> = [&id_token, &userinfo, &access_token].into_iter().flatten().collect();
    let who = all.iter().find_map(|claims| subject(claims, &login.config.subject).ok()).ok_or(Refused::Subject)?;
    let text = |name: &str| all.iter().find_map(|claims| one(claims, name)).map(str::to_owned);
    let email = all.iter().find(|claims| one(claims, &login.config.email).is_some()).and_then(|claims| {
        let verified = claims.get("email_verified").is_some_and(|said| *said == true || *said == "true");
        one(claims, &login.config.email).filter(|_| verified || !login.verified_only)
    });
    let groups = match elsewhere {
        Elsewhere::Found(groups) => Some(groups),
        Elsewhere::Unknown(why) => {
            missing.push(("groups_elsewhere".to_owned(), why));
            None
        }
        Elsewhere::Unasked => {
            missing.extend(all.iter().filter_map(|claims| overage(claims)));
            None
        }
    };
    let said = Said {
        subject: who.to_owned(),
        login: text(&login.config.login).or_else(|| email.map(str::to_owned)).unwrap_or_else(|| who.to_owned()),
        name: text(&login.config.name),
        email: email.map(str::to_owned),
        groups,
        claims: None,
        at: Some(at),
        until: None,
        missing: Vec::new(),
    };
    let kept = claims::text(
        [("id_token", id_token), ("userinfo", userinfo), ("access_token", access_token)]
            .into_iter()
            .filter_map(|(name, claims)| Some((name, of_the_person(claims?)))),
    );
    if kept.len() > MOST_BYTES {
        return Err(LoginError::Wrong("claims-size", format!("more than {MOST_BYTES} bytes of claims")));
    }
    Ok(Said { claims: Some(kept), missing, ..said })
}

pub(super) fn groups_are_elsewhere(sources: &Sources) -> bool {
    let all = [&sources.id_token, &sources.userinfo, &sources.access_token];
    all.into_iter().flatten().any(|claims| overage(claims).is_some())
}

fn one<'c>(claims: &'c Claims, name: &str) -> Option<&'c str> {
    let text = claims.get(name)?.as_str()?;
    let fits = !text.trim().is_empty() && text.len() <= LONGEST && !text.chars().any(char::is_control);
    fits.then_some(text)
}

fn of_the_person(claims: Claims) -> Map<String, Value> {
    claims.into_iter().filter(|(name, _)| !OF_THE_TOKEN.contains(&name.as_str())).collect()
}

/// Whether there are more groups than the token holds: Entra says so by `hasgroups`, or by naming `groups` among the
/// claims that are elsewhere (`_claim_names`, OpenID Connect Core §5.6.2). Where they are is said by the token too,
/// and is not asked: it could be anywhere.
fn overage(claims: &Claims) -> Option<(String, String)> {
    let elsewhere = claims.get("_claim_names").and_then(Value::as_object);
    let named = elsewhere.is_some_and(|names| names.keys().any(|name| name == "groups" || name == "roles"));
    let has = claims.get("hasgroups").is_some_and(|has| *has == true || *has == "true");
    (named || has).then(|| {
        let why = "somebody is in more groups than their token holds, which are not in it";
        ("groups_elsewhere".to_owned(), why.to_owned())
    })
}
