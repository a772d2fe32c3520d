//! References: a server says that a part of what was asked for is elsewhere (RFC 4511 §4.5.3). They are never
//! followed, and what is elsewhere is missing.
//!
//! One kind is none. A search of a whole Active Directory domain always brings references to the forest's
//! configuration and to its application partitions (DNS), which the domain controller holds itself. In them
//! there is no person and no group: security principals are in domains only ([MS-ADTS] 3.1.1.1.5, 3.1.1.5.2).

use super::bases::normal;
use super::connection::Connection;
use super::failure::Failure;
use super::root::Root;
use super::url::unescape;
use std::collections::BTreeSet;

/// So many are told apart; a hostile server would send millions.
const MOST: usize = 50;
/// A longer one is no DN of a partition.
const LONGEST: usize = 2000;

/// The references that answers brought.
#[derive(Debug, Default)]
pub(super) struct References {
    /// (the base that was asked for, where it points)
    to: BTreeSet<(String, Vec<u8>)>,
    /// One that is none of those above.
    beyond: Option<(String, Vec<u8>)>,
}

impl References {
    pub(super) fn add(&mut self, base: &str, url: &[u8]) {
        if self.beyond.is_some() {
            return;
        }
        let one = (base.to_owned(), url.to_owned());
        if url.len() > LONGEST || self.to.len() >= MOST && !self.to.contains(&one) {
            self.beyond = Some(one);
        } else {
            self.to.insert(one);
        }
    }

    /// The text of the gap that they are; `None` where nothing is missing. One says it all.
    pub(super) async fn missing(&mut self, connection: &mut Connection) -> Result<Option<String>, Failure> {
        let Self { to, beyond } = std::mem::take(self);
        if to.is_empty() && beyond.is_none() {
            return Ok(None);
        }
        let held = match Root::read(connection).await {
            Err(failure) if failure.code == "result_code" => BTreeSet::new(),
            root => held(&root?),
        };
        let elsewhere = |(_, url): &(String, Vec<u8>)| partition(url).is_none_or(|dn| !held.contains(&dn));
        let missing = to.into_iter().find(elsewhere).or(beyond);
        Ok(missing.map(|(base, url)| text(&connection.server, &base, &url)))
    }
}

/// The partitions without people that a domain controller holds itself.
fn held(root: &Root) -> BTreeSet<String> {
    if !root.is_active_directory() {
        return BTreeSet::new();
    }
    let mut held: BTreeSet<String> = root.all("namingContexts").iter().filter_map(|dn| normal(dn)).collect();
    if let Some(domain) = root.one("defaultNamingContext").and_then(normal) {
        held.remove(&domain);
    }
    held
}

/// The DN of an LDAP URL (RFC 4516), in its normal form.
fn partition(url: &[u8]) -> Option<String> {
    let (_, rest) = std::str::from_utf8(url).ok()?.split_once("://")?;
    let (_, rest) = rest.split_once('/')?;
    let dn = rest.split('?').next()?;
    normal(&unescape(dn)?).filter(|dn| !dn.is_empty())
}

fn text(server: &str, base: &str, url: &[u8]) -> String {
    let url = String::from_utf8_lossy(url);
    format!(
        "{server} says that a part of what is below {base} is elsewhere ({url:.200}), where it is not fetched from: \
         choose a base that does not reach so far"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn l07_only_what_a_domain_controller_holds_and_is_no_domain() {
        let contexts: (&str, &[&str]) = (
            "namingContexts",
            &["DC=example,DC=org", "CN=Configuration,DC=example,DC=org", "DC=DomainDnsZones,DC=example,DC=org"],
        );
        let domain: (&str, &[&str]) = ("defaultNamingContext", &["DC=example,DC=org"]);
        let capable: (&str, &[&str]) = ("supportedCapabilities", &["1.2.840.113556.1.4.800"]);
        let held = held(&Root::of(&[contexts, domain, capable]));
        let is_held = |url: &str| partition(url.as_bytes()).is_some_and(|dn| held.contains(&dn));
        assert!(is_held("ldap://example.org/CN=Configuration,DC=example,DC=org"));
        assert!(is_held("ldaps://DomainDnsZones.example.org/DC=DomainDnsZones,DC=Example,dc=org??sub"));
        assert!(is_held("ldap://example.org/CN%3DConfiguration,DC=example,DC=org"));
        for other in [
            "ldap://child.example.org/DC=child,DC=example,DC=org",
            "ldap://example.org/DC=example,DC=org",
            "ldap://example.org/",
            "ldap://example.org",
            "garbage",
        ] {
            assert!(!is_held(other), "{other}");
        }
        assert!(super::held(&Root::of(&[contexts, domain])).is_empty(), "of another server nothing is known");
    }

    #[test]
    fn l13_a_flood_of_them_is_kept_in_no_memory() {
        let mut references = References::default();
        (0..1000).for_each(|n| references.add("dc=x", format!("ldap://h/dc={n}").as_bytes()));
        assert_eq!((references.to.len(), references.beyond.is_some()), (MOST, true));
        let mut references = References::default();
        references.add("dc=x", &[b'a'; LONGEST + 1]);
        assert!(references.to.is_empty() && references.beyond.is_some());
    }
}
