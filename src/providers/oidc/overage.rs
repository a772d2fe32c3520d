//! Groups that are elsewhere: Entra leaves them out of a token that would hold too many. They are asked for at the place
//! that the configuration names, never at one that a token names, and are believed only whole.

use super::super::{LoginError, Said};
use super::OidcLogin;
use super::said::{self, Elsewhere};
use super::tokens::Sources;
use crate::config::{Overage, Secret};
use crate::fetch::{Answer, Url};
use crate::jose::{self, Claims};
use serde_json::Value;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// The largest page, and the most of them: some 100,000 groups at 999 a page, as Microsoft Graph gives at most.
const LARGEST: usize = 4 << 20;
const MOST_PAGES: usize = 128;
/// The most groups of one person.
const MOST_GROUPS: usize = 100_000;
/// How long all pages of one person may take: somebody waits.
const PATIENCE: Duration = Duration::from_secs(20);
/// An access token is used until so long before its end.
const SPARE: Duration = Duration::from_secs(60);
/// The largest answer of the token endpoint.
const LARGEST_TOKEN: usize = 256 << 10;

/// The access token for it.
#[derive(Debug, Default)]
pub(super) struct Access(Mutex<Option<(Secret, Instant)>>);

/// What is said of somebody, with the groups that are elsewhere where these can be asked for.
pub(super) async fn said(login: &OidcLogin, sources: Sources) -> Result<Said, LoginError> {
    let elsewhere = match &login.config.overage {
        Some(overage) if said::groups_are_elsewhere(&sources) => {
            let asked = tokio::time::timeout(PATIENCE, groups(login, overage, &sources)).await;
            match asked.unwrap_or_else(|_| Err("the place where their groups are takes too long".to_owned())) {
                Ok(groups) => Elsewhere::Found(groups),
                Err(why) => Elsewhere::Unknown(why),
            }
        }
        _ => Elsewhere::Unasked,
    };
    said::said(login, sources, elsewhere)
}

async fn groups(login: &OidcLogin, overage: &Overage, sources: &Sources) -> Result<Vec<String>, String> {
    let claims = sources.id_token.as_ref().or(sources.access_token.as_ref());
    let first = place(&overage.url, claims.ok_or("no token says whose groups they are")?)?;
    let mut token = access(login, overage, false).await?;
    let (mut groups, mut next) = (Vec::new(), Some(first.clone()));
    for page in 0..MOST_PAGES {
        let Some(url) = next.take() else { return Ok(groups) };
        let mut answer = ask(login, &url, &token).await?;
        // It may have ended before its time: once more with another.
        if answer.status == 401 && page == 0 {
            token = access(login, overage, true).await?;
            answer = ask(login, &url, &token).await?;
        }
        if !answer.good() {
            return Err(format!("the place where their groups are answered {}", answer.status));
        }
        next = read(&answer.body, overage, &first, &mut groups)?;
    }
    if next.is_none() { Ok(groups) } else { Err(format!("their groups have more than {MOST_PAGES} pages")) }
}

async fn ask(login: &OidcLogin, url: &Url, token: &Secret) -> Result<Answer, String> {
    login.client.get(url, Some(token.expose()), LARGEST).await.map_err(|error| error.to_string())
}

/// One page (OData JSON Format 4.01 §4.6.5): its groups, and where the next one is. What is not understood is no page.
fn read(body: &[u8], overage: &Overage, first: &Url, groups: &mut Vec<String>) -> Result<Option<Url>, String> {
    let odd = |what: &str| format!("the answer with their groups {what}");
    let root = jose::parse(body, jose::MANY).map_err(|_| odd("is not JSON"))?;
    let list = root.get("value").and_then(Value::as_array).ok_or_else(|| odd("has no list `value`"))?;
    if groups.len() + list.len() > MOST_GROUPS {
        return Err(odd("has too many groups"));
    }
    for entry in list {
        let group = entry.get(&overage.group).and_then(Value::as_str).filter(|group| !group.is_empty());
        groups.push(group.ok_or_else(|| odd("has an entry without its name"))?.to_owned());
    }
    let next = match root.get("@odata.nextLink") {
        None | Some(Value::Null) => return Ok(None),
        Some(next) => {
            next.as_str().and_then(|next| Url::parse(next).ok()).ok_or_else(|| odd("has a next page that is no URL"))?
        }
    };
    if next.origin() != first.origin() {
        return Err(odd("leads to another host"));
    }
    Ok(Some(next))
}

/// The place with the person's claims in it, each as one part: what stands in a token must not lead elsewhere.
fn place(template: &str, claims: &Claims) -> Result<Url, String> {
    let (mut url, mut rest) = (String::new(), template);
    while let Some((before, behind)) = rest.split_once('{') {
        let (claim, after) = behind.split_once('}').ok_or("`overage.url` has a { without }")?;
        let value = claims.get(claim).and_then(Value::as_str).filter(|value| fits(value));
        let value = value.ok_or_else(|| format!("the token has no {claim} that can stand in an address"))?;
        url.push_str(before);
        url.extend(
            form_urlencoded::byte_serialize(value.as_bytes()).map(|part| if part == "+" { "%20" } else { part }),
        );
        rest = after;
    }
    url.push_str(rest);
    Url::parse(&url).map_err(|error| format!("overage.url: {error}"))
}

/// Dots alone are steps in a path, however they are written (WHATWG URL, "double-dot path segment").
fn fits(value: &str) -> bool {
    !value.is_empty() && value.len() <= 512 && !value.bytes().all(|byte| byte == b'.')
}

/// An access token of our own (RFC 6749 §4.4), kept until it ends.
async fn access(login: &OidcLogin, overage: &Overage, anew: bool) -> Result<Secret, String> {
    let mut kept = login.access.0.lock().await;
    if let Some((token, end)) = kept.as_ref()
        && !anew
        && Instant::now() < *end
    {
        return Ok(token.clone());
    }
    let metadata = login.metadata().await.map_err(|error| error.to_string())?;
    let place = metadata.token.as_ref().ok_or("the provider does not say its token_endpoint")?;
    let reference = login.config.client_secret.clone().ok_or("`overage` needs `client_secret`")?;
    let secret = tokio::task::spawn_blocking(move || reference.resolve()).await.map_err(|error| error.to_string())?;
    let secret = secret.map_err(|error| error.to_string())?;
    let form = [("grant_type", "client_credentials"), ("scope", overage.scope.as_str())];
    let basic = Some((login.config.client_id.as_str(), secret.expose()));
    let answer = login.client.post_form(place, &form, basic, LARGEST_TOKEN).await.map_err(|error| error.to_string())?;
    if !answer.good() {
        return Err(format!("the token endpoint answered {} to `overage.scope`", answer.status));
    }
    let root = jose::parse(&answer.body, jose::FEW).map_err(|_| "the token endpoint did not answer JSON")?;
    let token = root.get("access_token").and_then(Value::as_str).filter(|token| !token.is_empty());
    let token = Secret::new(token.ok_or("the token endpoint gave no access token")?.to_owned());
    let lasts = Duration::from_secs(root.get("expires_in").and_then(Value::as_u64).unwrap_or(0).min(86_400));
    *kept = Some((token.clone(), Instant::now() + lasts.saturating_sub(SPARE)));
    Ok(token)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]
mod tests {
    use super::*;
    use serde_json::json;

    fn overage() -> Overage {
        Overage { url: "https://graph.x.org/{oid}".to_owned(), scope: "all".to_owned(), group: "id".to_owned() }
    }

    #[test]
    fn o21_a_claim_is_one_part_of_an_address() {
        let at = |oid: Value| {
            let claims = json!({ "oid": oid });
            place("https://graph.x.org/users/{oid}/groups?$select=id&of={oid}", claims.as_object().unwrap())
        };
        let url = at(json!("7d0-a")).unwrap();
        assert_eq!(url.as_str(), "https://graph.x.org/users/7d0-a/groups?$select=id&of=7d0-a");
        for odd in ["../../admin", "a/../b", "x?y", "x#y", "@evil.example", "a b", "%2e%2e", "a&b=c", "\\\\evil", "é"]
        {
            let url = at(json!(odd)).unwrap();
            assert_eq!((url.host_str(), url.fragment()), (Some("graph.x.org"), None), "{odd}");
            assert_eq!(url.path_segments().unwrap().count(), 3, "{url}");
            assert_eq!(url.query_pairs().count(), 2, "{url}");
            assert!(url.query_pairs().any(|(name, value)| name == "of" && value == odd), "{url}");
        }
        for none in [json!(""), json!(".."), json!("."), json!(7), Value::Null, json!("a".repeat(513))] {
            assert!(at(none.clone()).is_err(), "{none}");
        }
    }

    #[test]
    fn o21_a_page_is_read_whole_and_leads_to_no_other_host() {
        let first = Url::parse("https://graph.x.org/a").unwrap();
        let read = |page: &Value| {
            let mut groups = Vec::new();
            read(page.to_string().as_bytes(), &overage(), &first, &mut groups).map(|next| (groups, next))
        };
        let page =
            json!({ "value": [{ "id": "a", "more": 1 }, { "id": "b" }], "@odata.nextLink": "https://graph.x.org/b" });
        let (groups, next) = read(&page).unwrap();
        assert_eq!((groups, next.unwrap().as_str()), (vec!["a".to_owned(), "b".to_owned()], "https://graph.x.org/b"));
        assert_eq!(read(&json!({ "value": [] })).unwrap(), (vec![], None));
        for odd in [
            json!([]),
            json!({}),
            json!({ "value": {} }),
            json!({ "value": [{ "name": "a" }] }),
            json!({ "value": [{ "id": "" }] }),
            json!({ "value": [{ "id": 7 }] }),
            json!({ "value": ["a"] }),
            json!({ "value": [], "@odata.nextLink": "https://evil.example/b" }),
            json!({ "value": [], "@odata.nextLink": "http://graph.x.org/b" }),
            json!({ "value": [], "@odata.nextLink": "https://graph.x.org:8443/b" }),
            json!({ "value": [], "@odata.nextLink": "/b" }),
            json!({ "value": [], "@odata.nextLink": 7 }),
        ] {
            assert!(read(&odd).is_err(), "{odd}");
        }
    }
}
