//! The LDAP provider on its own: what it makes of answers good and bad.

mod faults;
mod feed;
mod find;
mod hostile;
#[cfg(feature = "gssapi")]
mod kerberos;
mod slapd;
mod times;
mod tls;
mod values;

use crate::world::scripted_ldap::{Act, Asked, ScriptedLdap, done, done_paged, entry};
use rosterd::config::Ldap;
use rosterd::providers::ldap::LdapDirectory;
use rosterd::providers::{Directory as _, ProviderError, ReadRequest};
use rosterd_core::snapshot::Reading;
use serde_json::{Value, json};
use std::collections::BTreeSet;

pub const PEOPLE: &str = "ou=people,dc=x";
pub const GROUPS: &str = "ou=groups,dc=x";

/// A configuration for that server; `more` is laid over it.
pub fn config(url: &str, more: &Value) -> Ldap {
    let mut config = json!({
        "urls": [url],
        "timeout": "5s",
        "page_size": 2,
        "bind": { "method": "anonymous" },
        "users": { "base": [PEOPLE] },
        "groups": { "base": [GROUPS] },
    });
    for (key, value) in more.as_object().unwrap() {
        config[key] = value.clone();
    }
    serde_json::from_value(config).unwrap()
}

pub fn read(config: &Ldap) -> Result<Reading, ProviderError> {
    read_seeded(config, 7)
}

pub fn read_seeded(config: &Ldap, seed: u128) -> Result<Reading, ProviderError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        LdapDirectory::new(config)?
            .read(&ReadRequest { seed, now: rosterd_core::ids::Timestamp(0), progress: Default::default() })
            .await
    })
}

/// Reads from the scripted server, one page of two after the other.
pub fn read_from(server: &ScriptedLdap) -> Result<Reading, ProviderError> {
    read(&config(&server.url(), &json!({})))
}

/// A person's entry: DN, id and login from `name`.
pub fn person(id: i32, name: &str) -> Vec<u8> {
    entry(id, format!("uid={name},{PEOPLE}"), &[("entryUUID", &[format!("id-{name}")]), ("uid", &[name.to_owned()])])
}

/// The people that a scripted server has where a test is about something else: two pages.
pub fn people(asked: &Asked) -> Vec<Act> {
    match asked.cookie() {
        b"" => vec![
            Act::Send(person(asked.id, "ana")),
            Act::Send(person(asked.id, "bob")),
            Act::Send(done_paged(asked.id, 0, b"more")),
        ],
        _ => vec![Act::Send(person(asked.id, "cy")), Act::Send(done_paged(asked.id, 0, b""))],
    }
}

/// One group of all three, as its only page.
pub fn groups(asked: &Asked) -> Vec<Act> {
    let members = ["ana", "bob", "cy"].map(|name| format!("uid={name},{PEOPLE}"));
    let group = entry(
        asked.id,
        format!("cn=all,{GROUPS}"),
        &[("entryUUID", &["g-all".to_owned()]), ("cn", &["all".to_owned()]), ("member", &members)],
    );
    vec![Act::Send(group), Act::Send(done_paged(asked.id, 0, b""))]
}

/// A server with these people and groups, where `script` does not answer for it.
pub fn server(script: impl Fn(&Asked) -> Option<Vec<Act>> + Send + Sync + 'static) -> ScriptedLdap {
    ScriptedLdap::start(move |asked| {
        script(asked).unwrap_or_else(|| match asked.base() {
            PEOPLE => people(asked),
            GROUPS => groups(asked),
            // What a server says of itself: nothing.
            "" => vec![Act::Send(done(asked.id, 0))],
            other => panic!("nothing is below {other}"),
        })
    })
}

/// The gaps' codes.
pub fn codes(reading: &Reading) -> BTreeSet<&'static str> {
    reading.gaps().iter().map(|gap| gap.code).collect()
}

/// The reading is not complete, for this reason alone (and because it did not reach its end).
#[track_caller]
pub fn assert_unknown(reading: &Reading, code: &str) {
    let mut codes = codes(reading);
    codes.remove("unfinished");
    assert!(matches!(reading, Reading::Unknown(_)), "complete, without {code}");
    assert_eq!(codes.into_iter().collect::<Vec<_>>(), [code], "{:?}", reading.gaps());
}

/// The logins of the members of the group of that name.
pub fn members(reading: &Reading, group: &str) -> Vec<String> {
    let s = reading.snapshot();
    let place = s.groups.iter().position(|g| s.texts.get(g.name) == group).unwrap();
    s.direct
        .iter()
        .filter(|(_, g)| g.0 as usize == place)
        .map(|(p, _)| s.texts.get(s.people[p.0 as usize].login).to_owned())
        .collect()
}
