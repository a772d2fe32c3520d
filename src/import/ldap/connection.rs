//! How a directory is reached and searched: `[[servers]]` and `[servers.attributes]`.

use super::file::Server;
use super::{Servers, filter};
use crate::import::Work;
use crate::import::draft::{Connection, Groups, People, SecretRef};
use crate::import::read::{Key, Secret, Value, secret};
use crate::import::report::{Place, Verdict};

/// Where a password that stood in the file is expected from now on.
const PASSWORD_FILE: &str = "secrets/ldap-password";

pub(super) fn read(server: &Server, servers: &Servers, work: &mut Work<'_>) -> Connection {
    let mut says = Says { server, file: &servers.file, work };
    let mut connection = Connection { urls: says.urls(), ..Connection::default() };
    connection.start_tls = says.is("use_ssl") && says.is("start_tls");
    says.tls(&mut connection);
    connection.bind = says.bind();
    connection.users = says.users();
    connection.groups = says.groups(&connection.users);
    says.the_rest();
    connection
}

struct Says<'s, 'w, 'x> {
    server: &'s Server,
    file: &'s str,
    work: &'w mut Work<'x>,
}

impl<'s> Says<'s, '_, '_> {
    fn key(&self, name: &str) -> Option<&'s Key> {
        self.server.table.get(name)
    }

    fn text(&self, name: &str) -> Option<&'s str> {
        text_of(self.key(name)?)
    }

    fn is(&self, name: &str) -> bool {
        matches!(self.key(name), Some(Key { value: Value::Bool(true), .. }))
    }

    fn texts(&self, name: &str) -> Vec<String> {
        match self.key(name).map(|key| &key.value) {
            Some(Value::Texts(texts)) => texts.clone(),
            Some(Value::Text(text)) if !text.is_empty() => vec![text.clone()],
            _ => Vec::new(),
        }
    }

    fn say(&mut self, name: &str, verdict: Verdict, text: impl Into<String>) {
        if let Some(key) = self.key(name) {
            let place = Place::Line(self.file.to_owned(), key.line);
            self.work.report.line(&place, name, verdict, text);
        }
    }

    /// Something that the server ought to have said.
    fn lacks(&mut self, name: &str, text: &str) {
        let place = Place::Line(self.file.to_owned(), self.server.table.line);
        self.work.report.line(&place, name, Verdict::Look, text);
    }

    fn urls(&mut self) -> Vec<String> {
        let ssl = self.is("use_ssl");
        let start_tls = self.is("start_tls");
        let (scheme, usual) = if ssl && !start_tls { ("ldaps", 636) } else { ("ldap", 389) };
        let port = match self.key("port").map(|key| &key.value) {
            Some(Value::Int(port)) if (1..=65535).contains(port) => *port,
            _ => usual,
        };
        let hosts: Vec<&str> = self.text("host").unwrap_or_default().split_whitespace().collect();
        let urls: Vec<String> = hosts.iter().map(|host| format!("{scheme}://{}:{port}", bracketed(host))).collect();
        self.say("host", Verdict::Converted, "`urls`");
        self.say("port", Verdict::Converted, "`urls`");
        self.say("use_ssl", Verdict::Converted, if ssl { "encrypted" } else { "not encrypted, as before" });
        self.say("start_tls", Verdict::Converted, if ssl { "`start_tls`" } else { "nothing without `use_ssl`" });
        if urls.is_empty() {
            self.lacks("host", "no host is given: put the server's address into `urls`");
            return vec![format!("{scheme}://localhost:{port}")];
        }
        urls
    }

    fn tls(&mut self, connection: &mut Connection) {
        if let Some(Value::Int(seconds)) = self.key("timeout").map(|key| &key.value) {
            connection.timeout = Some(*seconds).filter(|seconds| *seconds > 0);
            self.say("timeout", Verdict::Converted, "`timeout`");
        }
        let skip = self.is("ssl_skip_verify");
        if skip {
            self.say(
                "ssl_skip_verify",
                Verdict::Cannot,
                "rosterd always checks the server's certificate: give `ca_file` in `[providers.….ldap.tls]`",
            );
        } else {
            self.say("ssl_skip_verify", Verdict::Converted, "certificates are checked");
        }
        match self.text("min_tls_version").map(str::trim) {
            Some("TLS1.3") => {
                connection.min_version = Some("1.3");
                self.say("min_tls_version", Verdict::Converted, "`min_version`");
            }
            Some("TLS1.2" | "") => self.say("min_tls_version", Verdict::Converted, "the default"),
            _ => self.say("min_tls_version", Verdict::Cannot, "rosterd speaks TLS 1.2 and 1.3 only"),
        }
        self.say("tls_ciphers", Verdict::Cannot, "rosterd offers the safe ciphers of TLS 1.2 and 1.3 only");
        if let Some(path) = self.text("root_ca_cert").filter(|path| !path.trim().is_empty()) {
            let mut paths = path.split_whitespace();
            connection.ca_file = paths.next().map(str::to_owned);
            match paths.next() {
                None => self.say("root_ca_cert", Verdict::Converted, "`ca_file`"),
                Some(_) => self.say("root_ca_cert", Verdict::Look, "several files: put them into the one `ca_file`"),
            }
        } else {
            self.say("root_ca_cert", Verdict::Converted, "the system's authorities");
        }
        let pair = (self.text("client_cert").unwrap_or_default(), self.text("client_key").unwrap_or_default());
        if let (cert @ [_, ..], key @ [_, ..]) = (pair.0.as_bytes(), pair.1.as_bytes()) {
            connection.client_cert_file = String::from_utf8(cert.to_vec()).ok();
            connection.client_key_file = String::from_utf8(key.to_vec()).ok();
        }
        self.say("client_cert", Verdict::Converted, "`client_cert_file`, when `client_key` is there too");
        self.say("client_key", Verdict::Converted, "`client_key_file`, when `client_cert` is there too");
        for (name, file) in [
            ("root_ca_cert_value", "ca_file"),
            ("client_cert_value", "client_cert_file"),
            ("client_key_value", "client_key_file"),
        ] {
            let text = format!("not copied: put it into a file, and name that as `{file}` in `tls`");
            self.say(name, Verdict::Look, text);
        }
    }

    fn bind(&mut self) -> Option<(String, SecretRef)> {
        let dn = self.text("bind_dn").unwrap_or_default().to_owned();
        let password = self.text("bind_password").unwrap_or_default().to_owned();
        if dn.contains("%s") {
            self.say(
                "bind_dn",
                Verdict::Cannot,
                "Grafana signs in as each person in turn. rosterd lists everybody, and needs an account that can read: \
                 put one into `bind`",
            );
            self.say("bind_password", Verdict::Look, "not used by Grafana with such a `bind_dn`: not converted");
            return None;
        }
        if dn.is_empty() || password.is_empty() {
            self.say(
                "bind_dn",
                Verdict::Look,
                "without a password Grafana signs in as nobody: `method = \"anonymous\"`",
            );
            self.say("bind_password", Verdict::Look, "there is none: `method = \"anonymous\"`");
            return None;
        }
        self.say("bind_dn", Verdict::Converted, "`bind.dn`");
        let place = match secret(&password) {
            Secret::Env(name) => {
                self.say("bind_password", Verdict::Converted, format!("`bind.password`: the variable {name}"));
                self.work.report.secret(format!("the LDAP password: environment variable `{name}`, as for Grafana"));
                SecretRef::Env(name)
            }
            Secret::File(path) => {
                self.say("bind_password", Verdict::Converted, format!("`bind.password`: the file {path}"));
                self.work.report.secret(format!("the LDAP password: file `{path}`, as for Grafana"));
                SecretRef::File(path)
            }
            Secret::Literal => {
                let text = format!("`bind.password`: not copied; put it into the file `{PASSWORD_FILE}`");
                self.say("bind_password", Verdict::Look, text);
                self.work.report.secret(format!(
                    "the LDAP password: put it into `{PASSWORD_FILE}`, beside `rosterd.toml` (it stands in {} as \
                     `bind_password`)",
                    self.file
                ));
                SecretRef::File(PASSWORD_FILE.to_owned())
            }
        };
        Some((dn, place))
    }

    fn users(&mut self) -> People {
        let mut people = People { base: self.texts("search_base_dns"), ..People::default() };
        self.say("search_base_dns", Verdict::Converted, "`users.base`");
        if people.base.is_empty() {
            self.lacks("search_base_dns", "Grafana refuses a file without it: say in `users.base` where people are");
            people.base.push(String::new());
        }
        let lookup = self.text("search_filter").unwrap_or_default();
        if lookup.is_empty() {
            self.lacks("search_filter", "Grafana refuses a file without it: say in `users.filter` who is meant");
        } else {
            people.filter = Some(filter::listing(lookup));
            self.say(
                "search_filter",
                Verdict::Look,
                "`users.filter`: Grafana looks one person up (%s), rosterd lists everybody whom the filter finds",
            );
        }
        let attributes = match self.key("attributes").map(|key| &key.value) {
            Some(Value::Table(table)) => table.keys.clone(),
            _ => Vec::new(),
        };
        let mut active = filter::is_active_directory(lookup);
        for key in &attributes {
            let value = text_of(key).unwrap_or_default().to_owned();
            active = active || filter::is_active_directory(&value);
            let place = Place::Line(self.file.to_owned(), key.line);
            let what = format!("attributes.{}", key.name);
            let (verdict, text) = attribute(&mut people, &key.name.to_ascii_lowercase(), value);
            self.work.report.line(&place, &what, verdict, text);
        }
        if active {
            people.id = Some("objectGUID");
        }
        people
    }

    fn groups(&mut self, users: &People) -> Groups {
        let mut groups = Groups { base: self.texts("group_search_base_dns"), id: users.id, ..Groups::default() };
        self.say("group_search_base_dns", Verdict::Converted, "`groups.base`");
        let lookup = self.text("group_search_filter").unwrap_or_default();
        if groups.base.is_empty() {
            groups.base = users.base.iter().map(|base| filter::root(base).to_owned()).collect();
            groups.base.sort();
            groups.base.dedup();
            self.lacks(
                "group_search_base_dns",
                "Grafana takes the groups from people's entries; rosterd reads the groups too: check `groups.base`",
            );
        }
        if lookup.is_empty() {
            return groups;
        }
        groups.filter = Some(filter::listing(lookup));
        self.say(
            "group_search_filter",
            Verdict::Look,
            "`groups.filter`: all groups are listed; groups in groups are followed without the server's help",
        );
        let by = self.text("group_search_filter_user_attribute").unwrap_or("username").to_ascii_lowercase();
        self.say("group_search_filter_user_attribute", Verdict::Look, "check `groups.members` and `member_logins`");
        let compared = filter::attribute(lookup).unwrap_or_default().to_owned();
        let usual = ["member", "uniquemember", "memberuid"].contains(&compared.to_ascii_lowercase().as_str());
        if !usual && !compared.is_empty() {
            if by == "dn" || by == "distinguishedname" {
                groups.members = Some(vec![compared]);
            } else {
                groups.member_logins = Some(vec![compared]);
            }
        }
        groups
    }

    fn the_rest(&mut self) {
        for key in &self.server.table.keys {
            let place = Place::Line(self.file.to_owned(), key.line);
            let table = matches!(key.value, Value::Table(_) | Value::Tables(_));
            if !table && !self.work.report.has(&place, &key.name.to_ascii_lowercase()) {
                let text = "not known to this import: it was left out";
                self.work.report.line(&place, &key.name, Verdict::Look, text);
            }
        }
    }
}

fn text_of(key: &Key) -> Option<&str> {
    if let Value::Text(text) = &key.value { Some(text) } else { None }
}

fn attribute(people: &mut People, name: &str, value: String) -> (Verdict, &'static str) {
    if value.is_empty() {
        return (Verdict::Converted, "nothing is said, so rosterd's default counts");
    }
    match name {
        "username" => people.login = Some(value),
        "name" => people.name = Some(value),
        "email" => people.email = Some(value),
        // Grafana takes the entry's own DN for a group by this word.
        "member_of" if value.eq_ignore_ascii_case("dn") => return (Verdict::Cannot, "a person's own DN is no group"),
        "member_of" => people.member_of = Some(value),
        "surname" => {
            return (
                Verdict::Look,
                "Grafana puts it behind `name`; rosterd shows one attribute: `users.name`, such as `cn`",
            );
        }
        _ => return (Verdict::Look, "not known to this import: it was left out"),
    }
    (Verdict::Converted, "`users`")
}

/// An IPv6 address in a URL stands in brackets (RFC 3986, section 3.2.2).
fn bracketed(host: &str) -> String {
    if host.contains(':') && !host.starts_with('[') { format!("[{host}]") } else { host.to_owned() }
}
