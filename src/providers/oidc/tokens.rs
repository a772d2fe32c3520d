//! Which of the tokens that somebody shows are believed, and of whom they speak.

use super::super::{LoginError, Shown};
use super::grant::Tokens;
use super::metadata::Metadata;
use super::{OidcLogin, introspection, userinfo};
use crate::config::UserInfo;
use crate::jose::{Audience, Checks, Claims, Kind, Opened, Refused, hash_of, open, subject, verify};
use rosterd_core::ids::Timestamp;
use serde_json::Value;

/// What was verified, by where it comes from. All of one person.
#[derive(Debug, Default)]
pub(super) struct Sources {
    pub(super) id_token: Option<Claims>,
    pub(super) access_token: Option<Claims>,
    pub(super) userinfo: Option<Claims>,
    /// What could not be asked, and why.
    pub(super) missing: Vec<(String, String)>,
    /// When it was said, where no token says so: the provider was asked at that moment.
    pub(super) at: Option<Timestamp>,
}

/// # Errors
/// Where no token is one that the provider made for us, or two are not of one person.
pub(super) async fn believed(login: &OidcLogin, shown: &Shown, now: Timestamp) -> Result<Sources, LoginError> {
    let metadata = login.metadata().await?;
    let mut sources = Sources::default();
    let access = shown.access_token.as_deref();
    if let Some(token) = &shown.id_token {
        sources.id_token = Some(id_token(login, &metadata, token, access, shown.nonce.as_deref(), now).await?);
    }
    if let Some(token) = access {
        match access_token(login, &metadata, token, now).await {
            Ok(claims) => sources.access_token = claims,
            // Beside an ID token it need not be for us: it may be for UserInfo alone.
            Err(LoginError::Refused(_)) if sources.id_token.is_some() => {}
            Err(error) => return Err(error),
        }
    }
    let Some(who) = sources.id_token.as_ref().or(sources.access_token.as_ref()) else {
        return Err(LoginError::Wrong("token-missing", "neither an ID token nor an access token for us".to_owned()));
    };
    let who = subject(who, "sub")?.to_owned();
    if sources.access_token.as_ref().is_some_and(|claims| !is(claims, &who)) {
        return Err(Refused::Subject.into());
    }
    if let (Some(token), Some(url), UserInfo::Ask) = (access, &metadata.userinfo, login.config.userinfo) {
        match userinfo::ask(login, &metadata, url, token).await {
            // It may be somebody else's token (OpenID Connect Core §5.3.2).
            Ok(claims) if !is(&claims, &who) => return Err(Refused::Subject.into()),
            Ok(claims) => sources.userinfo = Some(claims),
            Err(why) => sources.missing.push(("userinfo".to_owned(), why)),
        }
    }
    Ok(sources)
}

/// The same of somebody whose login was renewed: another ID token, UserInfo, or both, and of nobody else (OpenID Connect
/// Core §12.2). `azp`: of the first ID token.
///
/// # Errors
/// Where the provider speaks of somebody else.
pub(super) async fn renewed(
    login: &OidcLogin,
    tokens: &Tokens,
    who: &str,
    azp: Option<&str>,
    now: Timestamp,
) -> Result<Sources, LoginError> {
    let metadata = login.metadata().await?;
    let mut sources = Sources { at: Some(now), ..Sources::default() };
    if let Some(token) = &tokens.id {
        let claims = id_token(login, &metadata, token, Some(&tokens.access), None, now).await?;
        if claims.get("azp").and_then(Value::as_str) != azp {
            return Err(Refused::Audience.into());
        }
        // With a token that is somebody else's, nothing is asked.
        if !is(&claims, who) {
            return Err(Refused::Subject.into());
        }
        sources.id_token = Some(claims);
    }
    if let Some(url) = &metadata.userinfo {
        match userinfo::ask(login, &metadata, url, &tokens.access).await {
            Ok(claims) if !is(&claims, who) => return Err(Refused::Subject.into()),
            Ok(claims) => sources.userinfo = Some(claims),
            Err(why) => sources.missing.push(("userinfo".to_owned(), why)),
        }
    }
    Ok(sources)
}

fn is(claims: &Claims, who: &str) -> bool {
    claims.get("sub").and_then(Value::as_str) == Some(who)
}

/// OpenID Connect Core §3.1.3.7.
async fn id_token(
    login: &OidcLogin,
    metadata: &Metadata,
    token: &str,
    access: Option<&str>,
    nonce: Option<&str>,
    now: Timestamp,
) -> Result<Claims, LoginError> {
    let opened = open(token, Kind::Id, &login.config.algorithms)?;
    let claims = login.signed(&opened, metadata).await?;
    let checks = login.checks(Audience::Only(&login.audiences), now);
    checks.hold(&claims)?;
    let authorized = match claims.get("azp") {
        None => claims.get("aud").and_then(Value::as_array).is_none_or(|audiences| audiences.len() < 2),
        Some(party) => party.as_str() == Some(&login.config.client_id),
    };
    if !authorized {
        return Err(Refused::Audience.into());
    }
    if nonce.is_some_and(|nonce| claims.get("nonce").and_then(Value::as_str) != Some(nonce)) {
        return Err(Refused::Nonce.into());
    }
    if let (Some(access), Some(hash)) = (access, claims.get("at_hash"))
        && hash.as_str() != Some(&hash_of(access, opened.algorithm()))
    {
        return Err(Refused::Hash.into());
    }
    Ok(claims)
}

/// RFC 9068 where it is signed, RFC 7662 where only the provider can read it. `None` where that cannot be asked.
async fn access_token(
    login: &OidcLogin,
    metadata: &Metadata,
    token: &str,
    now: Timestamp,
) -> Result<Option<Claims>, LoginError> {
    // One for `client_id` could be an ID token, which is no proof of an access.
    let audience = Audience::One(&login.config.audiences);
    if token.split('.').count() == 3 {
        let opened = open(token, Kind::Access, &login.config.algorithms)?;
        let claims = login.signed(&opened, metadata).await?;
        login.checks(audience, now).hold(&claims)?;
        return if is_an_id_token(&claims) { Err(Refused::Type.into()) } else { Ok(Some(claims)) };
    }
    match (&metadata.introspection, &login.config.client_secret) {
        (Some(url), Some(_)) => introspection::ask(login, url, token, now).await.map(Some),
        _ => Ok(None),
    }
}

/// Whether it proves a login and no access, though its header does not say so: it may be for an audience of ours, too,
/// and was shown to escape what is asked of an ID token. Only those have another token's hash (OpenID Connect Core
/// §3.1.3.6, §3.3.2.11), and Keycloak's say it in a claim.
fn is_an_id_token(claims: &Claims) -> bool {
    claims.contains_key("at_hash") || claims.contains_key("c_hash") || claims.get("typ").is_some_and(|typ| typ == "ID")
}

impl OidcLogin {
    /// What it says, if the provider signed it: by a key that it may have begun to use a moment ago.
    pub(super) async fn signed(&self, opened: &Opened<'_>, metadata: &Metadata) -> Result<Claims, LoginError> {
        let unknown = || LoginError::Unreachable(format!("the keys of {} are not known", self.config.issuer));
        let known = self.keys.known(&self.client, &metadata.keys).await;
        let verified = known.as_ref().map(|keys| verify(opened, keys));
        match verified {
            Some(Err(Refused::Key)) | None => match self.keys.newer(&self.client, &metadata.keys).await {
                Some(newer) => Ok(verify(opened, &newer)?),
                None => verified.ok_or_else(unknown)?.map_err(LoginError::from),
            },
            Some(verified) => Ok(verified?),
        }
    }

    pub(super) fn checks<'a>(&'a self, audience: Audience<'a>, now: Timestamp) -> Checks<'a> {
        Checks {
            issuer: &self.config.issuer,
            audience,
            now,
            skew: self.config.clock_skew.get(),
            max_age: Some(self.config.max_age.get()),
        }
    }
}
