//! Who asks: a token in `Authorization: Bearer`, a session of a browser, or a certificate that the configuration knows.
//!
//! A token is looked up by its hash, so no comparison can tell how much of it was right. It counts
//! nowhere else than in that header: URLs end up in logs and histories.

use super::api::Api;
use super::peer::Peer;
use super::problem::{Kind, Problem};
use super::token;
use crate::config::{ApiScope, Http, HttpPerson, Network};
use crate::logins::{self, Current, NotLoggedIn};
use crate::store::{PersonNow, StoreError};
use crate::sync::Engine;
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, Uri};
use rosterd_core::access::Pattern;
use rosterd_core::ids::{Timestamp, UserId};
use rosterd_core::rights::OrgRole;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use subtle::ConstantTimeEq as _;

/// How often the last use of a token is noted, in milliseconds.
const NOTED: i64 = 60_000;

/// How many tokens' uses are remembered; the rest are noted more often than need be.
const MOST_KNOWN: usize = 10_000;

/// Somebody known.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    /// Under which keys of requests are kept: nobody else's.
    pub(super) id: String,
    /// For audit records.
    pub(super) name: String,
    pub(super) scopes: BTreeSet<ApiScope>,
    by: By,
    /// Who it is itself: somebody with a browser, or a service account.
    user: Option<UserId>,
}

/// What somebody is known by.
#[derive(Debug, Clone)]
enum By {
    /// By its hash.
    Token([u8; 32]),
    /// A service account, by its token's hash.
    Service([u8; 32]),
    /// By the names in it.
    Certificate(Arc<[String]>),
    /// By the hash of its cookie.
    Session([u8; 32]),
    Bootstrap,
}

impl Caller {
    /// Whether it is somebody with a browser.
    pub(super) fn has_session(&self) -> bool {
        matches!(self.by, By::Session(_))
    }

    /// Who asks in their own name.
    pub(super) fn user(&self) -> Option<UserId> {
        self.user
    }

    /// Whether it may still do this: for what goes on after the request was let in. Not where the
    /// database does not answer.
    pub(super) async fn still(&self, api: &Api, scope: ApiScope) -> bool {
        let engine = api.engine();
        match &self.by {
            By::Token(hash) => {
                let found = engine.store.token_by_hash(*hash).await.ok().flatten();
                found.is_some_and(|token| token.usable(engine.clock.now()))
            }
            By::Service(hash) => {
                let found = engine.store.service_token_by_hash(*hash).await.ok().flatten();
                match found.filter(|token| token.usable(engine.clock.now())) {
                    Some(token) => service_scopes(&engine, token.user).await.is_ok_and(|has| has.contains(&scope)),
                    None => false,
                }
            }
            By::Certificate(names) => {
                by_certificate(names, &engine.config.http).is_some_and(|caller| caller.scopes.contains(&scope))
            }
            By::Session(hash) => {
                let current = logins::by_hash(&engine, *hash).await;
                current.is_ok_and(|current| scopes(&engine.config.http.people, &current.person).contains(&scope))
            }
            // It only makes tokens.
            By::Bootstrap => false,
        }
    }
}

/// Whose use is to be noted, by the token's id.
#[derive(Debug)]
pub(super) enum Used {
    Api(String),
    Service(String),
}

/// When tokens that count were last used, by hash.
#[derive(Debug, Default)]
pub(super) struct Known(Mutex<BTreeMap<[u8; 32], Timestamp>>);

impl Known {
    fn is_known(&self, hash: &[u8; 32]) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains_key(hash)
    }

    /// Notes the use of a token, where that is due. Nobody waits for it: on SQLite it may have to wait for a long write.
    pub(super) fn note(&self, engine: &Engine, hash: [u8; 32], token: Used, now: Timestamp) {
        if !self.used(hash, now) {
            return;
        }
        let store = Arc::clone(&engine.store);
        tokio::spawn(async move {
            let (id, noted) = match &token {
                Used::Api(id) => (id, store.token_used(id, now).await),
                Used::Service(id) => (id, store.service_token_used(id, now).await),
            };
            if let Err(error) = noted {
                tracing::warn!(token = id, %error, "the use of a token was not noted");
            }
        });
    }

    fn forget(&self, hash: &[u8; 32]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(hash);
    }

    /// Whether this use is to be noted.
    fn used(&self, hash: [u8; 32], now: Timestamp) -> bool {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST_KNOWN {
            known.clear();
        }
        let due = known.get(&hash).is_none_or(|last| !(0..NOTED).contains(&(now.0 - last.0)));
        if due {
            known.insert(hash, now);
        }
        due
    }
}

/// Refuses a URL that holds a token, or looks as if it did.
pub(super) fn refuse_token_in_url(uri: &Uri) -> Result<(), Problem> {
    let named = |pair: &str| {
        let name = pair.split('=').next().unwrap_or_default();
        ["access_token", "token", "api_key", "apikey", "bearer", "authorization"]
            .iter()
            .any(|bad| name.eq_ignore_ascii_case(bad))
    };
    let query = uri.query().unwrap_or_default();
    if query.split('&').any(named) || query.contains(token::PREFIX) || uri.path().contains(token::PREFIX) {
        return Err(Problem::new(
            Kind::TokenInUrl,
            "send it as `Authorization: Bearer …`. This one has been in a URL, which logs keep: revoke it",
        ));
    }
    Ok(())
}

/// Finds out who asks.
pub(super) async fn identify(api: &Api, peer: &Peer, headers: &HeaderMap) -> Result<Caller, Problem> {
    let engine = api.engine();
    let http = &engine.config.http;
    let now = engine.clock.now();
    let address = client(peer, headers, &http.trusted_proxies);
    let refused = |why: &str| {
        api.failures.failed(address, now);
        Problem::new(Kind::Unauthenticated, why)
    };
    let blocked = || {
        let seconds = api.failures.blocked(address, http.failed_logins, now)?;
        Some(Problem::new(Kind::TooManyRequests, "too many failed logins from this address").retry_after(seconds))
    };
    let mut sent = headers.get_all(AUTHORIZATION).iter();
    let Some(first) = sent.next() else {
        if let Some(caller) = by_session(&engine, headers).await? {
            return Ok(caller);
        }
        if let Some(caller) = by_certificate(&peer.names, http) {
            return Ok(caller);
        }
        return Err(blocked().unwrap_or_else(|| {
            refused("send a token as `Authorization: Bearer …`; `rosterd token create` makes one")
        }));
    };
    let token = first
        .to_str()
        .ok()
        .and_then(|text| text.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer") && sent.next().is_none());
    let Some((_, text)) = token else {
        return Err(blocked().unwrap_or_else(|| refused("send exactly one header `Authorization: Bearer …`")));
    };
    let text = text.trim();
    let hash = token::hash(text);
    // Whoever was let in lately is not locked out by others at the same address.
    if !api.known.is_known(&hash)
        && let Some(problem) = blocked()
    {
        return Err(problem);
    }
    let found = if token::well_formed(text) { engine.store.token_by_hash(hash).await? } else { None };
    match found {
        Some(token) if token.usable(now) => {
            api.known.note(&engine, hash, Used::Api(token.id.clone()), now);
            let scopes = token.scopes.iter().filter_map(|scope| ApiScope::parse(scope)).collect();
            Ok(Caller {
                id: format!("token:{}", token.id),
                name: format!("token {} ({})", token.id, token.name),
                scopes,
                by: By::Token(hash),
                user: None,
            })
        }
        Some(token) => {
            api.known.forget(&hash);
            Err(refused(if token.revoked_at.is_some() { "this token was revoked" } else { "this token has expired" }))
        }
        None if token::well_formed(text) => match by_service(&engine, hash, now).await? {
            Some(Ok((caller, id))) => {
                api.known.note(&engine, hash, Used::Service(id), now);
                Ok(caller)
            }
            Some(Err(why)) => {
                api.known.forget(&hash);
                Err(refused(why))
            }
            None => match bootstrap(&engine, http, text, now).await? {
                Some(caller) => Ok(caller),
                None => Err(refused("this token is not known")),
            },
        },
        None => match bootstrap(&engine, http, text, now).await? {
            Some(caller) => Ok(caller),
            None => Err(refused("this token is not known")),
        },
    }
}

/// A service account, and its token's id; or why the token does not count.
async fn by_service(
    engine: &Engine,
    hash: [u8; 32],
    now: Timestamp,
) -> Result<Option<Result<(Caller, String), &'static str>>, Problem> {
    let Some(token) = engine.store.service_token_by_hash(hash).await? else { return Ok(None) };
    if !token.usable(now) {
        return Ok(Some(Err(match token.revoked_at {
            Some(_) => "this token was revoked",
            None if now < token.expires_at => "the account of this token is not active",
            None => "this token has expired",
        })));
    }
    let scopes = service_scopes(engine, token.user).await?;
    let caller = Caller {
        id: format!("service:{}", token.id),
        name: token.actor(),
        scopes,
        by: By::Service(hash),
        user: Some(token.user),
    };
    Ok(Some(Ok((caller, token.id))))
}

/// What a service account may do here: `rosterd:SCOPE` on everything, in every organization.
async fn service_scopes(engine: &Engine, user: UserId) -> Result<BTreeSet<ApiScope>, StoreError> {
    let actions = engine.store.actions_everywhere(user).await?;
    let actions: Vec<Pattern> = actions.iter().filter_map(|action| Pattern::parse(action).ok()).collect();
    let holds = |scope: &ApiScope| {
        let asked = Pattern::parse(&format!("rosterd:{}", scope.name()));
        asked.is_ok_and(|asked| actions.iter().any(|action| action.covers(&asked)))
    };
    Ok(ApiScope::ALL.into_iter().filter(holds).collect())
}

/// The token that counts until there is a better one.
async fn bootstrap(engine: &Engine, http: &Http, text: &str, now: Timestamp) -> Result<Option<Caller>, Problem> {
    let Some(reference) = http.bootstrap_token.clone() else { return Ok(None) };
    let secret = match tokio::task::spawn_blocking(move || reference.resolve()).await {
        Ok(Ok(secret)) => secret,
        Ok(Err(error)) => {
            tracing::warn!(%error, "http.bootstrap_token cannot be had, so it does not count");
            return Ok(None);
        }
        Err(error) => return Err(Problem::internal(&error)),
    };
    let same = token::hash(secret.expose()).ct_eq(&token::hash(text));
    if !bool::from(same) {
        return Ok(None);
    }
    let admin = ApiScope::Admin.name();
    let tokens = engine.store.tokens().await?;
    if tokens.iter().any(|token| token.usable(now) && token.scopes.iter().any(|scope| scope == admin)) {
        return Ok(None);
    }
    let scopes = BTreeSet::from([ApiScope::Admin]);
    Ok(Some(Caller {
        id: "bootstrap".to_owned(),
        name: "bootstrap token".to_owned(),
        scopes,
        by: By::Bootstrap,
        user: None,
    }))
}

/// Somebody with a browser. A cookie that does not count is nothing that could be guessed, so it is no failed login.
async fn by_session(engine: &Arc<Engine>, headers: &HeaderMap) -> Result<Option<Caller>, Problem> {
    let Current { session, person, hash } = match logins::current(engine, headers).await {
        Ok(Some(current)) => current,
        Ok(None) => return Ok(None),
        Err(NotLoggedIn::Store(error)) => return Err(error.into()),
        Err(why) => return Err(Problem::new(Kind::Unauthenticated, why.to_string())),
    };
    Ok(Some(Caller {
        id: format!("session:{}", session.id),
        name: format!("{} (user {})", person.login, person.id.0),
        scopes: scopes(&engine.config.http.people, &person),
        by: By::Session(hash),
        user: Some(person.id),
    }))
}

/// What somebody may do who has this in the tables.
fn scopes(people: &[HttpPerson], person: &PersonNow) -> BTreeSet<ApiScope> {
    let holds = |rule: &&HttpPerson| {
        let least = rule.role.map_or(OrgRole::Viewer, OrgRole::from);
        let in_org = |org: &String| person.orgs.iter().any(|has| has.name == *org && has.role >= least);
        (rule.server_admin.is_some() || rule.org.is_some())
            && (rule.server_admin.is_none() || person.server_admin)
            && rule.org.as_ref().is_none_or(in_org)
    };
    people.iter().filter(holds).flat_map(|rule| rule.scopes.iter().copied()).collect()
}

fn by_certificate(shown: &Arc<[String]>, http: &Http) -> Option<Caller> {
    let known = http.clients.iter().filter(|client| shown.contains(&client.name));
    let mut names = BTreeSet::new();
    let mut scopes = BTreeSet::new();
    for client in known {
        names.insert(client.name.as_str());
        scopes.extend(&client.scopes);
    }
    let name = names.first()?;
    let by = By::Certificate(Arc::clone(shown));
    Some(Caller { id: format!("certificate:{name}"), name: format!("certificate {name}"), scopes, by, user: None })
}

/// The address that failed logins are counted under: the last one that no trusted proxy wrote.
fn client(peer: &Peer, headers: &HeaderMap, trusted: &[Network]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.holds(address));
    let mut address = peer.ip();
    let said: Vec<&str> = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok()).collect();
    for hop in said.iter().flat_map(|value| value.split(',')).rev() {
        if !is_trusted(address) {
            break;
        }
        let Ok(before) = hop.trim().parse() else { break };
        address = before;
    }
    address
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]
mod tests {
    use super::*;

    #[test]
    fn w12_a_token_in_a_url_is_refused_wherever_it_stands() {
        for bad in ["/x?token=a", "/x?a=b&Access_Token=c", "/x?q=rstd_abc", "/rstd_abc", "/x?api_key"] {
            assert!(refuse_token_in_url(&bad.parse().unwrap()).is_err(), "{bad}");
        }
        for good in ["/x", "/x?query=ana", "/x?cursor=tokenx"] {
            assert!(refuse_token_in_url(&good.parse().unwrap()).is_ok(), "{good}");
        }
    }

    #[test]
    fn a_forwarded_address_is_believed_from_a_trusted_proxy_only() {
        let peer = |text: &str| Peer::plain(format!("{text}:1").parse().unwrap());
        let headers = |text: &str| HeaderMap::from_iter([("x-forwarded-for".parse().unwrap(), text.parse().unwrap())]);
        let client = |at: &str, said: &str, trusted: &[&str]| {
            let trusted: Vec<Network> = trusted.iter().filter_map(|text| Network::parse(text)).collect();
            client(&peer(at), &headers(said), &trusted).to_string()
        };
        assert_eq!(client("10.0.0.1", "192.0.2.1", &[]), "10.0.0.1");
        assert_eq!(client("10.0.0.1", "192.0.2.1", &["10.0.0.1"]), "192.0.2.1");
        assert_eq!(client("10.0.0.1", "198.51.100.1, 192.0.2.1", &["10.0.0.0/8"]), "192.0.2.1");
        assert_eq!(client("10.0.0.1", "192.0.2.1, 10.0.0.2", &["10.0.0.0/8"]), "192.0.2.1");
        assert_eq!(client("10.0.0.1", "nonsense", &["10.0.0.0/8"]), "10.0.0.1");
    }
}
