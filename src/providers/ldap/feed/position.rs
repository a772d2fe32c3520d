//! Where a feed of content synchronization stands, and how that is written down.

use super::super::LdapDirectory;
use super::super::ask::once;
use super::super::bases::{below, normal};
use super::super::connection::Connection;
use super::super::failure::Failure;
use super::super::filter;
use super::super::search::Question;
use super::super::wire::{SYNC_REQUEST, Search};
use crate::providers::follow::Cursor;
use serde::{Deserialize, Serialize};

/// A cookie for each base, of people and then of groups.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Position {
    by: String,
    /// What is asked for: a cookie is worth nothing for anything else.
    of: Vec<Part>,
    cookies: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Part {
    base: String,
    scope: i32,
    filter: String,
    attributes: Vec<String>,
}

const CONTENT_SYNC: &str = "content-sync";

impl Position {
    pub(super) fn new(directory: &LdapDirectory, cookies: Vec<String>) -> Self {
        Self { by: CONTENT_SYNC.to_owned(), of: asked(directory), cookies }
    }

    /// `None` where it is of something else than what is read now.
    pub(super) fn parse(directory: &LdapDirectory, cursor: &Cursor) -> Option<Self> {
        let position: Self = serde_json::from_str(&cursor.0).ok()?;
        let of = asked(directory);
        let same = position.by == CONTENT_SYNC && position.of == of && position.cookies.len() == of.len();
        same.then_some(position)
    }

    pub(super) fn cursor(&self) -> Cursor {
        // Texts and numbers can always be written.
        Cursor(serde_json::to_string(self).unwrap_or_default())
    }

    pub(super) fn cookies(&mut self) -> impl Iterator<Item = &mut String> {
        self.cookies.iter_mut()
    }
}

fn asked(directory: &LdapDirectory) -> Vec<Part> {
    let part = |question: &Question, base: &String| Part {
        base: base.clone(),
        scope: question.scope,
        filter: question.filter.clone(),
        attributes: question.wanted.request.clone(),
    };
    [&directory.people, &directory.groups]
        .into_iter()
        .flat_map(|question| question.bases.iter().map(move |base| part(question, base)))
        .collect()
}

/// The cookie of everything that has happened until now below `base`, as OpenLDAP writes it: the newest
/// change of each server (`contextCSN`, draft-chu-ldap-csn). `None` where it does not say so.
pub(super) async fn now(connection: &mut Connection, base: &str) -> Result<Option<String>, Failure> {
    let Some(base) = normal(base) else { return Ok(None) };
    let contexts = values(connection, "", "namingContexts").await?;
    // Of those that hold the base, the innermost.
    let holds = contexts.into_iter().filter(|context| normal(context).is_some_and(|top| below(&base, &top, 2)));
    let Some(context) = holds.max_by_key(String::len) else { return Ok(None) };
    let mut newest = values(connection, &context, "contextCSN").await?;
    newest.sort();
    Ok((!newest.is_empty()).then(|| format!("rid=000,csn={}", newest.join(";"))))
}

/// Whether the server offers content synchronization.
pub(super) async fn synchronizes(connection: &mut Connection) -> Result<bool, Failure> {
    let controls = values(connection, "", "supportedControl").await?;
    Ok(controls.iter().any(|oid| oid == SYNC_REQUEST))
}

/// The values of one attribute of one entry; none where it may not be read.
async fn values(connection: &mut Connection, dn: &str, attribute: &str) -> Result<Vec<String>, Failure> {
    let (filter, attributes) = (filter::present("objectClass"), [attribute.to_owned()]);
    let search = Search { base: dn, scope: 0, filter: &filter, attributes: &attributes, control: None };
    let mut found = Vec::new();
    let asked = once(connection, search, |entry| {
        for asked in entry.attributes().flatten().filter(|a| a.description.eq_ignore_ascii_case(attribute.as_bytes())) {
            found.extend(asked.values().flatten().map(|value| String::from_utf8_lossy(value).into_owned()));
        }
    });
    match asked.await {
        Err(failure) if failure.code == "result_code" => Ok(Vec::new()),
        asked => asked.map(|()| found),
    }
}
