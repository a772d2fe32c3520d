//! `rosterd check provider`: each step of a read, server by server, with what was found or what
//! to do. Reads a page of each base and keeps nothing.

use super::LdapDirectory;
use super::ask::once;
use super::attribute::{Description, Role};
use super::connection::Connection;
use super::failure::Failure;
use super::root::Root;
use super::search::Question;
use super::session::Access;
use super::url::{Place, Server};
use super::wire::{Control, PAGED_RESULTS, Search};
use crate::config::{BindMethod, Ldap};
use crate::providers::CheckStep;

/// So many entries are looked at.
const SAMPLE: i32 = 50;

/// All steps, in order; a server's end with the first that fails. The last is the command with
/// which the same can be asked by hand.
pub(super) async fn run(directory: &LdapDirectory) -> Vec<CheckStep> {
    let mut steps = Vec::new();
    let access = match Access::new(&directory.config, &directory.servers) {
        Ok(access) => access,
        Err(failure) => {
            steps.push(CheckStep { what: "configuration".to_owned(), result: Err(failure.message) });
            return steps;
        }
    };
    for server in &directory.servers {
        let _ = server_steps(directory, &access, server, &mut steps).await;
    }
    if let Some(server) = directory.servers.first() {
        for question in [&directory.people, &directory.groups] {
            let what = format!("the same by hand, {}", question.kind.name());
            steps.push(CheckStep { what, result: Ok(command(&directory.config, server, question)) });
        }
    }
    steps
}

/// Pushes the outcome; `None` when it was a failure.
fn push<T>(steps: &mut Vec<CheckStep>, what: String, outcome: Result<(T, String), Failure>) -> Option<T> {
    let (value, result) = match outcome {
        Ok((value, text)) => (Some(value), Ok(text)),
        Err(failure) => (None, Err(failure.message)),
    };
    steps.push(CheckStep { what, result });
    value
}

async fn server_steps(
    directory: &LdapDirectory,
    access: &Access<'_>,
    server: &Server,
    steps: &mut Vec<CheckStep>,
) -> Option<()> {
    let connected = access.connect(server).await.map(|(connection, tls)| {
        let text = tls.unwrap_or_else(|| match server.place {
            Place::Unix(_) => "connected through the socket".to_owned(),
            Place::Tcp { .. } => "connected, without TLS".to_owned(),
        });
        (connection, text)
    });
    let mut connection = push(steps, format!("connect {}", server.url), connected)?;
    let bound = access.bind(&mut connection).await.map(|()| ((), "accepted".to_owned()));
    push(steps, format!("sign in as {}", access.who()), bound)?;
    let root = root(&mut connection).await;
    push(steps, "root entry".to_owned(), root.map(|text| ((), text)))?;
    for question in [&directory.people, &directory.groups] {
        for base in &question.bases {
            let found = sample(&mut connection, question, base).await;
            push(steps, format!("{} below {base}", question.kind.name()), found.map(|text| ((), text)))?;
        }
    }
    connection.close().await;
    Some(())
}

/// What the server says of itself.
async fn root(connection: &mut Connection) -> Result<String, Failure> {
    let root = Root::read(connection).await?;
    let said = |name: &'static str| root.one(name).map(|value| format!("{name} {value}"));
    let mut facts: Vec<String> =
        ["vendorName", "vendorVersion", "defaultNamingContext"].into_iter().filter_map(said).collect();
    if root.is_active_directory() {
        facts.push("is an Active Directory domain controller".to_owned());
    }
    facts.push(match root.knows(PAGED_RESULTS) {
        true => "can page".to_owned(),
        false => "does not say that it can page: if reading fails, set page_size = 0".to_owned(),
    });
    Ok(facts.join(", "))
}

/// What the first entries look like, and what they lack.
#[derive(Default)]
struct Sample {
    entries: usize,
    without_id: usize,
    without_login: usize,
    listed: usize,
}

async fn sample(connection: &mut Connection, question: &Question, base: &str) -> Result<String, Failure> {
    let control = (question.page_size > 0).then_some(Control::Page(question.page_size.min(SAMPLE), &[]));
    let (scope, filter, attributes) = (question.scope, &question.compiled, &question.wanted.request);
    let search = Search { base, scope, filter, attributes, control };
    let mut sample = Sample::default();
    once(connection, search, |entry| {
        let mut roles = Vec::new();
        for attribute in entry.attributes().flatten() {
            let description = Description::parse(attribute.description);
            if !description.subtype && attribute.values().next().is_some() {
                roles.extend(question.wanted.roles(description.name));
            }
        }
        sample.entries += 1;
        sample.without_id += usize::from(!roles.contains(&Role::Id));
        sample.without_login += usize::from(!roles.contains(&Role::Login));
        sample.listed += usize::from(roles.iter().any(|role| role.list()));
    })
    .await?;
    Ok(describe(question, &sample))
}

fn describe(question: &Question, sample: &Sample) -> String {
    let name = question.kind.name();
    if sample.entries == 0 {
        return format!(
            "0 {name} found: check the base, the filter {} and what this account may read",
            question.filter
        );
    }
    let mut text = format!("{} {name} on the first page", sample.entries);
    if sample.without_id > 0 {
        text.push_str(&format!(
            "; {} have no id attribute: set id to one that every entry has, never changes, and may be read",
            sample.without_id
        ));
    }
    match question.kind {
        super::Kind::People if sample.without_login > 0 => {
            text.push_str(&format!("; {} have no login attribute: check login", sample.without_login));
        }
        super::Kind::Groups => text.push_str(&format!(", {} of them with members", sample.listed)),
        super::Kind::People => {}
    }
    text
}

/// The equal `ldapsearch` command. It asks for the password; none is in it.
fn command(config: &Ldap, server: &Server, question: &Question) -> String {
    let mut words: Vec<String> = Vec::new();
    if let Some(path) = &config.tls.ca_file {
        words.push(format!("LDAPTLS_CACERT={}", quote(&path.display().to_string())));
    }
    if let (Some(cert), Some(key)) = (&config.tls.client_cert_file, &config.tls.client_key_file) {
        words.push(format!("LDAPTLS_CERT={}", quote(&cert.display().to_string())));
        words.push(format!("LDAPTLS_KEY={}", quote(&key.display().to_string())));
    }
    words.extend(["ldapsearch".to_owned(), "-H".to_owned(), quote(&server.url)]);
    if config.start_tls && matches!(server.place, Place::Tcp { tls: false, .. }) {
        words.push("-ZZ".to_owned());
    }
    match config.bind.method {
        BindMethod::Simple => {
            let dn = quote(config.bind.dn.as_deref().unwrap_or_default());
            words.extend(["-x".to_owned(), "-D".to_owned(), dn, "-W".to_owned()]);
        }
        BindMethod::External => words.extend(["-Y".to_owned(), "EXTERNAL".to_owned()]),
        BindMethod::Gssapi => words.extend(["-Y".to_owned(), "GSSAPI".to_owned()]),
        BindMethod::Anonymous => words.push("-x".to_owned()),
    }
    let scope = ["base", "one", "sub"].get(question.scope.unsigned_abs() as usize).copied().unwrap_or("sub");
    let base = question.bases.first().map(String::as_str).unwrap_or_default();
    words.extend(["-b".to_owned(), quote(base), "-s".to_owned(), scope.to_owned()]);
    if question.page_size > 0 {
        words.extend(["-E".to_owned(), format!("'!pr={}/noprompt'", question.page_size)]);
    }
    words.push(quote(&question.filter));
    words.extend(question.wanted.request.iter().cloned());
    words.join(" ")
}

/// For a POSIX shell.
fn quote(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_./:=,@%".contains(&b);
    if !text.is_empty() && text.bytes().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_takes_each_word_as_one() {
        assert_eq!(quote("ldap://h:1"), "ldap://h:1");
        assert_eq!(quote("(cn=a b)"), "'(cn=a b)'");
        assert_eq!(quote("it's"), r"'it'\''s'");
        assert_eq!(quote(""), "''");
    }
}
